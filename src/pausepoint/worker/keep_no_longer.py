"""Once an hour: what is older than the operator wants to keep is erased, and the audit log purged."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Final

import structlog

from pausepoint.domain.time import milliseconds
from pausepoint.operations.erase_content import erase_old, purge_audit
from pausepoint.operations.services import Services
from pausepoint.store.base import StoreUnavailable
from pausepoint.worker.loop import first_of

EVERY: Final = timedelta(hours=1)

log = structlog.get_logger("pausepoint.worker")


class RetentionLoop:
    """One per process that delivers. `run` returns soon after `stop`."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        self._stopping.set()

    async def run(self) -> None:
        clock = self._services.clock
        while not self._stopping.is_set():
            try:
                await self.tidy()
            except StoreUnavailable as error:
                log.warning("nothing could be erased", error=str(error))
            again_at = clock.now() + milliseconds(EVERY)
            await first_of([self._stopping.wait(), clock.sleep_until(again_at)])

    async def tidy(self) -> None:
        policy = self._services.policy
        if policy.content_kept is not None and (
            erased := await erase_old(self._services, policy.content_kept)
        ):
            log.info("erased old content", pauses=erased)
        if policy.audit_kept is not None and (
            removed := await purge_audit(self._services, policy.audit_kept)
        ):
            log.info("purged the audit log", entries=removed)
