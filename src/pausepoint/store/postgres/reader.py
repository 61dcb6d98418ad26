"""Reads on PostgreSQL: a pool, and one query for all who look something up by its key at once."""

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
    translated,
    words_of,
)
from pausepoint.store.statements import Parameters, Statement

T = TypeVar("T")

READERS: Final = 8
LOOKUPS_AT_ONCE: Final = 2
KEYS_LIMIT: Final = 256

Answer: TypeAlias = "asyncio.Future[Any]"


class Reader:
    """Raises StoreUnavailable, at once where the database is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._lookups: dict[Statement, _Lookup] = {}

    async def rows(self, statement: Statement, parameters: Parameters) -> list[Any]:
        sql = translated(statement.sql)
        rows: list[Any] = await self._read(lambda connection: connection.fetch(sql, *parameters))
        return rows

    async def first(self, statement: Statement, parameters: Parameters) -> Any:
        """The first row, or None."""
        sql = translated(statement.sql)
        return await self._read(lambda connection: connection.fetchrow(sql, *parameters))

    async def alone(self, run: Callable[[Connection], Awaitable[T]]) -> T:
        """What needs a connection for itself for a while, such as a transaction."""
        found: T = await self._read(run)
        return found

    async def by_key(self, statement: Statement, key: str) -> Any:
        """The row, or None, of a statement that ends with its key, as all who ask now are answered.

        A query of its own for each costs this process four times as much at 64 callers.
        """
        if not key.isascii() or "\0" in key:
            return None  # No id has such characters, and the database would refuse all for them.
        lookup = self._lookups.get(statement)
        if lookup is None:
            lookup = self._lookups[statement] = _Lookup(self, statement)
        return await lookup.find(key)

    async def close(self) -> None:
        for lookup in self._lookups.values():
            lookup.cancel()
        try:
            await asyncio.wait_for(self._pool.close(), FAREWELL_SECONDS)
        except Exception:
            self._pool.terminate()

    async def _read(self, run: Callable[[Connection], Any]) -> Any:
        """A read that broke off with its connection is run again on another one."""
        try:
            for _ in range(READERS):
                async with self._pool.acquire(timeout=STATEMENT_SECONDS) as connection:
                    try:
                        return await run(connection)
                    except Exception as error:
                        if isinstance(error, TimeoutError):
                            # The pool would wait as long again for it to break off.
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
    """The questions of one statement. A query sees all that was committed before it was asked for."""

    def __init__(self, reader: Reader, statement: Statement) -> None:
        self._reader = reader
        self._statement = _by_keys(statement)
        self._asked: dict[str, list[Answer]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._running = 0

    def find(self, key: str) -> Answer:
        answer: Answer = asyncio.get_running_loop().create_future()
        self._asked.setdefault(key, []).append(answer)
        if self._running < LOOKUPS_AT_ONCE:
            # It begins in the loop's next turn, with all that is asked in this one.
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
                rows = await self._reader.rows(self._statement, (keys,))
            except asyncio.CancelledError:
                for answer in _undone(asked):
                    answer.cancel()
                raise
            except Exception as error:
                for answer in _undone(asked):
                    answer.set_exception(error)
            else:
                found = {row[0]: row[1:] for row in rows}
                for key, answers in asked.items():
                    for answer in answers:
                        if not answer.done():
                            answer.set_result(found.get(key))
        # Counted here, with nothing awaited since the last look: a caller that asks before this task is
        # known to have ended would else believe that it still looks.
        self._running -= 1


def _undone(asked: dict[str, list[Answer]]) -> list[Answer]:
    return [answer for answers in asked.values() for answer in answers if not answer.done()]


def _by_keys(statement: Statement) -> Statement:
    """The statement for many keys, each row with its key before it."""
    head, _, conditions = statement.sql.rpartition(" WHERE ")
    column, mark, rest = conditions.partition(" = ?")
    assert mark, f"{statement.name} has no key"
    assert "?" not in rest
    columns = head.removeprefix("SELECT ")
    return Statement(
        f"{statement.name}_of_many", f"SELECT {column}, {columns} WHERE {column} = ANY (?){rest}"
    )
