"""The feed: no entry is skipped or repeated in any order of commits, on both engines."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from itertools import pairwise
from typing import Any

import asyncpg
import pytest

from pausepoint.domain.events import FEED_EVENTS, Actor, Event
from pausepoint.domain.mode import Mode
from pausepoint.store.base import Store
from pausepoint.store.changes import Change, InsertAuditEntry, InsertDeveloper, InsertPause
from pausepoint.store.feed import BEGINNING, FeedPosition
from pausepoint.store.postgres.store import PostgresStore
from pausepoint.store.sqlite.store import SqliteStore
from pausepoint.testing import FakeClock
from tests.store.bare import Bare
from tests.store.samples import NOW, SECRET, a_developer, a_pause

pytestmark = pytest.mark.anyio

SOON = 5
"""Seconds within which something must have happened; all of it takes much less."""


def an_entry(
    event: Event = Event.PAUSE_CREATED, developer_id: str = "dev_alice", mode: Mode = Mode.LIVE
) -> InsertAuditEntry:
    return InsertAuditEntry(developer_id, mode, event, Actor.SYSTEM, "psr_1")


async def write(store: Store, *entries: InsertAuditEntry) -> None:
    await store.apply(Change(entries))


async def read(
    store: Store, after: FeedPosition = BEGINNING, limit: int = 100
) -> list[tuple[FeedPosition, Event]]:
    found = await store.feed("dev_alice", Mode.LIVE, after, FEED_EVENTS, limit)
    return [(fed.position, fed.entry.event) for fed in found]


async def read_until(store: Store, count: int, after: FeedPosition = BEGINNING) -> list[Event]:
    """What is there once so many are: another session's transaction may hold them up for a moment."""
    waiter = store.watch_feed("dev_alice")
    try:
        async with asyncio.timeout(SOON):
            while len(found := await read(store, after)) < count:
                await waiter.wait()
    finally:
        waiter.close()
    return [event for _, event in found]


async def test_it_is_read_from_any_place_on(store: Store) -> None:
    events = [Event.PAUSE_CREATED, Event.NOTIFICATION_SENT, Event.PAUSE_RESPONDED]
    for event in events:
        await write(store, an_entry(event))
    await read_until(store, 3)
    told = await read(store)

    assert [event for _, event in told] == events
    assert await read(store, told[0][0]) == told[1:]
    assert await read(store, told[0][0], limit=1) == told[1:2]
    assert await read(store, told[2][0]) == []


async def test_it_tells_of_one_account_and_mode_and_of_what_is_wanted(store: Store) -> None:
    await write(store, an_entry(mode=Mode.TEST), an_entry(developer_id="dev_bob"))
    await write(store, an_entry(Event.WEBHOOK_DELIVERED), an_entry(Event.PAUSE_CANCELLED))
    await read_until(store, 1)

    assert [event for _, event in await read(store)] == [Event.PAUSE_CANCELLED]
    wanted = await store.feed("dev_alice", Mode.LIVE, BEGINNING, [Event.PAUSE_CREATED], 10)
    assert wanted == []


async def test_what_comes_after_the_end_is_told_and_what_was_long_before_is_not(
    store: Store,
) -> None:
    await write(store, an_entry(Event.PAUSE_CREATED))
    await read_until(store, 1)
    end = await store.feed_end("dev_alice")
    assert await store.feed_position("dev_alice", end) == end
    await write(store, an_entry(Event.PAUSE_CANCELLED))

    assert await read_until(store, 1, end) == [Event.PAUSE_CANCELLED]


async def test_every_place_that_was_told_is_known_again_and_no_other(store: Store) -> None:
    await write(store, an_entry(), an_entry())
    await read_until(store, 2)
    for position, _ in await read(store):
        assert await store.feed_position("dev_alice", position) == position

    last = (await read(store))[-1][0]
    assert await store.feed_position("dev_alice", FeedPosition(0, 0)) == BEGINNING
    for transaction, entry_id in [
        (last.transaction, last.entry_id + 1_000),
        (10**18 - 1, 10**18 - 1),
    ]:
        assert await store.feed_position("dev_alice", FeedPosition(transaction, entry_id)) is None


