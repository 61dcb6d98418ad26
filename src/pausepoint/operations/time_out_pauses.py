"""The deadline: every pause that is overdue takes its default, or none, and says that nobody answered."""

from __future__ import annotations

from collections.abc import Sequence

from pausepoint.domain.pause import Ending, Pause, PauseStatus, ResolvedBy
from pausepoint.operations.end_pause import end_pauses
from pausepoint.operations.services import Services
from pausepoint.store.base import DuePause
from pausepoint.store.changes import Applied


async def time_out_pauses(services: Services, overdue: Sequence[Pause | DuePause]) -> int:
    """How many of them this call timed out; the others were ended by somebody else."""
    endings = [
        (pause, Ending(PauseStatus.TIMED_OUT, ResolvedBy.TIMEOUT, pause.default_index))
        for pause in overdue
    ]
    results = await end_pauses(services, endings)
    return sum(isinstance(result, Applied) for result in results)


async def settled_pause(services: Services, pause_id: str) -> Pause | None:
    """The pause as it stands, timed out first if its deadline has come unnoticed."""
    pause = await services.store.pause(pause_id)
    if pause is not None and pause.is_overdue(services.clock.now()):
        await time_out_pauses(services, [pause])
        pause = await services.store.pause(pause_id)
    return pause
