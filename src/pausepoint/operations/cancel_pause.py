"""The developer withdraws a question."""

from __future__ import annotations

from pausepoint.domain.account import Principal
from pausepoint.domain.errors import (
    AlreadyCancelled,
    AlreadyResponded,
    AlreadyTimedOut,
    PausePointError,
)
from pausepoint.domain.pause import Pause, PauseStatus, cancel, ended
from pausepoint.operations.end_pause import end_pause
from pausepoint.operations.queries import own_settled_pause
from pausepoint.operations.services import Services
from pausepoint.store.changes import Applied

_TOO_LATE: dict[PauseStatus, type[PausePointError]] = {
    PauseStatus.RESPONDED: AlreadyResponded,
    PauseStatus.CANCELLED: AlreadyCancelled,
    PauseStatus.TIMED_OUT: AlreadyTimedOut,
}


async def cancel_pause(services: Services, principal: Principal, pause_id: str) -> Pause:
    """The cancelled pause. Raises PauseNotFound, AlreadyResponded, AlreadyCancelled, AlreadyTimedOut."""
    while True:
        pause = await own_settled_pause(services, principal, pause_id)
        ending = cancel(pause, services.clock.now())
        if ending is None:
            if pause.status.is_final:
                raise _TOO_LATE[pause.status]
            continue
        result = await end_pause(services, pause, ending)
        if isinstance(result, Applied):
            return ended(pause, ending, result.at)