async def test_no_id_tells_how_many_entries_others_have(store: Store, clock: FakeClock) -> None:
    ids = []
    for count in (0, 1, 2, 40):
        await write(store, *[an_entry(developer_id="dev_bob") for _ in range(count)])
        clock.advance(timedelta(milliseconds=2))
        await write(store, an_entry())
        found = await store.audit(
            "dev_alice", Mode.LIVE, pause_id=None, event=None, since=None, until=None,
            limit=1, offset=0,
        )  # fmt: skip
        ids.append(found[0].entry_id)
    await read_until(store, 4)

    assert 1 << 44 < ids[0] < ids[-1] < 1 << 53
    assert all(later - earlier > 100 for earlier, later in pairwise(ids))
    # Nor is a place behind the account's own end known, whatever others have written there.
    await write(store, *[an_entry(developer_id="dev_bob") for _ in range(40)])
    end = await store.feed_end("dev_alice")
    for ahead in (1, 20, 10**12):
        place = FeedPosition(0, end.entry_id + ahead)
        assert await store.feed_position("dev_alice", place) is None


async def test_a_place_that_older_code_gave_is_understood(bare: Bare) -> None:
    """It may be behind the account's last entry: older code told where the whole log ended."""
    store = await bare.open()
    await store.apply(Change(guard=InsertDeveloper(a_developer())))
    for entry_id in (40, 42):
        await bare.run(
            "INSERT INTO audit (entry_id, developer_id, mode, pause_id, event, actor, detail,"
            " created_at) VALUES (?, 'dev_alice', 'live', 'psr_1', 'pause.created', 'system', '{}', 1)",
            entry_id,
        )
    await read_until(store, 2)
    [(first, _), (second, _)] = await read(store)
    await write(store, an_entry(Event.PAUSE_CANCELLED))
    await read_until(store, 3)
    end = await store.feed_end("dev_alice")
    given = [FeedPosition(first.transaction, 40), FeedPosition(0, 40), FeedPosition(0, 41)]
    after = [await store.feed_position("dev_alice", place) for place in given]

    assert end.entry_id > 1 << 44
    for place in after:
        assert place is not None
        assert await read_until(store, 2, place) == [Event.PAUSE_CREATED, Event.PAUSE_CANCELLED]
    found = await store.feed_position("dev_alice", FeedPosition(second.transaction, 43))
    assert found is not None
    assert await read_until(store, 1, found) == [Event.PAUSE_CANCELLED]
    await store.close()


async def test_a_place_whose_followers_were_removed_is_not_known(bare: Bare) -> None:
    store = await bare.open()
    await store.apply(Change(guard=InsertDeveloper(a_developer())))
    old = [an_entry() for _ in range(3)]
    await write(store, *old)
    await read_until(store, 3)
    places = [position for position, _ in await read(store)]
    await bare.run("UPDATE audit_retention SET floor = ?", NOW + 1)
    await bare.run("DELETE FROM audit WHERE entry_id <= ?", places[1].entry_id)

    found = [await store.feed_position("dev_alice", place) for place in places]
    assert found == [None, None, places[2]]
    assert await store.feed_position("dev_alice", BEGINNING) == BEGINNING
    await store.close()


async def test_a_stream_hears_of_its_own_account_only(store: Store) -> None:
    alice, bob = store.watch_feed("dev_alice"), store.watch_feed("dev_bob")
    heard = asyncio.ensure_future(bob.wait())
    assert store.waiting == 2
    await write(store, an_entry())
    await asyncio.wait_for(alice.wait(), SOON)
    with suppress(TimeoutError):
        await asyncio.wait_for(alice.wait(), 0)  # it is told once, not for ever

    assert isinstance(store, PostgresStore) or not heard.done()
    store.release_waiters()
    await asyncio.wait_for(heard, SOON)
    await asyncio.wait_for(store.watch_feed("dev_carol").wait(), SOON)
    for waiter in (alice, bob):
        waiter.close()
    assert store.waiting == 1


# ── PostgreSQL: transactions run beside each other ──

INSERT = (
    "INSERT INTO audit (developer_id, mode, pause_id, event, actor, detail, created_at)"
    " VALUES ('dev_alice', 'live', 'psr_1', $1, 'system', '{}', $2)"
)


@pytest.fixture
async def postgres_store(database_url: str) -> AsyncIterator[PostgresStore]:
    opened = await PostgresStore.open(database_url, [SECRET], FakeClock())
    await opened.apply(Change(guard=InsertDeveloper(a_developer())))
    yield opened
    await opened.close()


