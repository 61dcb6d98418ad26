"""PostgreSQL, built to die: a batch is one statement, which is under way or has been answered."""

from __future__ import annotations

import asyncio
import os
import signal
from datetime import timedelta
from typing import Any, Final

import pausepoint.store.postgres.store
import pausepoint.worker.deliveries
from pausepoint.store.postgres.connection import connect
from pausepoint.store.postgres.store import PostgresStore
from pausepoint.store.postgres.writer_connection import WriterConnection
from tests.reliability.faulty_points import Asking, bound, is_next, passing

SECONDS: Final = 2
IS_UNDER_WAY: Final = (
    "SELECT count(*) > 0 FROM pg_stat_activity"
    " WHERE wait_event = 'PgSleep' AND datname = current_database()"
)


class Store(Asking, PostgresStore):
    pass


class DyingConnection:
    """The next statement takes its time, and its process dies while it is under way."""

    def __init__(self, connection: Any, url: str) -> None:
        self._connection, self._url = connection, url

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    async def fetchrow(self, sql: str, *given: Any) -> Any:
        slow = f"{sql}, pg_sleep({SECONDS})"
        under_way = asyncio.ensure_future(self._connection.fetchrow(slow, *given))
        onlooker = await connect(self._url)
        while not await onlooker.fetchval(IS_UNDER_WAY):
            assert not under_way.done(), under_way
        os.kill(os.getpid(), signal.SIGKILL)


class DyingWriterConnection(WriterConnection):
    async def commit(self, changes: Any, now: Any) -> Any:
        operations = bound(changes)
        if is_next(operations, "sent"):
            self._connection = DyingConnection(self._connection, self._url)
        won = await super().commit(changes, now)
        passing(operations, "committed")
        return won

    async def claim(self, *given: Any) -> Any:
        found = await super().claim(*given)
        if found:
            passing(["claim"], "committed")
        return found


def build_in() -> None:
    pausepoint.store.postgres.store.PostgresStore = Store  # type: ignore[misc]
    pausepoint.store.postgres.store.WriterConnection = DyingWriterConnection  # type: ignore[misc]
    # Other processes may live, so what a dead one had claimed is due when its lease ends.
    pausepoint.worker.deliveries.LEASE = timedelta(seconds=4)  # type: ignore[misc]
