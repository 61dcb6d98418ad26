"""`db copy` from SQLite to PostgreSQL: resumption after interruptions, refusals, and verification."""

from __future__ import annotations

import asyncio
import re
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import asyncpg
import pytest

from pausepoint.domain.action import new_action
from pausepoint.domain.events import FEED_EVENTS, Actor, Event
from pausepoint.domain.mode import Mode
from pausepoint.domain.pause import Ending, PauseStatus, ResolvedBy
from pausepoint.store.changes import (
    Applied,
    Change,
    EndPause,
    ErasePause,
    EraseRest,
    InsertAuditEntry,
    InsertPause,
    Lost,
)
from pausepoint.store.copy import copy_database
from pausepoint.store.copy_tables import CopyFailed, Manifest
from pausepoint.store.feed import BEGINNING
from pausepoint.store.migrate import SchemaRefused, migrations
from pausepoint.store.postgres.store import PostgresStore
from pausepoint.store.sqlite.store import DatabaseInUse, SqliteStore, lock_database
from pausepoint.store.vault import WrongSecretKey
from pausepoint.testing import FakeClock
from tests.doubles.postgres import PostgresServer
from tests.store.filled import ANSWERED, PENDING, everything, fill
from tests.store.samples import HOUR, NOW, SECRET, a_developer, a_pause

pytestmark = pytest.mark.anyio

MANY: Final = 2_500
"""More than fit into one batch, so that a copy can stop in the middle of a table."""

NEWER: Final = migrations("sqlite")[-1].number + 1
OTHER_SECRET: Final = "f" * 32


async def made(path: Path, pauses: int = 0) -> None:
    store = await SqliteStore.open(path, [SECRET], FakeClock())
    await fill(store)
    rows = [InsertPause(a_pause()) for _ in range(pauses)]
    entry = InsertAuditEntry("dev_alice", Mode.LIVE, Event.PAUSE_CREATED, Actor.DEVELOPER)
    await store.apply_all([Change((row, entry)) for row in rows])
    await store.close()


@pytest.fixture(scope="session")
def template_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("source") / "pausepoint.db"
    asyncio.run(made(path, MANY))
    return path


@pytest.fixture
def source(template_file: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(template_file, tmp_path / "pausepoint.db"))


@pytest.fixture
def target(postgres: PostgresServer) -> str:
    """As createdb leaves it."""
    return postgres.url(postgres.create_database())


class Interrupted(Exception):
    pass


class Interruption:
    """Ends the copy when `label` is at work and `rows` of it are done."""

    def __init__(self, label: str, rows: int) -> None:
        self.label, self.rows = label, rows

    def __call__(self, label: str, done: int, total: int) -> None:
        if label == self.label and done >= self.rows:
            raise Interrupted


def unheard(label: str, done: int, total: int) -> None:
    pass


async def copied(source: Path, target: str) -> Manifest:
    return await copy_database(source, target, [SECRET], unheard)


async def interrupted(source: Path, target: str, label: str = "Copying pauses") -> None:
    with pytest.raises(Interrupted):
        await copy_database(source, target, [SECRET], Interruption(label, 1))


async def on_target(target: str, sql: str) -> Any:
    connection = await asyncpg.connect(target)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


def on_source(source: Path, sql: str) -> Any:
    with closing(sqlite3.connect(source, isolation_level=None)) as connection:
        row = connection.execute(sql).fetchone()
        return row[0] if row else None


async def is_whole(source: Path, target: str) -> bool:
    """Whether both stores read the same, down to the sealed content."""
    ours = await SqliteStore.open(source, [SECRET], FakeClock())
    theirs = await PostgresStore.open(target, [SECRET], FakeClock())
    found = await everything(ours) == await everything(theirs)
    await ours.close()
    await theirs.close()
    return found


# ── What is copied ──


async def test_who_follows_the_feed_goes_on_where_they_were(source: Path, target: str) -> None:
    ours = await SqliteStore.open(source, [SECRET], FakeClock())
    told = await ours.feed("dev_alice", Mode.LIVE, BEGINNING, FEED_EVENTS, MANY)
    await ours.close()
    await copied(source, target)
    store = await PostgresStore.open(target, [SECRET], FakeClock())
    position = await store.feed_position("dev_alice", told[9].position)
    assert position is not None
    rest = await store.feed("dev_alice", Mode.LIVE, position, FEED_EVENTS, MANY)
    await store.close()

    known = len(told) - 10
    assert [fed.entry for fed in rest[:known]] == [fed.entry for fed in told[10:]]
    assert known < len(rest) < MANY


