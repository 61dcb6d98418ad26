"""Databases of development versions: one on the last old migration is adopted, others are refused.

To be deleted with `pausepoint.store.old_migrations`.
"""

from __future__ import annotations

import asyncio
import json
import re
import signal
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from pausepoint.store.copy import copy_database
from pausepoint.store.copy_tables import CopyFailed
from pausepoint.store.migrate import Migration, SchemaRefused, migrations
from pausepoint.store.old_migrations import count_old
from pausepoint.store.postgres.store import PostgresStore
from pausepoint.store.sqlite.store import DatabaseInUse, SqliteStore
from tests.harness import SECRET
from tests.store.bare import Bare, BareSqlite, MakeBare
from tests.store.filled import everything, missing, use
from tests.store.old_chain import COUNT, FILLED, old_migrations, run_old
from tests.test_cli import Shell

pytestmark = pytest.mark.anyio

ROOT: Final = Path(__file__).parents[2]
SECRET_OF_IDS: Final = re.compile(r"hashint8\(microseconds # \d+\)")
EARLIER: Final = [1, 8, COUNT - 1]


@pytest.fixture
async def old(make_bare: MakeBare) -> Bare:
    """What the last development version left of a database with a record of every kind."""
    bare = make_bare()
    await bare.load(FILLED / f"{bare.engine}.sql")
    return bare


def statements_of(bare: Bare) -> list[str]:
    """All of a dump but the rows of the table of migrations, each statement in one spelling."""
    if bare.engine == "sqlite":
        rows = r"INSERT INTO schema_migrations .*"
        statements = re.sub(r"--.*", "", bare.dump()).split(";\n")
        statements = [re.sub(r"\s*([(),])\s*|\s+", r" \1", each) for each in statements]
        statements = sorted(each.replace('"', "").strip() for each in statements)
    else:
        rows = r"\d+\t\d{4}_\w+\.sql( \(adopted\))?\t.*"
        statements = without_the_word(bare.dump()).split("\n")
    return [each for each in statements if not re.fullmatch(rows, each)]


def without_the_word(dump: str) -> str:
    """pg_dump guards its scripts by a word that is new each time."""
    return re.sub(r"(?m)^\\(un)?restrict.*$", "", dump)


async def recorded(bare: Bare) -> list[tuple[Any, ...]]:
    return await bare.run("SELECT number, name, sha256, compatible_from FROM schema_migrations")


# ── One schema ──


async def test_the_first_schema_is_what_the_old_migrations_made(make_bare: MakeBare) -> None:
    old, new = make_bare(), make_bare()
    await run_old(old, old_migrations(old.engine))
    await new.migrate(migrations(new.engine))

    schemas = [
        [SECRET_OF_IDS.sub("a secret", statement) for statement in statements_of(bare)]
        for bare in (old, new)
    ]
    assert schemas[0] == schemas[1]


# ── Adoption ──


async def test_the_last_old_schema_is_adopted(make_bare: MakeBare) -> None:
    bare = make_bare()
    known = migrations(bare.engine)
    await run_old(bare, old_migrations(bare.engine))
    before = statements_of(bare)

    for _ in range(2):
        assert await bare.migrate(known) == 0
        [row] = await recorded(bare)
        assert row == (1, "0001_first.sql (adopted)", known[0].sha256, 1)
    assert statements_of(bare) == before


async def test_what_it_held_is_kept_and_used(old: Bare) -> None:
    expected = json.loads((FILLED / "expected.json").read_text("utf-8"))[old.engine]
    before = statements_of(old)
    await old.migrate(migrations(old.engine))
    assert statements_of(old) == before

    store = await old.open()
    assert missing(expected, await everything(store)) == []
    await use(store)
    await store.close()


async def test_later_migrations_follow_at_once(old: Bare) -> None:
    more = Migration(2, "0002_more.sql", "CREATE TABLE more (more TEXT) STRICT;\n", 1)
    assert await old.migrate((*migrations(old.engine), more)) == 1

    assert [row[:2] for row in sorted(await recorded(old))] == [
        (1, "0001_first.sql (adopted)"),
        (2, "0002_more.sql"),
    ]
    assert await old.run("SELECT more FROM more") == []


async def test_several_may_start_on_it_at_once(old: Bare) -> None:
    opened = await asyncio.gather(*(old.open() for _ in range(4)), return_exceptions=True)
    stores = [each for each in opened if isinstance(each, SqliteStore | PostgresStore)]
    for store in stores:
        await store.close()

    others = [type(each) for each in opened if each not in stores]
    assert others == ([DatabaseInUse] * 3 if old.engine == "sqlite" else [])
    assert len(await recorded(old)) == 1


async def test_one_that_dies_meanwhile_leaves_it_whole(old: Bare) -> None:
    before = old.dump()
    command = [sys.executable, "-m", "tests.store.dies_in_adoption", old.engine, old.address]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT)

    assert await process.wait() == -signal.SIGKILL
    assert without_the_word(old.dump()) == without_the_word(before)
    store = await old.open()
    await use(store)
    await store.close()


# ── Refusals ──


@pytest.mark.parametrize("count", EARLIER)
async def test_an_earlier_old_schema_is_refused_and_left_as_it_is(
    make_bare: MakeBare, count: int
) -> None:
    bare = make_bare()
    await run_old(bare, old_migrations(bare.engine)[:count])
    before = bare.dump()
    with pytest.raises(SchemaRefused, match=rf"{count} of its 12 .* that has the migration 0012_"):
        await bare.open()

    assert without_the_word(bare.dump()) == without_the_word(before)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE schema_migrations SET sha256 = 'x' WHERE number = 7",
        "UPDATE schema_migrations SET sha256 = 'x' WHERE number = 12",
        "DELETE FROM schema_migrations WHERE number = 7",
        "INSERT INTO schema_migrations VALUES (13, '0013_own.sql', 'x', 1)",
    ],
)
async def test_what_is_not_exactly_the_old_migrations_is_refused(old: Bare, change: str) -> None:
    await old.run(change)
    before = old.dump()
    with pytest.raises(SchemaRefused, match=r"0001_first\.sql differs"):
        await old.open()

    assert without_the_word(old.dump()) == without_the_word(before)


def test_an_empty_database_is_none_of_them() -> None:
    assert count_old({}) == 0


async def test_the_command_ends_with_the_reason(tmp_path: Path) -> None:
    bare = BareSqlite(tmp_path / "pausepoint.db")
    await run_old(bare, old_migrations("sqlite")[:8])
    await bare.close()

    assert "8 of its 12 migrations were applied" in Shell(tmp_path).run("migrate", status=1)


async def test_a_copy_asks_for_the_adoption_first(tmp_path: Path, database_url: str) -> None:
    path = tmp_path / "old.db"
    bare = BareSqlite(path)
    await bare.load(FILLED / "sqlite.sql")
    with pytest.raises(CopyFailed, match=r"older schema.*`pausepoint migrate`"):
        await copy_database(path, database_url, [SECRET], lambda *_: None)
    await bare.migrate(migrations("sqlite"))
    await bare.close()

    await copy_database(path, database_url, [SECRET], lambda *_: None)
