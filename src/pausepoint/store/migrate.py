"""Migrations: numbered SQL files, applied in order, one transaction each, recorded with their SHA-256.

A file may begin with a line that names the oldest schema whose code still runs on its own:

    -- compatible from: 1

Then a program that knows schema 1 and no newer one starts on it too, as it must while processes
are replaced one after the other. Without the line an older program refuses.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final

from pausepoint.store import old_migrations
from pausepoint.store.base import CannotOpen

FOLDER: Final[Traversable] = resources.files("pausepoint.store") / "migrations"
TABLE: Final = (
    "CREATE TABLE IF NOT EXISTS schema_migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL,"
    " sha256 TEXT NOT NULL, compatible_from INTEGER NOT NULL)"
)
RECORDED: Final = "SELECT number, sha256, compatible_from FROM schema_migrations"
RECORD: Final = (
    "INSERT INTO schema_migrations (number, name, sha256, compatible_from) VALUES (?, ?, ?, ?)"
)
DELETE_RECORDED: Final = "DELETE FROM schema_migrations"

_NAME = re.compile(r"(\d{4})_\w+\.sql")
_COMPATIBLE_FROM = re.compile(r"(?:--.*\n)*?-- compatible from: (\d+)\n")


class SchemaRefused(CannotOpen):
    """The database does not fit this program; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Migration:
    """`sql` is the shared file with the engine's own (`<name>.<engine>.sql`) after it.

    Code that knows the schemas up to `compatible_from`, or more, runs on what this one makes.
    """

    number: int
    name: str
    sql: str
    compatible_from: int

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()

    @property
    def record(self) -> tuple[int, str, str, int]:
        """Parameters of RECORD."""
        return self.number, self.name, self.sha256, self.compatible_from

    @property
    def adopted_record(self) -> tuple[int, str, str, int]:
        """Parameters of RECORD for a schema that the old migrations made, as the name says."""
        return self.number, f"{self.name} (adopted)", self.sha256, self.compatible_from


@dataclass(frozen=True, slots=True)
class Recorded:
    """A migration as a database has recorded it, whether this program has the file or not."""

    sha256: str
    compatible_from: int


def migrations(engine: str, folder: Traversable = FOLDER) -> tuple[Migration, ...]:
    files = {file.name: file.read_text("utf-8") for file in folder.iterdir()}
    found = []
    for name in sorted(files):
        if matched := _NAME.fullmatch(name):
            number, shared = int(matched[1]), files[name]
            own = files.get(name.removesuffix(".sql") + f".{engine}.sql", "")
            compatible = _COMPATIBLE_FROM.match(shared)
            oldest = int(compatible[1]) if compatible else number
            if not 1 <= oldest <= number:
                raise ValueError(
                    f"{name} is compatible from 1 at the least and {number} at the most"
                )
            found.append(Migration(number, name, shared + own, oldest))
    return tuple(found)


def needs_adoption(recorded: Mapping[int, Recorded]) -> bool:
    """Return whether exactly the old migrations are recorded, whose schema is that of the first one.

    Raises SchemaRefused if some of them are missing: what the others changed is no longer known.
    """
    count = old_migrations.count_old({number: each.sha256 for number, each in recorded.items()})
    if 0 < count < old_migrations.COUNT:
        raise SchemaRefused(
            "This database was made by a development version from before the first release, and"
            f" {count} of its {old_migrations.COUNT} migrations were applied. Bring it up to date first:"
            " run `pausepoint migrate` of the last version that has the migration"
            f" {old_migrations.LAST}. Or make a new database."
        )
    return count == old_migrations.COUNT


def pending(
    known: tuple[Migration, ...], recorded: Mapping[int, Recorded]
) -> tuple[Migration, ...]:
    """Return the known migrations that are not recorded yet. Raises SchemaRefused."""
    newest = known[-1].number
    if any(
        number > newest and newer.compatible_from > newest for number, newer in recorded.items()
    ):
        raise SchemaRefused(
            f"This database was written by a newer PausePoint (schema {max(recorded)}; this program"
            f" knows {newest}). Start the newer program, or restore a backup made before it."
        )
    for migration in known:
        there = recorded.get(migration.number)
        if there is not None and there.sha256 != migration.sha256:
            raise SchemaRefused(
                f"Migration {migration.name} differs from the one this database was made with."
                " Use the release that made it, or one that follows it."
            )
    return tuple(migration for migration in known if migration.number not in recorded)


def migrate_sqlite(
    connection: sqlite3.Connection, known: tuple[Migration, ...] | None = None
) -> int:
    """Bring the database to the newest schema and return how many files were applied.

    `connection` is the writer's, in autocommit mode. Raises SchemaRefused.
    """
    connection.execute(f"{TABLE} STRICT")
    known = known or migrations("sqlite")
    if needs_adoption(recorded_in_sqlite(connection)):
        with _transaction(connection):
            connection.execute(DELETE_RECORDED)
            connection.execute(RECORD, known[0].adopted_record)
    todo = pending(known, recorded_in_sqlite(connection))
    for migration in todo:
        with _transaction(connection):
            for statement in _statements(migration.sql):
                connection.execute(statement)
            connection.execute(RECORD, migration.record)
    return len(todo)


def recorded_in_sqlite(connection: sqlite3.Connection) -> dict[int, Recorded]:
    return {number: Recorded(*rest) for number, *rest in connection.execute(RECORDED)}


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
