"""A claimed delivery is given up before its lease ends: due at once for whoever claims it next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pausepoint.domain.account import Delivery
from pausepoint.operations.services import Services
from pausepoint.store.changes import Change, rescheduled


async def hand_back(
    services: Services, claimed: Sequence[Delivery], *, was_begun: bool = True
) -> None:
    """Loses against whatever an attempt has written meanwhile. One that never began is none."""
    now, taken_back = services.clock.now(), 0 if was_begun else 1
    await services.store.apply_all(
        [
            Change(guard=replace(rescheduled(one, now), attempt=one.attempt - taken_back))
            for one in claimed
        ]
    )
