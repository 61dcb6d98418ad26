"""Where the program dies, if it passes there: an operation and how far it has come."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable
from typing import Any, Final

from pausepoint.domain.pause import PauseStatus
from pausepoint.store.changes import Change, EndPause, InsertPause, UpdateDelivery
from pausepoint.store.write_plan import WritePlan

POINT: Final = os.environ.get("FAULT", "")  # noqa: TID251 - of this build alone
ENDS: Final = {
    PauseStatus.RESPONDED.value: "respond",
    PauseStatus.TIMED_OUT.value: "expire",
    PauseStatus.CANCELLED.value: "cancel",
}


def is_next(operations: Iterable[str], how_far: str) -> bool:
    return any(f"{operation}.{how_far}" == POINT for operation in operations)


def passing(operations: Iterable[str], how_far: str) -> None:
    if is_next(operations, how_far):
        os.kill(os.getpid(), signal.SIGKILL)


def asked(changes: Iterable[Change]) -> set[str]:
    found = set()
    for change in changes:
        if isinstance(change.guard, EndPause):
            found.add(ENDS[change.guard.ending.status.value])
        elif isinstance(change.guard, UpdateDelivery):
            found.add("deliver")
        elif any(isinstance(row, InsertPause) for row in change.rows):
            found.add("create")
    return found


def bound(changes: Iterable[WritePlan]) -> set[str]:
    found = set()
    for change in changes:
        guard = change.guard.statement.name if change.guard else ""
        if guard.startswith(("end_pause", "time_out_")) and change.guard:
            found.add(ENDS[change.guard.parameters[0]])
        elif guard == "update_delivery":
            found.add("deliver")
        elif any(row.statement.name == "insert_pause" for row in change.rows):
            found.add("create")
    return found


class Asking:
    """Before a store: it dies before a change is handed over, or when it is known to be made."""

    async def apply(self, change: Change) -> Any:
        passing(asked([change]), "asked")
        result = await super().apply(change)  # type: ignore[misc]
        passing(asked([change]), "known")
        return result

    async def apply_all(self, changes: Any) -> Any:
        passing(asked(changes), "asked")
        result = await super().apply_all(changes)  # type: ignore[misc]
        passing(asked(changes), "known")
        return result