@pytest.fixture
async def other(database_url: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def test_what_commits_late_is_not_skipped(postgres_store: PostgresStore, other: Any) -> None:
    """The younger transaction's entry is there first, and waits until the older one has ended."""
    store, older = postgres_store, other.transaction()
    await older.start()
    await other.execute(INSERT, "pause.created", NOW)
    end = await store.feed_end("dev_alice")
    await write(store, an_entry(Event.PAUSE_CANCELLED))
    assert await read(store) == await read(store, end) == []
    waiting = asyncio.ensure_future(read_until(store, 2, end))
    await older.commit()

    assert await waiting == [Event.PAUSE_CREATED, Event.PAUSE_CANCELLED]


async def test_what_is_rolled_back_holds_up_nothing_for_long(
    postgres_store: PostgresStore, other: Any
) -> None:
    store, older = postgres_store, other.transaction()
    await older.start()
    await other.execute(INSERT, "pause.created", NOW)
    await write(store, an_entry(Event.PAUSE_CANCELLED))
    waiting = asyncio.ensure_future(read_until(store, 1))
    await older.rollback()

    assert await waiting == [Event.PAUSE_CANCELLED]


async def test_many_that_commit_in_any_order_are_all_told_once(
    postgres_store: PostgresStore, database_url: str
) -> None:
    store, told, place = postgres_store, [], BEGINNING
    pool = await asyncpg.create_pool(database_url, min_size=8, max_size=8)

    async def insert(number: int) -> None:
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute(INSERT, "pause.created", NOW + number)
            for _ in range(number % 7):
                await connection.execute("SELECT 1")

    writing = asyncio.gather(*map(insert, range(300)))
    async with asyncio.timeout(30):
        while len(told) < 300:
            found = await store.feed("dev_alice", Mode.LIVE, place, FEED_EVENTS, 10)
            told += [fed.entry.created_at - NOW for fed in found]
            place = found[-1].position if found else place
            await asyncio.sleep(0)
    await writing
    await pool.close()

    assert sorted(told) == list(range(300))


async def test_another_process_is_told_at_once(
    postgres_store: PostgresStore, database_url: str
) -> None:
    elsewhere = await PostgresStore.open(database_url, [SECRET], FakeClock())
    reading = asyncio.ensure_future(read_until(elsewhere, 1))
    await write(postgres_store, an_entry())

    assert await reading == [Event.PAUSE_CREATED]
    await elsewhere.close()


async def test_a_dump_that_is_restored_into_a_younger_database_goes_on(database_url: str) -> None:
    """There transactions have lower numbers than those in the dump."""
    store = await PostgresStore.open(database_url, [SECRET], FakeClock())
    await write(store, an_entry())
    await store.close()
    connection = await asyncpg.connect(database_url)
    columns = "developer_id, mode, pause_id, event, actor, detail, created_at"
    await connection.execute(
        f"INSERT INTO audit ({columns}, txid) SELECT {columns}, txid + 1000000000 FROM audit"
    )
    await connection.close()
    store = await PostgresStore.open(database_url, [SECRET], FakeClock())
    await read_until(store, 2)
    restored = (await read(store))[-1][0]
    await write(store, an_entry(Event.PAUSE_CANCELLED))

    assert await read_until(store, 1, restored) == [Event.PAUSE_CANCELLED]
    position = (await read(store))[-1][0]
    assert await store.feed_position("dev_alice", position) == position
    await store.close()
    # Once is enough, also if it is opened again.
    store = await PostgresStore.open(database_url, [SECRET], FakeClock())
    assert [event for _, event in await read(store, restored)] == [Event.PAUSE_CANCELLED]
    await store.close()


OpenStore = Callable[[], Awaitable[SqliteStore | PostgresStore]]


async def test_creating_a_pause_is_news_to_whoever_follows(store: Store) -> None:
    pause = a_pause()
    waiter = store.watch_feed("dev_alice")
    entry = InsertAuditEntry(
        "dev_alice", Mode.LIVE, Event.PAUSE_CREATED, Actor.DEVELOPER, pause.pause_id
    )
    await store.apply(Change((InsertPause(pause), entry)))

    await asyncio.wait_for(waiter.wait(), SOON)
    waiter.close()
