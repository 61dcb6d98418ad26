"""Time out overdue pauses, with their default if they have one."""

from __future__ import annotations

from collections.abc import Sequence

from pausepoint.domain.pause import Pause, time_out, timed_out
from pausepoint.operations.end_pause import end_pauses
from pausepoint.operations.services import Services
from pausepoint.store.changes import Applied
from pausepoint.store.pauses import DuePause


async def time_out_pauses(services: Services, overdue: Sequence[Pause | DuePause]) -> int:
    """Return how many pauses this call timed out; the others were ended concurrently.

    A default is not taken where one of the people asked has muted the account's agents: one who
    does not want to be asked has not agreed by their silence. Such a pause is undeliverable.
    """
    results = await end_pauses(
        services, [(pause, timed_out(pause.default_index)) for pause in overdue]
    )
    perhaps_muted = [
        pause
        for pause, result in zip(overdue, results, strict=True)
        if not isinstance(result, Applied) and pause.default_index is not None and pause.contacts
    ]
    if perhaps_muted:
        results += await end_pauses(services, [(pause, timed_out(None)) for pause in perhaps_muted])
    return sum(isinstance(result, Applied) for result in results)


async def is_default_withheld(services: Services, pause: Pause) -> bool:
    """Return True if the default would be withheld at a deadline now."""
    if pause.default_index is None:
        return False
    return any(
        [
            await services.store.is_muted(pause.developer_id, pause.mode, contact)
            for contact in pause.contacts
        ]
    )


async def settled_pause(services: Services, pause_id: str) -> Pause | None:
    """Return the pause, timed out first if it is overdue."""
    pause = await services.store.pause(pause_id)
    if pause is not None and time_out(pause, services.clock.now()):
        await time_out_pauses(services, [pause])
        pause = await services.store.pause(pause_id)
    return pause
