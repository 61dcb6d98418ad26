"""The deadline: every pause that is overdue takes its default, or none, and says that nobody answered."""

from __future__ import annotations

from collections.abc import Sequence

from pausepoint.domain.pause import Pause, time_out, timed_out
from pausepoint.operations.end_pause import end_pause, end_pauses
from pausepoint.operations.services import Services
from pausepoint.store.base import DuePause
from pausepoint.store.changes import Applied


async def time_out_pauses(services: Services, overdue: Sequence[Pause | DuePause]) -> int:
    """How many of them this call timed out; the others were ended by somebody else."""
    results = await end_pauses(
        services, [(pause, timed_out(pause.default_index)) for pause in overdue]
    )
    return sum(isinstance(result, Applied) for result in results)


async def settled_pause(services: Services, pause_id: str) -> Pause | None:
    """The pause as it stands, timed out first if its deadline has come unnoticed."""
    pause = await services.store.pause(pause_id)
    if pause is not None and (ending := time_out(pause, services.clock.now())):
        await end_pause(services, pause, ending)
        pause = await services.store.pause(pause_id)
    return pause
