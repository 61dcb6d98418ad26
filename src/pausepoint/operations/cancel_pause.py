"""The developer withdraws a question."""

from __future__ import annotations

from pausepoint.domain.account import Principal
from pausepoint.domain.errors import (
    AlreadyCancelled,
    AlreadyResponded,
    AlreadyTimedOut,
    PauseNotFound,
    PausePointError,
)
from pausepoint.domain.pause import Pause, PauseStatus, cancel, ended
from pausepoint.operations.end_pause import end_pause
from pausepoint.operations.services import Services
from pausepoint.operations.time_out_pauses import settled_pause
from pausepoint.store.changes import Applied

_TOO_LATE: dict[PauseStatus, type[PausePointError]] = {
    PauseStatus.RESPONDED: AlreadyResponded,
    PauseStatus.CANCELLED: AlreadyCancelled,
    PauseStatus.TIMED_OUT: AlreadyTimedOut,
}


async def cancel_pause(services: Services, principal: Principal, pause_id: str) -> Pause:
    """The cancelled pause. Raises PauseNotFound, AlreadyResponded, AlreadyCancelled, AlreadyTimedOut."""
    while True:
        pause = await settled_pause(services, pause_id)
        if pause is None or not principal.sees(pause):
            raise PauseNotFound
        ending = cancel(pause, services.clock.now())
        if ending is None:
            if pause.status.is_final:
                raise _TOO_LATE[pause.status]
            continue
        result = await end_pause(services, pause, ending)
        if isinstance(result, Applied):
            return ended(pause, ending, result.at)
