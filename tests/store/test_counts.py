"""Several processes on one PostgreSQL share rate limits, but for the last second or two."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

from pausepoint.lifecycle.bootstrap import Running, open_service
from pausepoint.limits.limiter import Limit, Limiter
from pausepoint.store.base import StoreUnavailable
from pausepoint.testing import FakeClock
from pausepoint.worker.sync_rate_limits import CountsLoop
from tests.doubles.postgres import PostgresServer
from tests.harness import settings_of

pytestmark = pytest.mark.anyio

CALLER = "192.0.2.77"


class Process:
    def __init__(self, running: Running) -> None:
        limiter = running.services.limiter
        assert limiter is not None
        self.clock = running.services.clock
        self.limiter: Limiter = limiter
        self.loop = CountsLoop(running.services, limiter)

    def hits(self, count: int, limit: Limit = Limit.KEY) -> int:
        """How many of so many are taken."""
        now = self.clock.now()
        return sum(not self.limiter.hit(limit, CALLER, now).retry_after for _ in range(count))


@pytest.fixture
async def processes(
    database_url: str, tmp_path: Path, clock: FakeClock
) -> AsyncIterator[list[Process]]:
    settings = settings_of(
        tmp_path, PAUSEPOINT_DATABASE_URL=database_url, PAUSEPOINT_RATE_LIMITS="key=30,held=5"
    )
    async with AsyncExitStack() as stack:
        opened = []
        for _ in range(3):
            running = await open_service(settings, clock)
            stack.push_async_callback(running.close)
            opened.append(Process(running))
        yield opened


async def exchange(processes: list[Process], clock: FakeClock) -> None:
    """A second passes in each: all have told, then all have heard."""
    for _ in range(2):
        clock.advance(timedelta(seconds=1))
        for process in processes:
            await process.loop.step()


async def test_the_sum_is_what_counts(processes: list[Process], clock: FakeClock) -> None:
    assert [process.hits(10) for process in processes] == [10, 10, 10]
    await exchange(processes, clock)
    assert [process.hits(10) for process in processes] == [0, 0, 0]
    clock.advance(timedelta(seconds=61))
    assert processes[0].hits(40) == 30


async def test_what_was_told_counts_once(processes: list[Process], clock: FakeClock) -> None:
    processes[0].hits(10)
    for _ in range(4):
        await exchange(processes, clock)
    assert processes[1].hits(40) == 20


async def test_a_process_that_begins_hears_what_still_counts(
    processes: list[Process], clock: FakeClock
) -> None:
    one, _, late = processes
    one.hits(25)
    await exchange([one], clock)
    clock.advance(timedelta(seconds=30))
    await exchange([one, late], clock)
    assert late.hits(40) == 5


async def test_waits_are_counted_together_as_long_as_their_process_speaks(
    processes: list[Process], clock: FakeClock
) -> None:
    one, other, _ = processes
    for _ in range(4):
        assert not one.limiter.hold("key_1", clock.now()).retry_after
    await exchange([one, other], clock)
    assert not other.limiter.hold("key_1", clock.now()).retry_after
    assert other.limiter.hold("key_1", clock.now()).retry_after
    clock.advance(timedelta(seconds=6))
    await other.loop.step()
    assert not other.limiter.hold("key_1", clock.now()).retry_after


async def test_no_address_stands_in_the_table_and_old_rows_go(
    processes: list[Process], clock: FakeClock, database_url: str
) -> None:
    processes[0].hits(1, Limit.NO_KEY)
    await processes[0].loop.step()
    connection = await asyncpg.connect(database_url)
    try:
        sealed = await connection.fetchval("SELECT sealed FROM shared_counts")
        assert CALLER.encode() not in sealed
        clock.advance(timedelta(minutes=3))
        await processes[0].loop.step()
        await processes[0].loop.step()
        assert await connection.fetchval("SELECT count(*) FROM shared_counts") <= 2
        unlogged = "SELECT relpersistence FROM pg_class WHERE relname = 'shared_counts'"
        assert await connection.fetchval(unlogged) == b"u"
    finally:
        await connection.close()


async def test_a_database_that_is_away_leaves_each_process_its_own_limit(
    tmp_path: Path, clock: FakeClock
) -> None:
    server = PostgresServer()
    url = server.url(server.create_database())
    settings = settings_of(tmp_path, PAUSEPOINT_DATABASE_URL=url, PAUSEPOINT_RATE_LIMITS="key=30")
    running = await open_service(settings, clock)
    try:
        process = Process(running)
        server.stop()
        with pytest.raises(StoreUnavailable):
            await process.loop.step()
        assert process.hits(40) == 30
    finally:
        await running.close()
        server.start()
        server.close()
