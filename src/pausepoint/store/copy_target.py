"""The PostgreSQL side of a copy: an empty database, or one that this copy has begun to fill.

A marker table exists from before the first row until the last has been verified; while it does, no
PausePoint opens the database. It holds the manifest of the source, so that a copy resumes only from
the same source, unchanged. Batches are atomic and in the order of keys: a copy resumes after the
last key of each table.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import asyncpg
import msgspec

from pausepoint.store import vault
from pausepoint.store.copy_tables import (
    CopyFailed,
    Manifest,
    Row,
    Summary,
    Table,
)
from pausepoint.store.migrate import migrations
from pausepoint.store.postgres.connection import (
    Connection,
    Trouble,
    connect,
    is_trouble,
    trouble_of,
)
from pausepoint.store.postgres.schema import (
    COPY_MARKER,
    alone,
    is_being_copied,
    migrate_postgres,
    recorded_in_postgres,
)

_LOCK: Final = int.from_bytes(b"ppt copy")
_LOCK_WAIT: Final = "10s"
"""Long enough for the database to notice that a killed copy has disconnected."""

_STATEMENT_SECONDS: Final = 3600.0

_OTHERS: Final = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND application_name = 'pausepoint' AND pid <> pg_backend_pid()"
)
_IS_USED: Final = "SELECT EXISTS (SELECT FROM developers) OR EXISTS (SELECT FROM audit)"
_GO_ON: Final = "Run this again: it goes on where it stopped."
START_ANEW: Final = "Drop the target, make it anew with createdb, and copy again."


class Target:
    """Its methods raise errors for which `is_trouble` holds."""

    def __init__(self, connection: Connection, tables: Sequence[Table]) -> None:
        self._connection = connection
        self._tables = tables

    async def begun_with(self) -> Manifest | None:
        """Return the manifest of the source when this copy was begun; None if it was not."""
        if not await is_being_copied(self._connection):
            return None
        text = await self._connection.fetchval(f"SELECT manifest FROM {COPY_MARKER}")
        return msgspec.json.decode(text, type=dict[str, Summary])

    async def check_free(self, wrapped_key: bytes) -> None:
        """Raise CopyFailed if the target is in use or has data beyond that of the migrations."""
        await self._refuse_servers()
        if not await self._connection.fetchval(_IS_USED):
            return
        if await self._connection.fetchval(vault.GET.sql) == wrapped_key:
            raise CopyFailed("The target already holds a finished copy of this database.")
        raise CopyFailed(
            "The target is not empty: it holds accounts of its own. Copy into a database that was"
            " just made with createdb."
        )

    async def begin(self, manifest: Manifest, wrapped_key: bytes) -> None:
        async with alone(self._connection):
            await self.check_free(wrapped_key)
            await self._connection.execute(f"CREATE TABLE {COPY_MARKER} (manifest TEXT NOT NULL)")
            text = msgspec.json.encode(manifest).decode()
            await self._connection.execute(f"INSERT INTO {COPY_MARKER} VALUES ($1)", text)
            # The source has its own rows of the migrations and the vault.
            for table in reversed(self._tables):
                await self._connection.execute(f"DELETE FROM {table.name}")

    async def progress_of(self, table: Table) -> tuple[int, Row | None]:
        """Return the number of copied rows, and the key of the last."""
        count = await self._connection.fetchval(f"SELECT count(*) FROM {table.name}")
        order = ", ".join(f"{column} DESC" for column in table.key)
        row = await self._connection.fetchrow(
            f"SELECT {', '.join(table.key)} FROM {table.name} ORDER BY {order} LIMIT 1"
        )
        return count, tuple(row) if row else None

    async def load(self, table: Table, rows: Sequence[Row]) -> None:
        """Insert all rows, or none."""
        await self._connection.copy_records_to_table(
            table.name, records=rows, columns=table.columns
        )

    async def read(self, table: Table) -> AsyncIterator[list[Row]]:
        columns, key = ", ".join(table.columns), ", ".join(table.key)
        sql = f"SELECT {columns} FROM {table.name} ORDER BY {key}"
        async with self._connection.transaction(isolation="repeatable_read", readonly=True):
            cursor = await self._connection.cursor(sql)
            while rows := await cursor.fetch(table.rows_a_batch):
                yield [tuple(row) for row in rows]

    async def finish(self) -> None:
        """Set the sequences after the last row, and let servers start."""
        async with alone(self._connection):
            await self._refuse_servers()
            for table in self._tables:
                if table.last_id:
                    sequence = f"pg_get_serial_sequence('{table.name}', '{table.key[0]}')"
                    await self._connection.execute(f"SELECT setval({sequence}, {table.last_id})")
            await self._connection.execute(f"DROP TABLE {COPY_MARKER}")
        for table in self._tables:
            await self._connection.execute(f"ANALYZE {table.name}")

    async def _refuse_servers(self) -> None:
        if await self._connection.fetchval(_OTHERS):
            raise CopyFailed("A PausePoint is running on the target. Stop it first.")


@asynccontextmanager
async def target_at(url: str, tables: Sequence[Table]) -> AsyncIterator[Target]:
    """Open the target, migrated, under a lock against other copies. Raises CopyFailed, SchemaRefused."""
    try:
        connection = await connect(url, statement_seconds=_STATEMENT_SECONDS)
    except Exception as error:
        if is_trouble(error):
            raise CopyFailed(f"The target cannot be reached: {_reason(error)}.") from error
        raise
    try:
        await _lock(connection)
        if not await is_being_copied(connection):
            await migrate_postgres(connection)
        newest = migrations("postgres")[-1].number
        if max(await recorded_in_postgres(connection)) != newest:
            raise CopyFailed(f"The target has another schema than this program. {START_ANEW}")
        yield Target(connection, tables)
    except Exception as error:
        if is_trouble(error):
            is_in_the_data = trouble_of(error) is Trouble.DATA
            advice = START_ANEW if is_in_the_data else _GO_ON
            raise CopyFailed(f"The target failed: {_reason(error)}. {advice}") from error
        raise
    finally:
        connection.terminate()


async def _lock(connection: Connection) -> None:
    # Another application name: a copy that was just killed must not count as a running server.
    await connection.execute("SET application_name = 'pausepoint db copy'")
    await connection.execute(f"SET lock_timeout = '{_LOCK_WAIT}'")
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
    except asyncpg.LockNotAvailableError as error:
        raise CopyFailed("Another copy into the target is running.") from error
    await connection.execute("SET lock_timeout = 0")


def _reason(error: Exception) -> str:
    return str(error).partition("\n")[0] or "it does not answer"
