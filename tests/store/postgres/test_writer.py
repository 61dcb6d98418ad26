"""PostgreSQL outages: acknowledged writes are durable, refused ones are not written."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import quote

import asyncpg
import pytest

from pausepoint.domain.delivery import DeliveryKind
from pausepoint.domain.events import Actor, Event
from pausepoint.domain.in_flight import InFlight
from pausepoint.domain.mode import Mode
from pausepoint.domain.pause import Ending, PauseStatus, ResolvedBy
from pausepoint.store.base import OutcomeUnknown, StoreUnavailable
from pausepoint.store.changes import (
    Applied,
    Change,
    EndPause,
    InsertAuditEntry,
    InsertDelivery,
    InsertDeveloper,
    InsertPause,
    Lost,
)
from pausepoint.store.postgres.store import PostgresStore
from pausepoint.testing import FakeClock
from tests.doubles.cut_line import CutLine
from tests.doubles.postgres import PostgresServer
from tests.store.samples import SECRET, a_delivery, a_developer, a_pause

pytestmark = pytest.mark.anyio

ANSWER = Ending(PauseStatus.RESPONDED, ResolvedBy.HUMAN, 0, "fine by me")


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[PostgresStore]:
    store = await PostgresStore.open(url, [SECRET], FakeClock())
    await store.apply(Change(guard=InsertDeveloper(a_developer())))
    yield store
    await store.close()


@asynccontextmanager
async def opened_through(
    postgres: PostgresServer, url: str
) -> AsyncIterator[tuple[PostgresStore, CutLine]]:
    async with CutLine(postgres.socket) as line:
        through = url.partition("host=")[0] + f"host={quote(str(line.folder))}"
        async with opened(through) as store:
            yield store, line


def created(pause_id: str | None = None) -> InsertAuditEntry:
    return InsertAuditEntry("dev_alice", Mode.LIVE, Event.PAUSE_CREATED, Actor.DEVELOPER, pause_id)


async def count_entries(store: PostgresStore) -> int:
    entries = await store.audit(
        "dev_alice", Mode.LIVE, pause_id=None, event=None, since=None, until=None,
        limit=10_000, offset=0,
    )  # fmt: skip
    return len(entries)


# ── A commit whose answer is lost ──


@pytest.mark.parametrize("lost", ["request", "answer"])
async def test_what_became_of_a_commit_is_found_out(
    postgres: PostgresServer, database_url: str, lost: str
) -> None:
    async with opened_through(postgres, database_url) as (store, line):
        pause, other = a_pause(), a_pause()
        await store.apply(Change((InsertPause(pause), created())))
        await store.apply(Change((InsertPause(other), created())))
        await store.apply(Change((created(),), EndPause(other.pause_id, ANSWER)))
        changes = [
            Change((created(),), EndPause(pause.pause_id, ANSWER)),
            Change((created(),), EndPause(other.pause_id, ANSWER)),
        ]
        before = await count_entries(store)
        (line.lose_answer if lost == "answer" else line.lose_request)(b"wrt_")
        results = await asyncio.wait_for(store.apply_all(changes), 20)

        assert line.cut.is_set()
        assert [type(result) for result in results] == [Applied, Lost]
        assert await count_entries(store) == before + 1
        found = await store.pause(pause.pause_id)
        assert found is not None
        assert found.responded_at == results[0].at


async def test_a_claim_whose_answer_is_lost_does_not_wait_for_its_lease(
    postgres: PostgresServer, database_url: str
) -> None:
    async with opened_through(postgres, database_url) as (store, line):
        pause = a_pause()
        await store.apply(Change((InsertPause(pause), InsertDelivery(a_delivery(pause)))))
        line.lose_answer(b"no such target")
        elsewhere = InFlight()
        elsewhere.add(DeliveryKind.WEBHOOK, "no such target", "dev_bob")
        with pytest.raises(StoreUnavailable):
            await store.claim_deliveries(10, 60_000, elsewhere)
        async with asyncio.timeout(20):
            while not (claimed := await store.claim_deliveries(10, 60_000)):
                pass

        assert line.cut.is_set()
        assert [delivery.attempt for delivery in claimed] == [1]


async def test_a_transaction_left_behind_cannot_commit_after_it_was_given_up(
    postgres: PostgresServer, database_url: str
) -> None:
    """Its line is cut while it waits for a lock; it goes on by itself, and finds the fence."""
    async with opened_through(postgres, database_url) as (store, line):
        pause, first = a_pause(), a_pause()
        await store.apply(Change((InsertPause(pause), InsertPause(first))))
        await store.apply(Change((created(),), EndPause(first.pause_id, ANSWER)))
        locker = await asyncpg.connect(database_url)
        async with locker.transaction():
            await locker.execute(
                "SELECT 1 FROM pauses WHERE pause_id = $1 FOR UPDATE", pause.pause_id
            )
            ending = asyncio.ensure_future(
                store.apply(Change((created(),), EndPause(pause.pause_id, ANSWER)))
            )
            await until_waiting(postgres, 1)
            line.cut_all()
            await until_waiting(postgres, 2)
        await locker.close()
        result = await asyncio.wait_for(ending, 20)

        assert isinstance(result, Applied)
        assert await count_entries(store) == 2


async def until_waiting(postgres: PostgresServer, count: int) -> None:
    """Until so many statements wait for a lock."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    connection = await asyncpg.connect(postgres.url())
    async with asyncio.timeout(20):
        while await connection.fetchval(waiting) < count:
            pass
    await connection.close()


