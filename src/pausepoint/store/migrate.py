"""Numbered SQL files, applied in order, one transaction each, and remembered with their SHA-256."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources

_NAME = re.compile(r"(\d{4})_\w+\.sql")


class SchemaRefused(Exception):
    """The database does not fit this program; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Migration:
    """`sql` is the shared file with the engine's own (`<name>.<engine>.sql`) after it."""

    number: int
    name: str
    sql: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


def migrations(engine: str) -> tuple[Migration, ...]:
    folder = resources.files("pausepoint.store") / "migrations"
    files = {file.name: file.read_text("utf-8") for file in folder.iterdir()}
    found = []
    for name in sorted(files):
        if matched := _NAME.fullmatch(name):
            own = files.get(name.removesuffix(".sql") + f".{engine}.sql", "")
            found.append(Migration(int(matched[1]), name, files[name] + own))
    return tuple(found)


def pending(known: tuple[Migration, ...], applied: Mapping[int, str]) -> tuple[Migration, ...]:
    """Those of `known` not yet in `applied` (number → SHA-256); raises SchemaRefused."""
    newest = known[-1].number
    if applied and max(applied) > newest:
        raise SchemaRefused(
            f"This database was written by a newer PausePoint (schema {max(applied)}; this program"
            f" knows {newest}). Start the newer program, or restore a backup made before it."
        )
    for migration in known:
        if applied.get(migration.number, migration.sha256) != migration.sha256:
            raise SchemaRefused(
                f"Migration {migration.name} differs from the one this database was made with."
                " Use the release that made it, or one that follows it."
            )
    return tuple(migration for migration in known if migration.number not in applied)


def migrate_sqlite(connection: sqlite3.Connection) -> int:
    """Brings the database to the newest schema and returns how many files were applied.

    `connection` is the writer's, in autocommit mode. Raises SchemaRefused.
    """
    connection.execute(
        "CREATE TABLE IF NOT EXISTS schema_migrations"
        " (number INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL) STRICT"
    )
    applied = dict(connection.execute("SELECT number, sha256 FROM schema_migrations"))
    todo = pending(migrations("sqlite"), applied)
    for migration in todo:
        connection.execute("BEGIN IMMEDIATE")
        try:
            for statement in _statements(migration.sql):
                connection.execute(statement)
            connection.execute(
                "INSERT INTO schema_migrations VALUES (?, ?, ?)",
                (migration.number, migration.name, migration.sha256),
            )
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
    return len(todo)


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