async def test_everything_is_there_and_goes_on(source: Path, target: str) -> None:
    manifest = await copied(source, target)

    assert await is_whole(source, target)
    assert manifest["pauses"].rows == MANY + 6
    clock = FakeClock()
    store = await PostgresStore.open(target, [SECRET], clock)
    answer = Ending(PauseStatus.RESPONDED, ResolvedBy.HUMAN, 0)
    entry = InsertAuditEntry("dev_alice", Mode.LIVE, Event.PAUSE_RESPONDED, Actor.HUMAN, PENDING)
    assert isinstance(await store.apply(Change((entry,), EndPause(PENDING, answer))), Applied)
    clock.advance(timedelta(hours=2))
    assert len(await store.claim_deliveries(10, HOUR)) == 2
    await store.close()
    newest = await on_target(target, "SELECT max(entry_id) FROM audit")
    assert newest > on_source(source, "SELECT max(entry_id) FROM audit")


async def test_what_was_erased_is_left_out_though_the_copy_was_interrupted(
    source: Path, target: str
) -> None:
    erased, kept = await erased_half(source)
    assert ANSWERED in erased
    for label in ("Copying contents", "Copying actions"):
        with pytest.raises(Interrupted):
            await copy_database(source, target, [SECRET], Interruption(label, 1))
    manifest = await copied(source, target)

    assert await is_whole(source, target)
    for table in ("contents", "actions"):
        there, here = f"SELECT count(*) FROM {table} WHERE pause_id NOT IN", sorted(erased)
        left = on_source(source, f"{there} ({', '.join(map(repr, here))})")
        assert left == await on_target(target, f"SELECT count(*) FROM {table}") > len(kept) / 2
        assert left == manifest[table].rows < on_source(source, f"SELECT count(*) FROM {table}")
    store = await PostgresStore.open(target, [SECRET], FakeClock())
    found = await store.pause(ANSWERED)
    assert found is not None
    assert (found.status, found.content, found.choice) == (PauseStatus.RESPONDED, None, None)
    # It is not erased again, and what is left can be.
    assert isinstance(await store.apply(erasing(ANSWERED)), Lost)
    erasable = await store.erasable_pauses(NOW + 100 * HOUR, 10_000)
    assert [each.pause_id for each in erasable] == kept
    assert isinstance(await store.apply(erasing(kept[0])), Applied)
    await store.close()
    assert await on_target(
        target, f"SELECT count(*) FROM actions WHERE pause_id = '{kept[0]}'"
    ) == 0  # fmt: skip


def erasing(pause_id: str) -> Change:
    return Change((EraseRest(pause_id, 0),), ErasePause(pause_id))


async def erased_half(source: Path) -> tuple[list[str], list[str]]:
    """Every pause that has ended, each other one of them erased; those, and those that were not."""
    store = await SqliteStore.open(source, [SECRET], FakeClock())
    asked = a_pause().content
    assert asked is not None
    asked = replace(asked, action=new_action("Bash", {"command": "rm -rf build"}))
    made = [a_pause(content=asked) for _ in range(400)]
    ends = Ending(PauseStatus.CANCELLED, ResolvedBy.DEVELOPER)
    await store.apply_all([Change((InsertPause(pause),)) for pause in made])
    await store.apply_all([Change((), EndPause(pause.pause_id, ends)) for pause in made])
    ended = [each.pause_id for each in await store.erasable_pauses(NOW + 100 * HOUR, 10_000)]
    erased, kept = ended[::2], ended[1::2]
    results = await store.apply_all([erasing(pause_id) for pause_id in erased])
    assert {type(result) for result in results} == {Applied}
    await store.close()
    return erased, kept


async def test_no_table_is_forgotten(source: Path, target: str) -> None:
    script = "".join(migration.sql for migration in migrations("sqlite"))
    manifest = await copied(source, target)

    made = set(re.findall(r"(?m)^CREATE TABLE (\w+)", script))
    renamed = set(re.findall(r"(?m)^ALTER TABLE (\w+) RENAME TO", script))
    assert set(manifest) == made - renamed
    for name, summary in manifest.items():
        count = f"SELECT count(*) FROM {name}"
        assert on_source(source, count) == summary.rows == await on_target(target, count), name


async def test_audit_ids_that_were_purged_are_not_given_again(source: Path, target: str) -> None:
    last = on_source(source, "SELECT max(entry_id) FROM audit")
    on_source(source, f"UPDATE audit_retention SET floor = {NOW + 1}")
    on_source(source, "DELETE FROM audit")
    await copied(source, target)
    store = await PostgresStore.open(target, [SECRET], FakeClock())
    entry = InsertAuditEntry("dev_alice", Mode.LIVE, Event.AUDIT_PURGED, Actor.SYSTEM)
    await store.apply(Change((entry,)))
    await store.close()

    assert await on_target(target, "SELECT entry_id FROM audit") > last
    assert await on_target(target, "SELECT floor FROM audit_retention") == NOW + 1


