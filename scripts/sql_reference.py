"""The SQL that each engine runs, for tests/store/sql/: `scripts.write_reference` writes it."""

from __future__ import annotations

import asyncio
import importlib
import pkgutil
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from tests.doubles.postgres import PostgresServer

import pausepoint.store
from pausepoint.store import audit, contents, deliveries, pauses
from pausepoint.store.migrate import migrate_sqlite
from pausepoint.store.postgres.batch_sql import (
    Types,
    batch_sql,
    guard_sql,
    items_table,
    learn_types,
    rows_sql,
)
from pausepoint.store.postgres.connection import Connection, connect, with_numbers
from pausepoint.store.postgres.schema import migrate_postgres
from pausepoint.store.statements import (
    GuardStatement,
    PointQuery,
    RowStatement,
    Statement,
    WriteStatement,
    all_writes,
    in_order,
)

FOLDER: Final = Path(__file__).parent.parent / "tests" / "store" / "sql"
_CLAUSE: Final = re.compile(
    r" (?=(?:FROM|WHERE|ORDER BY|RETURNING|VALUES|ON CONFLICT|SET|UNION ALL|SELECT)\b)"
    r"|(?<=,) (?=\w+(?:\(\w+(?:, \w+)*\))? AS (?:MATERIALIZED )?\()"
)
_HEAD: Final = """\
-- The SQL that PausePoint runs on {engine}, but for lists of the audit log with more filters.
-- Written by scripts/write_reference.py from src/pausepoint/store/; tests/store/test_statements.py compares it.
"""
_BATCHES: Final = """\

-- ── Whole batches ──
-- A batch is one statement: guards, winners, the mark of the commit, rows. Each set of rows is a
-- parameter, a JSON array of the values of each item, with the item's number at the end.
"""


def sqlite_reference() -> str:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate_sqlite(connection)
        parts = [_HEAD.format(engine="SQLite")]
        for name, statement in _statements("POSTGRES"):
            sql = statement.sqlite if isinstance(statement, WriteStatement) else statement.sql
            try:
                connection.execute(f"EXPLAIN {sql}", [None] * sql.count("?"))
            except sqlite3.Error:
                continue  # a statement of PostgreSQL alone
            parts.append(_entry(name, sql))
    return "\n".join(parts)


async def postgres_reference(connection: Connection) -> str:
    """`connection` leads to a database with the current schema."""
    types = await learn_types(connection, all_writes())
    parts = [_HEAD.format(engine="PostgreSQL")]
    for name, statement in _statements("SQLITE"):
        if isinstance(statement, WriteStatement):
            items = items_table("$1", types[statement])
            is_guard = isinstance(statement, GuardStatement)
            parts.append(_entry(name, (guard_sql if is_guard else rows_sql)(statement, items)))
            continue
        many = statement.of_many if isinstance(statement, PointQuery) else statement.sql
        sql = with_numbers(many)
        try:
            await connection.prepare(sql)
        except Exception:
            continue
        parts.append(_entry(name, sql))
    created = (pauses.INSERT, contents.INSERT_CONTENT, audit.INSERT, deliveries.INSERT)
    ended = (contents.INSERT_CONTENT, audit.INSERT, deliveries.INSERT)
    parts += [
        _BATCHES,
        _entry("questions", _batch((), created, types)),
        _entry("answers", _batch((pauses.END,), ended, types)),
    ]
    return "\n".join(parts)


def references() -> dict[Path, str]:
    """Return both files as they should read now. Starts a PostgreSQL server for a moment."""
    server = PostgresServer()

    async def read() -> str:
        connection = await connect(server.url(server.create_database()))
        try:
            await migrate_postgres(connection)
            return await postgres_reference(connection)
        finally:
            await connection.close()

    try:
        postgres = asyncio.run(read())
    finally:
        server.close()
    return {FOLDER / "sqlite.sql": sqlite_reference(), FOLDER / "postgres.sql": postgres}


def _statements(other: str) -> Iterator[tuple[str, Statement]]:
    """Yield the statements by module and name, but for those that name the `other` engine."""
    for module in pkgutil.iter_modules(pausepoint.store.__path__):
        for name, value in vars(importlib.import_module(f"pausepoint.store.{module.name}")).items():
            if isinstance(value, Statement) and not name.endswith(other):
                yield f"{module.name}.{name}", value


def _batch(guards: Sequence[GuardStatement], rows: Sequence[RowStatement], types: Types) -> str:
    ordered = sorted(rows, key=in_order)
    statements = [*guards, *ordered]
    return batch_sql(tuple(guards), tuple(ordered), tuple(types[each] for each in statements))


def _entry(name: str, sql: str) -> str:
    """Return the statement with a line for each clause, indented by its depth in parentheses."""
    lines, depth = [], 0
    for clause in _CLAUSE.split(sql):
        lines.append("  " * (depth + bool(lines)) + clause)
        depth += clause.count("(") - clause.count(")")
    return "\n".join([f"-- {name}", *lines]) + ";\n"
