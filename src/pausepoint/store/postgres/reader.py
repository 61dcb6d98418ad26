"""Reads on PostgreSQL: a pool, and one query for concurrent lookups by key."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias, TypeVar

from pausepoint.store.base import StoreUnavailable
from pausepoint.store.postgres.connection import (
    FAREWELL_SECONDS,
    STATEMENT_SECONDS,
    Connection,
    Pool,
    end,
    is_lost,
    is_trouble,
    with_numbers,
    words_of,
)
from pausepoint.store.statements import Parameters, PointQuery, Query

R = TypeVar("R")
T = TypeVar("T")

READERS: Final = 8
LOOKUPS_AT_ONCE: Final = 2
KEYS_LIMIT: Final = 256

Answer: TypeAlias = "asyncio.Future[Any]"


class Reader:
    """Every method raises StoreUnavailable, at once where the database is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._lookups: dict[PointQuery[Any], _Lookup] = {}

    async def rows(self, query: Query[R], parameters: Parameters) -> list[R]:
        return query.records(await self.fetch(with_numbers(query.sql), *parameters))

    async def first(self, query: Query[R], parameters: Parameters) -> R | None:
        """Return the first row, or None."""
        sql = with_numbers(query.sql)
        found = await self.run(lambda connection: connection.fetchrow(sql, *parameters))
        return None if found is None else query.row(*found)

    async def by_key(self, query: PointQuery[R], key: str) -> R | None:
        """Return the record of a key, or None, by one query for all concurrent callers.

        A query for each caller costs this process four times as much at 64 callers.
        """
        if not key.isascii() or "\0" in key:
            return None  # No id has such characters, and the database would refuse the whole query.
        lookup = self._lookups.get(query)
        if lookup is None:
            lookup = self._lookups[query] = _Lookup(self, query)
        found: R | None = await lookup.find(key)
        return found

    async def close(self) -> None:
        for lookup in self._lookups.values():
            lookup.cancel()
        try:
            await asyncio.wait_for(self._pool.close(), FAREWELL_SECONDS)
        except Exception:
            self._pool.terminate()

    async def fetch(self, sql: str, *parameters: Any) -> list[Any]:
        return await self.run(lambda connection: connection.fetch(sql, *parameters))

    async def run(self, run: Callable[[Connection], Awaitable[T]]) -> T:
        """Run a read on a connection of the pool, and again on another one if that is lost."""
        try:
            for _ in range(READERS):
                async with self._pool.acquire(timeout=STATEMENT_SECONDS) as connection:
                    try:
                        return await run(connection)
                    except Exception as error:
                        if isinstance(error, TimeoutError):
                            # The pool would wait as long again for the statement to end.
                            end(connection)
                        if not is_lost(error):
                            raise
                        end(connection)
        except Exception as error:
            if is_trouble(error):
                raise StoreUnavailable(words_of(error)) from error
            raise
        raise StoreUnavailable("the database ends its connections")


class _Lookup:
    """The concurrent lookups of one query. Each sees all that was committed before it was made."""

    def __init__(self, reader: Reader, query: PointQuery[Any]) -> None:
        self._reader = reader
        self._row = query.row
        self._sql = with_numbers(query.of_many)
        self._asked: dict[str, list[Answer]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._running = 0

    def find(self, key: str) -> Answer:
        answer: Answer = asyncio.get_running_loop().create_future()
        self._asked.setdefault(key, []).append(answer)
        if self._running < LOOKUPS_AT_ONCE:
            # It begins in the next tick of the event loop, with all lookups of this one.
            self._running += 1
            task = asyncio.create_task(self._run())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return answer

    def cancel(self) -> None:
        for task in self._tasks:
            task.cancel()

    async def _run(self) -> None:
        while self._asked:
            keys = list(self._asked)[:KEYS_LIMIT]
            asked = {key: self._asked.pop(key) for key in keys}
            try:
                rows = await self._reader.fetch(self._sql, keys)
            except asyncio.CancelledError:
                for answer in _undone(asked):
                    answer.cancel()
                raise
            except Exception as error:
                for answer in _undone(asked):
                    answer.set_exception(error)
            else:
                found = {key: self._row(*columns) for key, *columns in rows}
                for key, answers in asked.items():
                    for answer in answers:
                        if not answer.done():
                            answer.set_result(found.get(key))
        # Decremented here, without an await since the loop's condition: a caller that comes before the
        # task has ended would otherwise rely on a task that reads no more keys.
        self._running -= 1


def _undone(asked: dict[str, list[Answer]]) -> list[Answer]:
    return [answer for answers in asked.values() for answer in answers if not answer.done()]