async def test_the_source_is_left_as_it_is(source: Path, target: str) -> None:
    before = source.read_bytes()
    await copied(source, target)

    assert source.read_bytes() == before


async def test_a_migrated_target_will_do(source: Path, database_url: str) -> None:
    """Its own new key gives way to the source's."""
    await copied(source, database_url)

    assert await is_whole(source, database_url)


async def test_a_rotated_key_opens_the_copy(source: Path, target: str) -> None:
    await copy_database(source, target, [OTHER_SECRET, SECRET], unheard)
    store = await PostgresStore.open(target, [OTHER_SECRET, SECRET], FakeClock())
    found = await store.pause(PENDING)
    await store.close()

    assert found is not None
    assert found.content is not None


# ── Interrupted ──


@pytest.mark.parametrize(
    ("label", "rows"),
    [
        ("Copying vault", 1),
        ("Copying pauses", 1),
        ("Copying pauses", MANY),
        ("Copying audit", 2_000),
        ("Checking", 1),
    ],
)
async def test_it_goes_on_where_it_stopped(
    source: Path, target: str, label: str, rows: int
) -> None:
    with pytest.raises(Interrupted):
        await copy_database(source, target, [SECRET], Interruption(label, rows))
    with pytest.raises(SchemaRefused, match=r"not finished. Run the same `pausepoint db copy`"):
        await PostgresStore.open(target, [SECRET], FakeClock())
    begun = {}

    def hear(label: str, done: int, total: int) -> None:
        begun.setdefault(label, done)

    await copy_database(source, target, [SECRET], hear)

    if label.startswith("Copying"):
        assert begun[label] >= rows
    assert await is_whole(source, target)


async def test_a_target_that_goes_away_is_gone_on_with(
    postgres: PostgresServer, source: Path, target: str
) -> None:
    name = target.partition("@/")[2].partition("?")[0]

    def cut(label: str, done: int, total: int) -> None:
        if label == "Copying audit":
            postgres.run_sql(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                f" WHERE datname = '{name}'"
            )

    with pytest.raises(CopyFailed, match=r"target failed: .* Run this again"):
        await copy_database(source, target, [SECRET], cut)
    await copied(source, target)

    assert await is_whole(source, target)


async def test_two_at_once_take_turns(source: Path, target: str, tmp_path: Path) -> None:
    twin = Path(shutil.copy(source, tmp_path / "twin.db"))
    results = await asyncio.gather(
        copied(source, target), copied(twin, target), return_exceptions=True
    )

    [refused] = [result for result in results if isinstance(result, CopyFailed)]
    assert "already holds a finished copy" in str(refused)
    assert await is_whole(source, target)


# ── Refused ──


async def test_another_secret_key_is_refused_before_anything_is_written(
    source: Path, target: str
) -> None:
    with pytest.raises(WrongSecretKey, match="another PAUSEPOINT_SECRET_KEY"):
        await copy_database(source, target, [OTHER_SECRET], unheard)

    assert await on_target(target, "SELECT count(*) FROM pg_class WHERE relname = 'vault'") == 0


async def test_a_source_in_use_is_refused(source: Path, target: str) -> None:
    store = await SqliteStore.open(source, [SECRET], FakeClock())
    with pytest.raises(CopyFailed, match=r"is running on .*pausepoint.db. Stop it first"):
        await copied(source, target)
    await store.close()


async def test_a_server_on_the_target_is_refused(source: Path, database_url: str) -> None:
    store = await PostgresStore.open(database_url, [SECRET], FakeClock())
    with pytest.raises(CopyFailed, match=r"running on the target\. Stop"):
        await copied(source, database_url)
    await store.close()


async def test_a_server_cannot_start_on_a_source_that_is_being_copied(
    source: Path, target: str
) -> None:
    refused = []

    def look(label: str, done: int, total: int) -> None:
        with pytest.raises(DatabaseInUse):
            lock_database(source)
        refused.append(label)

    await copy_database(source, target, [SECRET], look)

    assert {"Reading", "Copying pauses", "Checking"} <= set(refused)


async def test_a_target_with_accounts_of_its_own_is_refused(
    source: Path, target: str, tmp_path: Path
) -> None:
    await made(tmp_path / "other.db")
    await copied(tmp_path / "other.db", target)
    with pytest.raises(CopyFailed, match="is not empty"):
        await copied(source, target)

    assert await is_whole(tmp_path / "other.db", target)


