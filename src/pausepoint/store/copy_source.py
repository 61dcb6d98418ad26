"""The source of a copy: an SQLite database, locked and read as a snapshot."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Final

from pausepoint.store import vault
from pausepoint.store.copy_tables import (
    CopyFailed,
    Manifest,
    Progress,
    Row,
    RunningHash,
    Table,
)
from pausepoint.store.migrate import (
    migrations,
    needs_adoption,
    pending,
    recorded_in_sqlite,
)
from pausepoint.store.sqlite.store import DatabaseInUse, lock_database

_TABLES: Final = (
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    " AND name <> 'schema_migrations' ORDER BY rowid"
)

_NOT_ERASED: Final = {
    "contents": "erased = 0",
    "actions": "EXISTS (SELECT 1 FROM contents AS c WHERE c.pause_id = actions.pause_id"
    " AND c.part = 'question' AND c.erased = 0)",
}
"""Conditions of the rows to copy: SQLite keeps a row of zeros for each erased one."""


class Source:
    """`tables` are all of the schema, parents first."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._path = path
        self._connection = connection
        self._check_schema()
        self.tables = _tables(connection)
        [wrapped] = connection.execute(vault.GET.sql).fetchone() or (None,)
        if wrapped is None:
            raise CopyFailed(f"{path} holds no key: PausePoint never ran on it.")
        self.wrapped_key: bytes = wrapped

    def batches(self, table: Table, after: Row | None = None) -> Iterator[list[Row]]:
        """Yield batches of rows in the order of their keys, from the one after `after` on."""
        columns, key = ", ".join(table.columns), ", ".join(table.key)
        condition = f" AND ({key}) > ({', '.join('?' * len(after))})" if after else ""
        sql = f"SELECT {columns} {_from_clause(table)}{condition} ORDER BY {key}"
        cursor = self._connection.execute(sql, after or ())
        while rows := cursor.fetchmany(table.rows_a_batch):
            yield rows

    def manifest(self, progress: Progress) -> Manifest:
        counts = {}
        for table in self.tables:
            [(count,)] = self._connection.execute(f"SELECT count(*) {_from_clause(table)}")
            counts[table.name] = count
        total, done, found = sum(counts.values()), 0, {}
        for table in self.tables:
            running = RunningHash()
            for rows in self.batches(table):
                running.add(rows)
                done += len(rows)
                progress("Reading", done, total)
            found[table.name] = running.summary()
        return found

    def _check_schema(self) -> None:
        """Raise CopyFailed or SchemaRefused unless the schema is the current one."""
        if not _has_table(self._connection, "schema_migrations"):
            raise CopyFailed(f"{self._path} is no database of PausePoint's.")
        known = migrations("sqlite")
        recorded = recorded_in_sqlite(self._connection)
        if needs_adoption(recorded) or pending(known, recorded):
            raise CopyFailed(
                f"{self._path} has an older schema than this program. Run `pausepoint migrate`"
                " on it first."
            )
        if max(recorded) > known[-1].number:
            raise CopyFailed(
                f"{self._path} has a newer schema than this program. Use the newer program."
            )


@contextmanager
def source_at(path: Path) -> Iterator[Source]:
    """Open the source under the database's lock, so that no server can start on it.

    Raises CopyFailed, SchemaRefused.
    """
    if not path.is_file():
        raise CopyFailed(f"There is no database at {path}.")
    try:
        lock = lock_database(path)
    except DatabaseInUse as error:
        raise CopyFailed(
            f"A PausePoint is running on {path}. Stop it first: what it takes during the copy"
            " would not be in the copy."
        ) from error
    except OSError as error:
        raise CopyFailed(
            f"Cannot open {error.filename}: {error.strerror}. Use the system account that the"
            " server runs under."
        ) from error
    try:
        uri = f"{path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as connection:
            [(verdict,)] = connection.execute("PRAGMA integrity_check(1)")
            if verdict != "ok":
                raise CopyFailed(f"{path} is damaged: {verdict}. Restore a backup.")
            connection.execute("BEGIN")
            yield Source(path, connection)
    except sqlite3.Error as error:
        raise CopyFailed(f"{path} cannot be read: {error}.") from error
    finally:
        os.close(lock)


def _from_clause(table: Table) -> str:
    """Return FROM and WHERE, which further conditions can follow."""
    return f"FROM {table.name} WHERE {_NOT_ERASED.get(table.name, 'true')}"


def _tables(connection: sqlite3.Connection) -> tuple[Table, ...]:
    names = [name for (name,) in connection.execute(_TABLES)]
    parents = {
        name: [
            parent
            for (parent,) in connection.execute(
                'SELECT "table" FROM pragma_foreign_key_list(?)', (name,)
            )
        ]
        for name in names
    }
    ids = {}
    if _has_table(connection, "sqlite_sequence"):
        ids = dict(connection.execute("SELECT name, seq FROM sqlite_sequence"))
    return tuple(
        _table(connection, name, ids.get(name))
        for name in TopologicalSorter(parents).static_order()
    )


def _table(connection: sqlite3.Connection, name: str, last_id: int | None) -> Table:
    # The place of a column in the primary key, 0 for none.
    columns = connection.execute("SELECT name, pk FROM pragma_table_info(?)", (name,)).fetchall()
    key = [column for place, column in sorted((pk, column) for column, pk in columns) if place]
    if not key:
        [(index,)] = connection.execute(
            'SELECT name FROM pragma_index_list(?) WHERE "unique"', (name,)
        )
        indexed = connection.execute("SELECT name FROM pragma_index_info(?)", (index,))
        key = [column for (column,) in indexed]
    return Table(name, tuple(column for column, _ in columns), tuple(key), last_id)


def _has_table(connection: sqlite3.Connection, name: str) -> bool:
    found = connection.execute("SELECT 1 FROM sqlite_schema WHERE name = ?", (name,))
    return found.fetchone() is not None
