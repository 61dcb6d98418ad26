"""Once an hour what is too old goes: idempotency keys, and the content and audit entries that the
operator wants to keep no longer."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import structlog

from pausepoint.operations.erase_content import erase_old, purge_audit
from pausepoint.operations.idempotency import forget_idempotency_keys
from pausepoint.operations.services import Services
from pausepoint.worker.periodic_task import PeriodicTask

EVERY: Final = timedelta(hours=1)

log = structlog.get_logger("pausepoint.worker")


class RetentionLoop(PeriodicTask):
    """One per process that delivers."""

    trouble = "nothing could be erased"

    def __init__(self, services: Services) -> None:
        super().__init__(EVERY, services.clock)
        self._services = services

    async def step(self) -> None:
        await forget_idempotency_keys(self._services)
        policy = self._services.policy
        if policy.content_kept is not None and (
            erased := await erase_old(self._services, policy.content_kept)
        ):
            log.info("erased old content", pauses=erased)
        if policy.audit_kept is not None and (
            removed := await purge_audit(self._services, policy.audit_kept)
        ):
            log.info("purged the audit log", entries=removed)
