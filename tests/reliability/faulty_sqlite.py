"""SQLite, built to die: there the writer is ours, and so is each step of it."""

from __future__ import annotations

import sqlite3
from typing import Any

import pausepoint.lifecycle.bootstrap
import pausepoint.store.sqlite.store
from pausepoint.store.sqlite import writer
from pausepoint.store.sqlite.store import SqliteStore
from pausepoint.store.sqlite.writer import ClaimDeliveries, WriteChanges
from tests.reliability.faulty_points import Asking, bound, passing


class Store(Asking, SqliteStore):
    pass


class Writer(writer.Writer):
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


def build_in() -> None:
    pausepoint.lifecycle.bootstrap.SqliteStore = Store  # type: ignore[misc]
    pausepoint.store.sqlite.store.Writer = Writer  # type: ignore[attr-defined]