# ── Under load ──


class Load:
    """Callers that create pauses and end each of them, and remember what they were told."""

    def __init__(self, store: PostgresStore, callers: int) -> None:
        self.created: list[str] = []
        self.ended: list[str] = []
        self.refused: list[str] = []
        self.unended: list[str] = []
        self._stop = False
        self._progress = asyncio.Event()
        self._tasks = [asyncio.create_task(self._call(store)) for _ in range(callers)]

    async def _call(self, store: PostgresStore) -> None:
        while not self._stop:
            pause_id = (pause := a_pause()).pause_id
            told = await self._try(
                store, Change((InsertPause(pause), created(pause_id))), pause_id,
                self.created, self.refused,
            )  # fmt: skip
            if told:
                ending = Change((created(pause_id),), EndPause(pause_id, ANSWER))
                await self._try(store, ending, pause_id, self.ended, self.unended)

    async def _try(
        self,
        store: PostgresStore,
        change: Change,
        pause_id: str,
        done: list[str],
        refused: list[str],
    ) -> bool:
        try:
            result = await store.apply(change)
        except OutcomeUnknown:
            return False  # Nothing was said, so nothing can be held against it.
        except StoreUnavailable:
            refused.append(pause_id)
            return False
        assert isinstance(result, Applied), "nobody else ends this pause"
        done.append(pause_id)
        self._progress.set()
        return True

    async def advance(self, count: int) -> None:
        """Returns once so many more have been acknowledged."""
        goal = len(self.created) + len(self.ended) + count
        async with asyncio.timeout(30):
            while len(self.created) + len(self.ended) < goal:
                self._progress.clear()
                await self._progress.wait()

    async def end(self) -> None:
        self._stop = True
        await asyncio.wait_for(asyncio.gather(*self._tasks), 30)

    async def check(self, url: str) -> None:
        connection = await asyncpg.connect(url)
        status = dict(await connection.fetch("SELECT pause_id, status FROM pauses"))
        entries = dict(
            await connection.fetch("SELECT pause_id, count(*) FROM audit GROUP BY pause_id")
        )
        await connection.close()
        assert not set(self.created) - set(status), "acknowledged, and lost"
        assert not set(self.refused) & set(status), "refused, and written"
        assert {status[pause_id] for pause_id in self.ended} <= {"responded"}
        assert {status[pause_id] for pause_id in self.unended} <= {"pending"}
        assert {entries[pause_id] for pause_id in self.ended} == {2}
        assert {entries[pause_id] for pause_id in self.unended} <= {1}


async def test_sessions_that_are_ended_under_load(
    postgres: PostgresServer, database_url: str
) -> None:
    seed = random.randrange(1_000_000)
    print(f"seed {seed}")
    chance = random.Random(seed)
    killer = await asyncpg.connect(postgres.url())
    name = database_url.partition("@/")[2].partition("?")[0]
    async with opened(database_url) as store:
        load = Load(store, 32)
        for _ in range(8):
            await load.advance(chance.randrange(1, 200))
            await killer.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name
            )
        await load.advance(200)
        await load.end()
        await store.check()
    await killer.close()

    assert load.refused == []
    await load.check(database_url)


@pytest.fixture
def frail() -> Iterator[PostgresServer]:
    """A server of the test's own, to be killed."""
    server = PostgresServer()
    yield server
    server.close()


async def test_a_server_that_crashes_under_load(frail: PostgresServer) -> None:
    url = frail.url(frail.create_database())
    async with opened(url) as store:
        load = Load(store, 32)
        for _ in range(2):
            await load.advance(300)
            await asyncio.to_thread(frail.stop, "immediate")
            with pytest.raises(StoreUnavailable):
                await store.check()
            await asyncio.to_thread(frail.start)
            await load.advance(300)
        await load.end()
        await store.check()

    await load.check(url)


async def test_a_server_that_stays_away(frail: PostgresServer) -> None:
    """Writes wait a while and are refused, reads are refused at once; closing does not hang."""
    url = frail.url(frail.create_database())
    pause = a_pause()
    async with opened(url) as store:
        await asyncio.to_thread(frail.stop, "immediate")
        with pytest.raises(StoreUnavailable):
            await store.pause(pause.pause_id)
        with pytest.raises(StoreUnavailable):
            await asyncio.wait_for(store.apply(Change((InsertPause(pause),))), 20)
    await asyncio.to_thread(frail.start)
    async with opened(url) as store:
        assert await store.pause(pause.pause_id) is None


async def test_what_waits_when_the_store_closes_is_written(database_url: str) -> None:
    store = await PostgresStore.open(database_url, [SECRET], FakeClock())
    await store.apply(Change(guard=InsertDeveloper(a_developer())))
    pauses = [a_pause() for _ in range(500)]
    writes = [asyncio.ensure_future(store.apply(Change((InsertPause(each),)))) for each in pauses]
    await asyncio.sleep(0)
    await store.close()
    with suppress(StoreUnavailable):
        await store.apply(Change())
        pytest.fail("a closed store took a write")

    assert all(isinstance(result, Applied) for result in await asyncio.gather(*writes))
