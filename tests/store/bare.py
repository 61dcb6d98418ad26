"""A database of either engine by its bare connection, beside the store that is opened on it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import asyncpg

from pausepoint.store.migrate import Migration, migrate_sqlite
from pausepoint.store.postgres.connection import with_numbers
from pausepoint.store.postgres.schema import in_postgres, migrate_postgres
from pausepoint.store.postgres.store import PostgresStore
from pausepoint.store.sqlite.store import SqliteStore
from pausepoint.testing import FakeClock
from tests.doubles.postgres import PostgresServer
from tests.store.samples import SECRET


class Bare(Protocol):
    """`run` and `prepare` take our statements, with `?`, and raise `error`; `run_script` a migration's.

    `address` is a path or a URL.
    """

    engine: str
    address: str
    error: type[Exception]

    async def load(self, script: Path) -> None: ...

    async def migrate(self, known: tuple[Migration, ...]) -> int: ...

    async def open(self) -> SqliteStore | PostgresStore: ...

    async def run(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]: ...

    async def run_script(self, script: str) -> None: ...

    def dump(self) -> str: ...

    async def prepare(self, sql: str) -> None: ...

    async def close(self) -> None: ...


class BareSqlite:
    engine = "sqlite"
    error = sqlite3.Error

    def __init__(self, path: Path, connection: sqlite3.Connection | None = None) -> None:
        self.address = str(path)
        self._connection = connection or sqlite3.connect(path, isolation_level=None)

    async def load(self, script: Path) -> None:
        self._connection.executescript(script.read_text("utf-8"))

    async def migrate(self, known: tuple[Migration, ...]) -> int:
        return migrate_sqlite(self._connection, known)

    async def open(self) -> SqliteStore:
        return await SqliteStore.open(Path(self.address), [SECRET], FakeClock())

    async def run(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql, parameters).fetchall()

    async def run_script(self, script: str) -> None:
        self._connection.executescript(script)

    async def prepare(self, sql: str) -> None:
        self._connection.execute(f"EXPLAIN {sql}", [None] * sql.count("?")).fetchall()

    async def close(self) -> None:
        self._connection.close()

    def dump(self) -> str:
        return "\n".join(self._connection.iterdump()) + "\n"


class BarePostgres:
    engine = "postgres"
    error = asyncpg.PostgresError

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self.name = server.create_database()
        self.address = server.url(self.name)

    async def load(self, script: Path) -> None:
        await asyncio.to_thread(self._server.load, script, self.name)

    async def migrate(self, known: tuple[Migration, ...]) -> int:
        connection = await asyncpg.connect(self.address)
        try:
            return await migrate_postgres(connection, known)
        finally:
            await connection.close()

    async def open(self) -> PostgresStore:
        return await PostgresStore.open(self.address, [SECRET], FakeClock())

    async def run(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        connection = await asyncpg.connect(self.address)
        try:
            return [tuple(row) for row in await connection.fetch(with_numbers(sql), *parameters)]
        finally:
            await connection.close()

    async def run_script(self, script: str) -> None:
        connection = await asyncpg.connect(self.address)
        try:
            await connection.execute(in_postgres(script))
        finally:
            await connection.close()

    async def prepare(self, sql: str) -> None:
        connection = await asyncpg.connect(self.address)
        try:
            await connection.prepare(with_numbers(sql))
        finally:
            await connection.close()

    async def close(self) -> None:
        """The server ends its databases with itself."""

    def dump(self) -> str:
        return self._server.dump(self.name)


MakeBare: TypeAlias = Callable[[], Bare]