async def test_a_copy_of_another_database_is_not_gone_on_with(
    source: Path, target: str, tmp_path: Path
) -> None:
    await made(tmp_path / "other.db")
    await interrupted(tmp_path / "other.db", target)
    with pytest.raises(CopyFailed, match="from another database"):
        await copied(source, target)
    await copied(tmp_path / "other.db", target)

    assert await is_whole(tmp_path / "other.db", target)


async def test_a_finished_copy_is_not_begun_again(source: Path, target: str) -> None:
    await copied(source, target)
    with pytest.raises(CopyFailed, match="already holds a finished copy"):
        await copied(source, target)

    assert await is_whole(source, target)


async def test_a_source_that_changed_meanwhile_is_noticed(source: Path, target: str) -> None:
    await interrupted(source, target)
    store = await SqliteStore.open(source, [SECRET], FakeClock())
    cancel = Ending(PauseStatus.CANCELLED, ResolvedBy.DEVELOPER)
    await store.apply(Change((), EndPause(PENDING, cancel)))
    await store.close()
    with pytest.raises(CopyFailed, match=r"has changed since this copy was begun. Drop the target"):
        await copied(source, target)


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE pauses SET status = 'cancelled', resolved_by = 'developer'", "pauses .*not the"),
        ("DELETE FROM contents WHERE part = 'answer'", r"contents \(2,507 rows there, 2,506 here"),
        ("UPDATE vault SET wrapped_key = '\\x00'", "vault"),
    ],
)
async def test_a_copy_that_is_not_the_same_is_never_finished(
    source: Path, target: str, statement: str, says: str
) -> None:
    await interrupted(source, target, "Checking")
    await on_target(target, statement)
    with pytest.raises(CopyFailed, match=says):
        await copied(source, target)
    with pytest.raises(SchemaRefused, match="not finished"):
        await PostgresStore.open(target, [SECRET], FakeClock())


async def test_a_row_in_the_way_is_said(source: Path, target: str) -> None:
    await interrupted(source, target, "Copying vault")
    await on_target(
        target,
        "INSERT INTO developers (developer_id, email_index, sealed, plan, created_at)"
        f" SELECT 'dev_0', '{on_source(source, 'SELECT email_index FROM developers')}', '', '', 0",
    )
    with pytest.raises(CopyFailed, match=r"target failed: .* Drop the target"):
        await copied(source, target)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "There is no database at"),
        (b"this is a letter, not a database, and longer than a header " * 20, "cannot be read"),
        (b"", "is no database of PausePoint's"),
    ],
)
async def test_what_is_no_database_is_refused(
    tmp_path: Path, target: str, content: bytes | None, says: str
) -> None:
    path = tmp_path / "other.db"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CopyFailed, match=says):
        await copied(path, target)

    assert path.exists() == (content is not None)


async def test_a_damaged_source_is_refused(source: Path, target: str) -> None:
    content = bytearray(source.read_bytes())
    content[len(content) // 2 :: 4096] = bytes(len(content[len(content) // 2 :: 4096]))
    source.write_bytes(content)
    with pytest.raises(CopyFailed, match=r"is damaged|cannot be read"):
        await copied(source, target)


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("DELETE FROM schema_migrations", "older schema.*`pausepoint migrate`"),
        (f"INSERT INTO schema_migrations VALUES ({NEWER}, '', '', 1)", "newer schema"),
    ],
)
async def test_a_source_of_another_schema_is_refused(
    source: Path, target: str, statement: str, says: str
) -> None:
    on_source(source, statement)
    with pytest.raises(CopyFailed, match=says):
        await copied(source, target)


async def test_a_target_of_another_schema_is_refused(source: Path, target: str) -> None:
    await interrupted(source, target)
    await on_target(target, f"INSERT INTO schema_migrations VALUES ({NEWER}, '', '', 1)")
    with pytest.raises(CopyFailed, match="another schema"):
        await copied(source, target)


async def test_a_target_that_is_not_there_is_said(postgres: PostgresServer, source: Path) -> None:
    with pytest.raises(CopyFailed, match="cannot be reached"):
        await copied(source, postgres.url("nowhere"))


async def test_an_empty_database_can_move_too(tmp_path: Path, target: str) -> None:
    path = tmp_path / "empty.db"
    await (await SqliteStore.open(path, [SECRET], FakeClock())).close()
    await copied(path, target)
    store = await PostgresStore.open(target, [SECRET], FakeClock())

    assert await store.developers() == []
    assert await store.developer_by_email(a_developer().email) is None
    await store.close()
