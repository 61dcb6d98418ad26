"""SQLite leaves no copies of erased content, since rows of content never move."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from pausepoint.domain.action import new_action
from pausepoint.domain.pause import Pause
from pausepoint.operations.erase_content import erase_content
from pausepoint.operations.respond_to_pause import respond_to_pause, respond_url
from pausepoint.store.changes import Change, ErasePause, EraseRest, InsertDeveloper
from pausepoint.store.sqlite.store import SqliteStore
from pausepoint.testing import FakeClock
from tests.harness import SECRET, World, a_world, until
from tests.store.bare import BareSqlite
from tests.store.old_chain import old_migrations, run_old
from tests.store.samples import NOW, a_developer

pytestmark = pytest.mark.anyio

WINDOW: Final = 24
SEED: Final = 2
KEPT_BY_KEY_UNTIL: Final = 8


@contextmanager
def opened(folder: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(folder / "test.db", isolation_level=None)) as connection:
        yield connection


async def a_busy_table(world: World, count: int, words: random.Random) -> list[Pause]:
    """Questions of all sizes, three of four answered in no order; those that still wait."""
    waiting = []
    for _ in range(count):
        waiting.append(await world.ask(**a_question(words)))
        if len(waiting) > count // 4:
            await answer(world, waiting.pop(words.randrange(len(waiting))), words)
    return waiting


def a_question(words: random.Random) -> dict[str, Any]:
    question: dict[str, Any] = {"allow_text_response": True}
    question["message"] = "x" * words.choice([10, 100, 600, 1900])
    if words.random() < 0.2:
        command = "y" * words.choice([10, 3_000, 20_000])
        question["action"] = new_action("Bash", {"command": command})
    return question


async def answer(world: World, pause: Pause, words: random.Random) -> None:
    token = respond_url(world.services, pause).rpartition("/")[2]
    await respond_to_pause(world.services, token, "Approve", "n" * words.randint(1, 1000))


async def erase_half(world: World, folder: Path, words: random.Random) -> list[bytes]:
    """Erases every other pause that was answered, in no order: the sealed bytes that are gone with it."""
    with opened(folder) as connection:
        rows = connection.execute(
            "SELECT pause_id FROM contents WHERE part = 'answer' AND erased = 0"
        )
        ended = sorted(pause_id for (pause_id,) in rows)
        chosen = set(words.sample(ended, len(ended) // 2))
        kept = connection.execute(
            "SELECT pause_id, sealed FROM contents UNION ALL SELECT pause_id, sealed FROM actions"
        ).fetchall()
    principal = world.principal()
    await asyncio.gather(*(erase_content(world.services, principal, one) for one in chosen))
    return [sealed for pause_id, sealed in kept if pause_id in chosen]


def remains(folder: Path, gone: list[bytes]) -> int:
    """Of how many pieces of what is gone the files still hold a copy."""
    pieces = {
        blob[at : at + WINDOW] for blob in gone for at in range(0, len(blob) - WINDOW + 1, WINDOW)
    }
    held = b"".join((folder / f"test.db{end}").read_bytes() for end in ("", "-wal"))
    return len(pieces & {held[at : at + WINDOW] for at in range(len(held) - WINDOW + 1)})


async def test_no_copy_of_a_row_outlives_it(tmp_path: Path) -> None:
    words = random.Random(SEED)
    async with a_world(tmp_path) as world:
        waiting = await a_busy_table(world, 600, words)
        # The neighbours of what is erased would move, and be erased after that.
        gone = []
        for _ in range(4):
            gone += await erase_half(world, tmp_path, words)
            assert remains(tmp_path, gone) == 0
        assert len(gone) > 800
        # What is written later brings nothing back.
        for pause in waiting:
            await answer(world, pause, words)
        assert remains(tmp_path, gone) == 0
        with opened(tmp_path) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


async def test_its_place_stays_taken(tmp_path: Path) -> None:
    """A row that left would let SQLite join pages, and move the rows beside it."""
    words = random.Random(SEED)
    async with a_world(tmp_path) as world:
        await a_busy_table(world, 40, words)
        with opened(tmp_path) as connection:
            places = "SELECT rowid, length(sealed) FROM {} ORDER BY rowid"
            tables = ("contents", "actions")
            before = [connection.execute(places.format(table)).fetchall() for table in tables]
            assert await erase_half(world, tmp_path, words)
            after = [connection.execute(places.format(table)).fetchall() for table in tables]
        assert after == before


async def test_others_ask_and_answer_meanwhile(tmp_path: Path) -> None:
    words = random.Random(SEED)
    async with a_world(tmp_path) as world:
        waiting = await a_busy_table(world, 200, words)
        gone, *_ = await asyncio.gather(
            erase_half(world, tmp_path, words),
            *(world.ask(**a_question(words)) for _ in range(100)),
            *(answer(world, pause, words) for pause in waiting),
        )
        assert await world.services.store.scrub()
        assert remains(tmp_path, gone) == 0


async def test_a_reader_holds_it_up_and_nobody_else(tmp_path: Path) -> None:
    words = random.Random(SEED)
    async with a_world(tmp_path) as world:
        await a_busy_table(world, 60, words)
        with opened(tmp_path) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM pauses").fetchone()
            gone = await erase_half(world, tmp_path, words)
            assert (await world.ask()).status == "pending"
            assert not await world.services.store.scrub()
            assert remains(tmp_path, gone) > 0
            reader.execute("ROLLBACK")
        # It is tried again by itself.
        world.clock.advance(timedelta(seconds=1))
        await until(lambda: (tmp_path / "test.db-wal").stat().st_size == 0)
        assert remains(tmp_path, gone) == 0


async def test_nothing_is_tried_again_after_the_stop(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path / "test.db", [SECRET], FakeClock())
    with opened(tmp_path) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM pauses").fetchone()
        await store.apply(Change(guard=InsertDeveloper(a_developer())))
        before = asyncio.all_tasks()
        scrub = asyncio.create_task(store.scrub())
        await asyncio.sleep(0)
        await store.close()
        assert not await scrub
    assert asyncio.all_tasks() <= before


async def test_what_a_killed_process_did_not_scrub_is_gone_once_the_next_is_open(
    tmp_path: Path,
) -> None:
    words = random.Random(SEED)
    at_the_kill = tmp_path / "killed"
    at_the_kill.mkdir()
    async with a_world(tmp_path) as world:
        await a_busy_table(world, 60, words)
        with opened(tmp_path) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM pauses").fetchone()
            gone = await erase_half(world, tmp_path, words)
            for end in ("", "-wal"):
                (at_the_kill / f"test.db{end}").write_bytes(
                    (tmp_path / f"test.db{end}").read_bytes()
                )
        assert remains(at_the_kill, gone) > 0
        store = await SqliteStore.open(at_the_kill / "test.db", [SECRET], world.clock)
        assert remains(at_the_kill, gone) == 0
        await store.close()


async def test_no_copy_in_an_older_file_outlives_its_erasure(tmp_path: Path) -> None:
    """There rows did move: the copies that they left go with the old table."""
    words = random.Random(SEED)
    with opened(tmp_path) as connection:
        for pragma in ("journal_mode = WAL", "secure_delete = ON"):
            connection.execute(f"PRAGMA {pragma}")
        bare, those = BareSqlite(tmp_path / "test.db", connection), old_migrations("sqlite")
        await run_old(bare, those[:KEPT_BY_KEY_UNTIL])
        gone = in_an_older_file(connection, words)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        file = (tmp_path / "test.db").read_bytes()
        assert any(file.count(blob[at : at + WINDOW]) > 1 for blob in gone for at in (0, 48, 96))
        await run_old(bare, those[KEPT_BY_KEY_UNTIL:])
    store = await SqliteStore.open(tmp_path / "test.db", [SECRET], FakeClock())
    erasable = await store.erasable_pauses(NOW, 10_000)
    assert len(erasable) == len(gone) / 2
    await store.apply_all(
        [Change((EraseRest(each.pause_id, 0),), ErasePause(each.pause_id)) for each in erasable]
    )
    assert await store.scrub()
    assert remains(tmp_path, gone) == 0
    await store.close()


def in_an_older_file(connection: sqlite3.Connection, words: random.Random) -> list[bytes]:
    """Pauses that have ended, with questions in the order of their ids and answers in none; both."""
    connection.execute("INSERT INTO developers VALUES ('dev_1', '', x'', NULL, '', 0, NULL)")
    ids = [f"psr_{number:032x}" for number in range(300)]
    connection.executemany(
        "INSERT INTO pauses (pause_id, developer_id, mode, status, channel, allow_text, created_at,"
        " expires_at, resolved_by, delivery_state)"
        " VALUES (?, 'dev_1', 'live', 'responded', 'sms', 1, 0, 0, 'human', 'sent')",
        [(pause_id,) for pause_id in ids],
    )
    rows = [(pause_id, "question", words.randbytes(words.randint(120, 900))) for pause_id in ids]
    answers = [(pause_id, "answer", words.randbytes(words.randint(120, 900))) for pause_id in ids]
    rows += words.sample(answers, len(answers))
    connection.executemany("INSERT INTO contents (pause_id, part, sealed) VALUES (?, ?, ?)", rows)
    return [sealed for _, _, sealed in rows]
