"""SQLite alone: the file, its lock, its triggers, its secrets."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from pausepoint.domain.delivery import Attempt
from pausepoint.domain.events import Actor, Event
from pausepoint.domain.mode import Mode
from pausepoint.domain.pause import Callback, Content
from pausepoint.store.base import StoreUnavailable
from pausepoint.store.changes import (
    Applied,
    Change,
    InsertAuditEntry,
    InsertDelivery,
    InsertDeveloper,
    InsertPause,
)
from pausepoint.store.migrate import SchemaRefused, migrations
from pausepoint.store.sqlite.store import DatabaseInUse, DatabaseUnusable, SqliteStore
from pausepoint.store.vault import WrongSecretKey
from pausepoint.testing import FakeClock
from tests.store.samples import NOW, SECRET, a_delivery, a_developer, a_pause

pytestmark = pytest.mark.anyio

OTHER_SECRET = "f" * 32


@contextmanager
def raw(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


async def filled(path: Path, secrets: list[str], pause_content: Content | None = None) -> str:
    store = await SqliteStore.open(path, secrets, FakeClock())
    pause = a_pause(content=pause_content or Content("+15550100199", "Wire it?", ("Yes", "No")))
    entry = InsertAuditEntry("dev_alice", Mode.LIVE, Event.PAUSE_CREATED, Actor.DEVELOPER, at=NOW)
    await store.apply(Change((InsertPause(pause), entry), InsertDeveloper(a_developer())))
    await store.close()
    return pause.pause_id


async def test_it_is_durable_at_every_commit(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path / "a.db", [SECRET], FakeClock())
    pragmas = {
        name: store._connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers")
    }
    await store.close()

    full = 2
    assert pragmas == {
        "journal_mode": "wal",
        "synchronous": full,
        "foreign_keys": 1,
        "recursive_triggers": 1,
    }


async def test_only_one_process_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    store = await SqliteStore.open(path, [SECRET], FakeClock())
    with pytest.raises(DatabaseInUse, match="Another PausePoint is using"):
        await SqliteStore.open(path, [SECRET], FakeClock())
    await store.close()
    again = await SqliteStore.open(path, [SECRET], FakeClock())
    await again.close()


async def test_a_symbolic_link_to_a_database_in_use_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "link.db"
    link.symlink_to(tmp_path / "test.db")
    store = await SqliteStore.open(tmp_path / "test.db", (SECRET,), FakeClock())
    with pytest.raises(DatabaseInUse):
        await SqliteStore.open(link, (SECRET,), FakeClock())
    await store.close()
    store = await SqliteStore.open(link, (SECRET,), FakeClock())
    with pytest.raises(DatabaseInUse):
        await SqliteStore.open(tmp_path / "test.db", (SECRET,), FakeClock())
    await store.close()


async def test_a_database_with_a_hard_link_is_refused(tmp_path: Path) -> None:
    path, other = tmp_path / "test.db", tmp_path / "other.db"
    store = await SqliteStore.open(path, (SECRET,), FakeClock())
    await store.close()
    other.hardlink_to(path)
    for name in (path, other):
        with pytest.raises(DatabaseUnusable, match="a hard link"):
            await SqliteStore.open(name, (SECRET,), FakeClock())
    other.unlink()
    await (await SqliteStore.open(path, (SECRET,), FakeClock())).close()


async def test_only_its_owner_may_read_the_file(tmp_path: Path) -> None:
    await filled(tmp_path / "a.db", [SECRET])

    assert (tmp_path / "a.db").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'human'",
        "DELETE FROM audit",
        "INSERT OR REPLACE INTO audit SELECT entry_id, developer_id, mode, pause_id, event,"
        " 'human', detail, created_at FROM audit",
    ],
)
async def test_audit_entries_are_never_changed(tmp_path: Path, statement: str) -> None:
    path = tmp_path / "a.db"
    await filled(path, [SECRET])
    refused = pytest.raises(sqlite3.IntegrityError, match="audit entries")
    # As any program opens it, with no pragma of ours.
    with raw(path) as connection, refused:
        connection.execute(statement)


async def test_audit_entries_older_than_the_retentions_floor_may_go(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    await filled(path, [SECRET])
    with raw(path) as connection:
        connection.execute("UPDATE audit_retention SET floor = ?", (NOW + 1,))
        connection.execute("DELETE FROM audit")

        assert connection.execute("SELECT count(*) FROM audit").fetchone() == (0,)


async def test_what_was_said_and_where_to_call_back_is_nowhere_in_the_files(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    callback = Callback("https://agents.example.com/7", "a secret for one run")
    content = Content("+15550100199", "Wire it?", ("Yes", "Never"), callback=callback)
    await filled(path, [SECRET], content)
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())

    assert b"psr_" in kept
    for said in ("+15550100199", "Wire it", "Never", callback.url, callback.secret):
        assert said.encode() not in kept


async def test_another_secret_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    await filled(path, [SECRET])
    with pytest.raises(WrongSecretKey, match="PAUSEPOINT_SECRET_KEY"):
        await SqliteStore.open(path, [OTHER_SECRET], FakeClock())


async def test_a_new_secret_key_takes_over_from_the_old_one_after_it(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    pause_id = await filled(path, [SECRET])
    for secrets in ([OTHER_SECRET, SECRET], [OTHER_SECRET]):
        store = await SqliteStore.open(path, secrets, FakeClock())
        pause = await store.pause(pause_id)
        await store.close()

        assert pause is not None
        assert pause.content is not None
        assert pause.content.message == "Wire it?"


async def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    await filled(path, [SECRET])
    with raw(path) as connection:
        connection.execute(
            "INSERT INTO schema_migrations VALUES (9999, '9999_later.sql', '', 9999)"
        )
    with pytest.raises(SchemaRefused, match="newer PausePoint"):
        await SqliteStore.open(path, [SECRET], FakeClock())


async def test_a_changed_migration_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    await filled(path, [SECRET])
    with raw(path) as connection:
        connection.execute("UPDATE schema_migrations SET sha256 = 'x' WHERE number = 1")
    with pytest.raises(SchemaRefused, match="differs"):
        await SqliteStore.open(path, [SECRET], FakeClock())


async def test_migrations_are_numbered_without_a_gap(tmp_path: Path) -> None:
    numbers = [migration.number for migration in migrations("sqlite")]

    assert numbers == list(range(1, len(numbers) + 1))


async def test_no_content_lies_in_the_file_in_clear(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    content = Content(
        "+15550100142", "Launch the zeppelin", ("Ahoy", "Belay"), {"k": "quicksilver"}
    )
    await filled(path, [SECRET], content)
    stored = b"".join(file.read_bytes() for file in tmp_path.iterdir() if file.is_file())

    for word in ("5550100142", "zeppelin", "Ahoy", "quicksilver", "alice", "Alice"):
        # The account's id is ours, made of the name in this test only.
        assert word.encode() not in stored.replace(b"dev_alice", b"")


async def test_what_a_dead_process_had_leased_is_due_when_the_next_one_opens(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.db"
    clock = FakeClock()
    store = await SqliteStore.open(path, [SECRET], clock)
    pause = a_pause()
    retried = a_delivery(
        pause, due_at=NOW + 5_000, attempt=1, attempts=(Attempt(1, NOW, "retrying"),)
    )
    leased = a_delivery(pause)
    rows = (InsertPause(pause), InsertDelivery(leased), InsertDelivery(retried))
    await store.apply(Change(rows, InsertDeveloper(a_developer())))
    assert len(await store.claim_deliveries(10, 60_000)) == 1
    await store.close()
    again = await SqliteStore.open(path, [SECRET], clock)
    claimed = await again.claim_deliveries(10, 60_000)
    await again.close()

    assert [(one.delivery_id, one.attempt) for one in claimed] == [(leased.delivery_id, 2)]


async def test_while_another_program_holds_the_database_writes_fail_together_and_heal(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.db"
    clock = FakeClock()
    store = await SqliteStore.open(path, [SECRET], clock)
    await store.apply(Change(guard=InsertDeveloper(a_developer())))
    store._connection.execute("PRAGMA busy_timeout = 1")
    with raw(path) as intruder:
        intruder.execute("BEGIN IMMEDIATE")
        changes = [Change((InsertPause(a_pause()),)) for _ in range(50)]
        results = await asyncio.gather(*map(store.apply, changes), return_exceptions=True)
        assert all(isinstance(result, StoreUnavailable) for result in results)
        with pytest.raises(StoreUnavailable):
            await store.check()
        intruder.execute("ROLLBACK")
    clock.advance(timedelta(seconds=3))
    await store.check()
    assert isinstance(await store.apply(changes[0]), Applied)
    await store.close()


async def test_a_file_that_is_no_database_is_refused_with_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    path.write_text("this is a letter, not a database, and longer than a header " * 20)
    with pytest.raises(DatabaseUnusable, match="cannot be used as a database"):
        await SqliteStore.open(path, [SECRET], FakeClock())
