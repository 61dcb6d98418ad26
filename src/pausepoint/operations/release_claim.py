"""A claimed delivery is given up before its lease ends: due at once for whoever claims it next."""

from __future__ import annotations

from collections.abc import Sequence

from pausepoint.domain.delivery import Delivery
from pausepoint.operations.services import Services
from pausepoint.store.changes import Change, rescheduled


async def release_claim(services: Services, claimed: Sequence[Delivery]) -> None:
    """Loses against whatever an attempt has written meanwhile."""
    now = services.clock.now()
    await services.store.apply_all([Change(guard=rescheduled(one, now)) for one in claimed])
