"""PostgreSQL alone: its triggers, its schema, and several processes on one database."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from pausepoint.clock import SystemClock
from pausepoint.domain.account import ApiKey
from pausepoint.domain.delivery import DeliveryState
from pausepoint.domain.events import Actor, Event
from pausepoint.domain.mode import Mode
from pausepoint.domain.pause import Ending, PauseStatus, ResolvedBy
from pausepoint.store.base import DatabaseRefused, StoreUnavailable
from pausepoint.store.changes import (
    Applied,
    Change,
    ClaimIdempotencyKey,
    EndPause,
    InsertApiKey,
    InsertAuditEntry,
    InsertDelivery,
    InsertDeveloper,
    InsertPause,
    Lost,
    RevokeApiKey,
    SetPauseDelivery,
)
from pausepoint.store.migrate import SchemaRefused
from pausepoint.store.postgres.listener import encode_payloads
from pausepoint.store.postgres.store import PostgresStore
from pausepoint.store.registry import ChangeEvent
from pausepoint.store.vault import WrongSecretKey
from pausepoint.testing import FakeClock
from tests.doubles.postgres import PostgresServer
from tests.store.samples import HOUR, NOW, SECRET, a_delivery, a_developer, a_pause

pytestmark = pytest.mark.anyio

OTHER_SECRET = "f" * 32
KEY = ApiKey(
    key_id="key_1", developer_id="dev_alice", mode=Mode.LIVE, prefix="pp_live_x", key_hash="hash",
    name="first", created_at=NOW,
)  # fmt: skip
ANSWER = Ending(PauseStatus.RESPONDED, ResolvedBy.HUMAN, 0, "fine by me")


@asynccontextmanager
async def stores(url: str, count: int) -> AsyncIterator[list[PostgresStore]]:
    """As many processes would have them, each with connections of its own."""
    clock = FakeClock()
    async with AsyncExitStack() as stack:
        opened = [await PostgresStore.open(url, [SECRET], clock) for _ in range(count)]
        for each in opened:
            stack.push_async_callback(each.close)
        await opened[0].apply(Change(guard=InsertDeveloper(a_developer())))
        yield opened


@asynccontextmanager
async def raw(url: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


async def filled(url: str, secrets: list[str]) -> str:
    store = await PostgresStore.open(url, secrets, FakeClock())
    pause = a_pause()
    entry = InsertAuditEntry("dev_alice", Mode.LIVE, Event.PAUSE_CREATED, Actor.DEVELOPER, at=NOW)
    await store.apply(Change(guard=InsertDeveloper(a_developer())))
    await store.apply(Change((InsertPause(pause), entry)))
    await store.close()
    return pause.pause_id


# ── The database by itself ──


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'human'",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "SET session_replication_role = replica; DELETE FROM audit",
    ],
)
async def test_audit_entries_are_never_changed(database_url: str, statement: str) -> None:
    await filled(database_url, [SECRET])
    async with raw(database_url) as connection:
        with pytest.raises(asyncpg.RestrictViolationError, match="audit entries"):
            await connection.execute(statement)


async def test_audit_entries_older_than_the_retentions_floor_may_go(database_url: str) -> None:
    await filled(database_url, [SECRET])
    async with raw(database_url) as connection:
        await connection.execute("UPDATE audit_retention SET floor = $1", NOW + 1)
        await connection.execute("DELETE FROM audit")

        assert await connection.fetchval("SELECT count(*) FROM audit") == 0


async def test_commits_are_durable_whatever_the_database_is_told(
    postgres: PostgresServer, database_url: str
) -> None:
    name = database_url.partition("@/")[2].partition("?")[0]
    postgres.run_sql(f"ALTER DATABASE {name} SET synchronous_commit = off")
    async with stores(database_url, 1) as [store]:
        settings = [
            await writer_connection.connection.fetchval("SHOW synchronous_commit")
            for writer_connection in store._writer._connections
            if writer_connection.is_connected
        ]

    assert settings
    assert set(settings) == {"on"}


async def test_many_that_open_an_empty_database_at_once_agree(postgres: PostgresServer) -> None:
    url = postgres.url(postgres.create_database())
    opened = await asyncio.gather(
        *(PostgresStore.open(url, [SECRET], FakeClock()) for _ in range(6))
    )
    pause = a_pause()
    await opened[0].apply(Change(guard=InsertDeveloper(a_developer())))
    await opened[0].apply(Change((InsertPause(pause),)))
    found = [await store.pause(pause.pause_id) for store in opened]
    for store in opened:
        await store.close()

    assert found == [pause] * 6


async def test_another_secret_key_is_refused(database_url: str) -> None:
    await filled(database_url, [SECRET])
    with pytest.raises(WrongSecretKey, match="PAUSEPOINT_SECRET_KEY"):
        await PostgresStore.open(database_url, [OTHER_SECRET], FakeClock())


async def test_a_new_secret_key_takes_over_from_the_old_one_after_it(
    postgres: PostgresServer,
) -> None:
    url = postgres.url(postgres.create_database())
    pause_id = await filled(url, [SECRET])
    for secrets in ([OTHER_SECRET, SECRET], [OTHER_SECRET]):
        store = await PostgresStore.open(url, secrets, FakeClock())
        pause = await store.pause(pause_id)
        await store.close()

        assert pause is not None
        assert pause.content is not None
        assert pause.content.message == "Wire it?"


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        (
            "INSERT INTO schema_migrations VALUES (9999, '9999_later.sql', '', 9999)",
            "newer PausePoint",
        ),
        ("UPDATE schema_migrations SET sha256 = 'x' WHERE number = 1", "differs"),
    ],
)
async def test_a_schema_that_does_not_fit_is_refused(
    database_url: str, statement: str, says: str
) -> None:
    async with raw(database_url) as connection:
        await connection.execute(statement)
    with pytest.raises(SchemaRefused, match=says):
        await PostgresStore.open(database_url, [SECRET], FakeClock())


async def test_a_database_that_does_not_exist_is_not_waited_for(postgres: PostgresServer) -> None:
    with pytest.raises(DatabaseRefused, match="nowhere"):
        await PostgresStore.open(postgres.url("nowhere"), [SECRET], FakeClock())


async def test_a_role_that_may_only_read_and_write_rows_is_enough(
    postgres: PostgresServer, database_url: str
) -> None:
    name = database_url.partition("@/")[2].partition("?")[0]
    postgres.run_sql(
        f"CREATE ROLE plain_{name} LOGIN;"
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO plain_{name}",
        name,
    )
    async with stores(postgres.url(name, f"plain_{name}"), 1) as [store]:
        await store.check()


class WrongClock(SystemClock):
    def now(self) -> int:
        return super().now() + 5_000


async def test_the_check_compares_the_clocks(database_url: str) -> None:
    right = await PostgresStore.open(database_url, [SECRET], SystemClock())
    wrong = await PostgresStore.open(database_url, [SECRET], WrongClock())
    await right.check()
    with pytest.raises(StoreUnavailable, match=r"differ by [45]\.\d s"):
        await wrong.check()
    await right.close()
    await wrong.close()


async def test_a_read_only_database_fails_the_check_and_refuses_writes(
    postgres: PostgresServer, database_url: str
) -> None:
    name = database_url.partition("@/")[2].partition("?")[0]
    async with stores(database_url, 1) as [store]:
        postgres.run_sql(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        await end_sessions(postgres, name)
        with pytest.raises(StoreUnavailable, match="read-only"):
            await store.check()
        with pytest.raises(StoreUnavailable, match="read-only"):
            await store.apply(Change((InsertPause(a_pause()),)))


async def end_sessions(postgres: PostgresServer, name: str) -> None:
    statement = (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        f" WHERE datname = '{name}' AND pid <> pg_backend_pid()"
    )
    await asyncio.to_thread(postgres.run_sql, statement)


async def test_behind_a_pooler_it_keeps_no_statements(database_url: str) -> None:
    store = await PostgresStore.open(database_url, [SECRET], FakeClock(), direct_url=database_url)
    await store.apply(Change(guard=InsertDeveloper(a_developer())))
    async with store._reader._pool.acquire() as connection:
        await connection.fetchval("SELECT 1")

        assert await connection.fetchval("SELECT count(*) FROM pg_prepared_statements") == 0
    await store.close()


# ── Batches ──


async def test_every_kind_of_change_fits_in_one_batch(database_url: str) -> None:
    async with stores(database_url, 1) as [store]:
        ended, cancelled, late = a_pause(), a_pause(), a_pause(expires_at=NOW)
        delivered = a_pause()
        rows = [InsertPause(pause) for pause in (ended, cancelled, late, delivered)]
        await store.apply(Change(tuple(rows)))
        await store.apply(Change((InsertApiKey(KEY),)))
        entry = InsertAuditEntry("dev_alice", Mode.LIVE, Event.PAUSE_CREATED, Actor.SYSTEM)
        bob = a_developer("dev_bob", "bob@example.com")
        changes = [
            Change((entry,), EndPause(ended.pause_id, ANSWER)),
            Change((entry,), EndPause(cancelled.pause_id, replace(ANSWER, response_text=None))),
            Change(
                (entry,),
                EndPause(late.pause_id, Ending(PauseStatus.TIMED_OUT, ResolvedBy.TIMEOUT, 1)),
            ),
            Change((entry,), EndPause(late.pause_id, ANSWER)),
            Change((entry, SetPauseDelivery(delivered.pause_id, DeliveryState.SENT))),
            Change((InsertApiKey(replace(KEY, key_id="key_2", developer_id="dev_bob",
                                         key_hash="other")),), InsertDeveloper(bob)),
            Change((entry,), InsertDeveloper(a_developer("dev_eve"))),
            Change((entry,), RevokeApiKey("key_1", "dev_alice")),
            Change((entry,), RevokeApiKey("key_1", "dev_alice")),
            Change((entry,), ClaimIdempotencyKey("dev_alice", Mode.LIVE, "k", "b", "p", NOW, 0)),
            Change((entry,), ClaimIdempotencyKey("dev_alice", Mode.LIVE, "l", "b", "p", NOW, 0)),
            Change((entry, InsertPause(a_pause()))),
        ]  # fmt: skip
        results = await store.apply_all(changes)
        entries = await store.audit(
            "dev_alice", Mode.LIVE, pause_id=None, event=None, since=None, until=None,
            limit=100, offset=0,
        )  # fmt: skip

        lost = {3, 6, 8}
        assert [n for n, result in enumerate(results) if isinstance(result, Lost)] == sorted(lost)
        assert len(entries) == len(changes) - len(lost) - 1
        assert await store.api_keys("dev_bob") != []
        assert await store.principal("hash") is None


async def test_a_change_that_names_a_record_twice_is_refused(database_url: str) -> None:
    async with stores(database_url, 1) as [store]:
        pause = a_pause()
        sent = SetPauseDelivery(pause.pause_id, DeliveryState.SENT)
        with pytest.raises(ValueError, match="once"):
            await store.apply(Change((sent,), EndPause(pause.pause_id, ANSWER)))


async def test_a_row_whose_parent_is_missing_is_refused_and_harms_no_neighbour(
    database_url: str,
) -> None:
    async with stores(database_url, 1) as [store]:
        changes = [Change((InsertPause(a_pause()),)) for _ in range(20)]
        orphan = Change((InsertDelivery(a_delivery(a_pause())),))
        results = await asyncio.gather(
            *map(store.apply, [*changes, orphan]), return_exceptions=True
        )

        assert [isinstance(result, Applied) for result in results] == [True] * 20 + [False]
        assert isinstance(results[-1], ValueError)


# ── Reading ──


async def test_many_lookups_at_once_each_get_their_own(database_url: str) -> None:
    async with stores(database_url, 1) as [store]:
        pauses = [a_pause() for _ in range(600)]
        await store.apply_all([Change((InsertPause(pause),)) for pause in pauses])
        wanted = [pause.pause_id for pause in pauses] * 2 + ["psr_nobody", "nul \0", "\ud800"]
        impatient = asyncio.ensure_future(store.pause(pauses[0].pause_id))
        reads = [asyncio.ensure_future(store.pause(pause_id)) for pause_id in wanted]
        await asyncio.sleep(0)
        impatient.cancel()
        found = await asyncio.gather(*reads)

        assert found == [*pauses, *pauses, None, None, None]


async def test_who_asks_again_at_once_is_answered(database_url: str) -> None:
    async with stores(database_url, 1) as [store]:
        pause = a_pause()
        await store.apply(Change(rows=(InsertPause(pause),)))

        async def ask_often() -> None:
            for _ in range(200):
                assert await store.pause(pause.pause_id) == pause

        async with asyncio.timeout(30):
            await asyncio.gather(*(ask_often() for _ in range(4)))


async def test_a_lookup_sees_what_was_applied_before(database_url: str) -> None:
    async with stores(database_url, 2) as [a, b]:

        async def look(store: PostgresStore) -> bool:
            pause = a_pause()
            await a.apply(Change((InsertPause(pause),)))
            return await store.pause(pause.pause_id) == pause

        assert all(await asyncio.gather(*(look(store) for store in (a, b) for _ in range(200))))


# ── Several processes ──


async def test_a_waiter_hears_what_another_process_wrote(database_url: str) -> None:
    async with stores(database_url, 2) as [a, b]:
        pause = a_pause()
        await a.apply(Change((InsertPause(pause),)))
        waiter = a.watch(pause.pause_id)
        await b.apply(Change((), EndPause(pause.pause_id, ANSWER)))
        await asyncio.wait_for(waiter.wait(), 10)
        waiter.close()
        found = await a.pause(pause.pause_id)

        assert found is not None
        assert found.status == PauseStatus.RESPONDED


async def test_a_waiter_hears_it_though_nobody_told(
    postgres: PostgresServer, database_url: str
) -> None:
    async with stores(database_url, 1) as [store]:
        pause = a_pause()
        await store.apply(Change((InsertPause(pause),)))
        waiter = store.watch(pause.pause_id)
        async with raw(database_url) as connection:
            await connection.execute(
                "UPDATE pauses SET status = 'cancelled', resolved_by = 'developer'"
            )
        await asyncio.wait_for(waiter.wait(), 10)
        waiter.close()


async def test_listening_heals(postgres: PostgresServer, database_url: str) -> None:
    name = database_url.partition("@/")[2].partition("?")[0]
    async with stores(database_url, 2) as [a, b]:
        pauses = [a_pause() for _ in range(3)]
        await a.apply_all([Change((InsertPause(pause),)) for pause in pauses])
        for pause in pauses:
            waiter = a.watch(pause.pause_id)
            await end_sessions(postgres, name)
            await b.apply(Change((), EndPause(pause.pause_id, ANSWER)))
            await asyncio.wait_for(waiter.wait(), 10)
            waiter.close()


async def test_a_worker_hears_of_another_processs_rows(database_url: str) -> None:
    async with stores(database_url, 2) as [a, b]:
        assert await a.next_deadline() is None
        outbox = asyncio.ensure_future(a.outbox_news())
        deadline = asyncio.ensure_future(a.deadline_news(NOW + 2 * HOUR))
        pause = a_pause()
        await b.apply(Change((InsertPause(pause), InsertDelivery(a_delivery(pause)))))

        await asyncio.wait_for(asyncio.gather(outbox, deadline), 10)


async def test_a_revoked_key_is_dead_in_every_process(database_url: str) -> None:
    async with stores(database_url, 2) as [a, b]:
        await a.apply(Change((InsertApiKey(KEY),)))
        assert await b.principal("hash") is not None
        await a.apply(Change((), RevokeApiKey("key_1", "dev_alice")))

        assert await b.principal("hash") is None


async def test_a_delivery_is_claimed_by_one_process(database_url: str) -> None:
    async with stores(database_url, 3) as opened:
        pause = a_pause()
        rows = [InsertDelivery(a_delivery(pause)) for _ in range(200)]
        await opened[0].apply(Change((InsertPause(pause), *rows)))

        async def claim_all(store: PostgresStore) -> list[str]:
            found: list[str] = []
            while claimed := await store.claim_deliveries(7, 60_000):
                found += [delivery.delivery_id for delivery in claimed]
            return found

        taken = await asyncio.gather(*(claim_all(store) for store in opened for _ in range(2)))
        times = Counter(delivery_id for found in taken for delivery_id in found)

        assert len(times) == 200
        assert set(times.values()) == {1}


async def test_a_pause_that_two_processes_end_has_one_winner(database_url: str) -> None:
    seed = random.randrange(1_000_000)
    print(f"seed {seed}")
    chance = random.Random(seed)
    async with stores(database_url, 2) as [a, b]:
        pauses = [a_pause() for _ in range(100)]
        await a.apply_all([Change((InsertPause(pause),)) for pause in pauses])
        tries = [(store, pause.pause_id) for store in (a, b) for pause in pauses for _ in range(2)]
        chance.shuffle(tries)

        async def end(store: PostgresStore, pause_id: str) -> tuple[str, bool]:
            entry = InsertAuditEntry(
                "dev_alice", Mode.LIVE, Event.PAUSE_RESPONDED, Actor.HUMAN, pause_id
            )
            result = await store.apply(Change((entry,), EndPause(pause_id, ANSWER)))
            return pause_id, isinstance(result, Applied)

        results = await asyncio.gather(*(end(*each) for each in tries))
        winners = Counter(pause_id for pause_id, is_applied in results if is_applied)
        entries = await a.audit(
            "dev_alice", Mode.LIVE, pause_id=None, event=None, since=None, until=None,
            limit=1000, offset=0,
        )  # fmt: skip

        assert winners == Counter(pause.pause_id for pause in pauses)
        assert Counter(entry.pause_id for entry in entries) == winners


def test_a_notification_is_never_too_long() -> None:
    some = [
        ChangeEvent(pause_id=a_pause().pause_id, outbox=True, deadline=NOW) for _ in range(1_000)
    ]
    many = some * 1 + [ChangeEvent(pause_id=a_pause().pause_id) for _ in range(1_000)]

    assert all(len(payload.encode()) < 8_000 for payload in encode_payloads(some))
    assert sum(payload.count("psr_") for payload in encode_payloads(some)) == 1_000
    assert encode_payloads(many) == ['{"look":true}']
