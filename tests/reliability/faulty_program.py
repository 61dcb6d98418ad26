"""The program, built to die: `kill -9` of itself at the point that FAULT names, at its first passing.

    FAULT=respond.written python -m tests.reliability.faulty_program serve

A point is an operation and how far it has come:

    asked      decided, and not yet handed to the writer
    written    all its statements have run, and the transaction is open
    committed  it is durable, and nobody knows yet
    known      the operation knows, and has answered nobody

and `claim.committed`, `vendor.accepted`, `receiver.accepted`. On SQLite only: there the writer is ours.
"""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Iterable
from typing import Any, Final

from pausepoint.channels.outbound import GuardedClient
from pausepoint.channels.sms import TwilioTransport
from pausepoint.cli import main
from pausepoint.domain.pause import PauseStatus
from pausepoint.store import sqlite_writer
from pausepoint.store.binding import Bound
from pausepoint.store.changes import Change, EndPause, InsertPause, UpdateDelivery
from pausepoint.store.sqlite import SqliteStore
from pausepoint.store.sqlite_writer import ClaimDeliveries, WriteChanges

POINT: Final = os.environ.get("FAULT", "")  # noqa: TID251 - of this build alone
ENDS: Final = {
    PauseStatus.RESPONDED.value: "respond",
    PauseStatus.TIMED_OUT.value: "expire",
    PauseStatus.CANCELLED.value: "cancel",
}


def passing(operations: Iterable[str], how_far: str) -> None:
    if any(f"{operation}.{how_far}" == POINT for operation in operations):
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


def bound(changes: Iterable[Bound]) -> set[str]:
    found = set()
    for change in changes:
        guard = change.guard.statement.name if change.guard else ""
        if guard in ("end_pause", "time_out_pause") and change.guard:
            found.add(ENDS[change.guard.parameters[0]])
        elif guard == "update_delivery":
            found.add("deliver")
        elif any(row.statement.name == "insert_pause" for row in change.rows):
            found.add("create")
    return found


class Store(SqliteStore):
    async def apply(self, change: Change) -> Any:
        passing(asked([change]), "asked")
        result = await super().apply(change)
        passing(asked([change]), "known")
        return result

    async def apply_all(self, changes: Any) -> Any:
        passing(asked(changes), "asked")
        result = await super().apply_all(changes)
        passing(asked(changes), "known")
        return result


class Writer(sqlite_writer.Writer):
    def _commit(self, batch: Any) -> None:
        works = [job.work for job in batch]
        claims = [job for job in batch if isinstance(job.work, ClaimDeliveries)]
        changes = [c for work in works if isinstance(work, WriteChanges) for c in work.changes]
        real = self._connection

        def operations() -> set[str]:
            """A claim that finds nothing is none; what it finds is known once it has run."""
            return bound(changes) | ({"claim"} if any(job.result for job in claims) else set())

        class Cursor(sqlite3.Cursor):
            def execute(self, sql: str, *parameters: Any) -> Any:
                if sql == "COMMIT":
                    passing(operations(), "written")
                return super().execute(sql, *parameters)

        class Connection:
            in_transaction = property(lambda _: real.in_transaction)

            def cursor(self) -> sqlite3.Cursor:
                return real.cursor(Cursor)

        self._connection = Connection()  # type: ignore[assignment]
        try:
            super()._commit(batch)
        finally:
            self._connection = real
        passing(operations(), "committed")


def after(owner: Any, name: str, operation: str) -> None:
    real = getattr(owner, name)

    async def wrapped(*given: Any, **named: Any) -> Any:
        result = await real(*given, **named)
        passing([operation], "accepted")
        return result

    setattr(owner, name, wrapped)


if __name__ == "__main__":
    import pausepoint.bootstrap
    import pausepoint.store.sqlite

    pausepoint.bootstrap.SqliteStore = Store  # type: ignore[misc]
    pausepoint.store.sqlite.Writer = Writer  # type: ignore[attr-defined]
    after(TwilioTransport, "send", "vendor")
    after(GuardedClient, "request", "receiver")
    main()
