"""Group commit on PostgreSQL: all pending changes become one statement, on one of a few connections."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Final, TypeVar

import structlog

from pausepoint.clock import Clock
from pausepoint.domain.delivery import Delivery
from pausepoint.domain.in_flight import InFlight
from pausepoint.domain.time import Instant
from pausepoint.observability.observer import Observer
from pausepoint.store.back_off import BackOff
from pausepoint.store.base import OutcomeUnknown, StoreUnavailable
from pausepoint.store.changes import Applied, Lost
from pausepoint.store.postgres.batch_sql import keys_of
from pausepoint.store.postgres.connection import (
    Trouble,
    is_at_its_end,
    is_trouble,
    trouble_of,
    words_of,
)
from pausepoint.store.postgres.write_queue import BATCH_LIMIT, Claim, Item, Queue, fail
from pausepoint.store.postgres.writer_connection import WriterConnection
from pausepoint.store.registry import ChangeEvent
from pausepoint.store.write_failure import WriteFailure
from pausepoint.store.write_plan import WritePlan

T = TypeVar("T")

log = structlog.get_logger("pausepoint.store")

MIN_BATCH: Final = 16
"""Minimum batch size: below it, splitting the queue between idle connections costs more commits."""

QUEUE_LIMIT: Final = 20_000
PATIENCE_SECONDS: Final = 5.0
"""Timeout of a pending write while the database is away."""

UNKNOWN_SECONDS: Final = 30.0
"""Timeout of a caller whose commit has an unknown outcome."""

CLOSE_SECONDS: Final = 0.5
LONGEST_BACK_OFF: Final = 1.0


class Writer:
    """Runs one task for each connection, and calls `notify` after each commit."""

    def __init__(
        self,
        writer_connections: Sequence[WriterConnection],
        clock: Clock,
        notify: Callable[[list[ChangeEvent]], None],
        observer: Observer,
    ) -> None:
        self._clock = clock
        self._notify = notify
        self._observer = observer
        self._loop = asyncio.get_running_loop()
        self._queue = Queue()
        self._work = asyncio.Event()
        self._is_closed = False
        self._expiry: asyncio.TimerHandle | None = None
        self._connections = writer_connections
        self._idle = len(writer_connections)
        self.write_failure = WriteFailure(self._loop.time)
        self._tasks = [
            asyncio.create_task(self._run(writer_connection))
            for writer_connection in writer_connections
        ]

    def submit(self, change: WritePlan) -> asyncio.Future[Applied | Lost]:
        """Return a future that is done after the commit.

        Raises StoreUnavailable, and ValueError for a record that is named twice.
        """
        keys = keys_of(change)
        self._refuse_when_full()
        future: asyncio.Future[Applied | Lost] = self._loop.create_future()
        self._queue.items.append(Item(change, keys, future, self._loop.time()))
        self._begin()
        return future

    def claim(self, limit: int, lease: int, in_flight: InFlight) -> asyncio.Future[list[Delivery]]:
        self._refuse_when_full()
        future: asyncio.Future[list[Delivery]] = self._loop.create_future()
        self._queue.claims.append(Claim(limit, lease, in_flight, future, self._loop.time()))
        self._begin()
        return future

    async def close(self) -> None:
        """Write all pending changes, as long as the database can be reached."""
        self._is_closed = True
        self._work.set()
        has_work = self._queue.oldest is not None or self._idle < len(self._connections)
        await asyncio.wait(self._tasks, timeout=CLOSE_SECONDS if has_work else 0)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._expiry is not None:
            self._expiry.cancel()
        for left in self._queue.expired(self._loop.time()):
            fail(left, StoreUnavailable("the database is closed"))
        for writer_connection in self._connections:
            with suppress(Exception):
                await writer_connection.close()

    # ── The queue ──

    def _refuse_when_full(self) -> None:
        if self._is_closed:
            raise StoreUnavailable("the database is closed")
        if len(self._queue.items) >= QUEUE_LIMIT:
            raise StoreUnavailable("too many writes are waiting")

    def _begin(self) -> None:
        self._work.set()
        if self._expiry is None:
            self._expiry = self._loop.call_later(PATIENCE_SECONDS, self._expire)

    def _expire(self) -> None:
        now = self._loop.time()
        for item in self._queue.expired(now - PATIENCE_SECONDS):
            fail(item, StoreUnavailable("the database is away"))
        oldest = self._queue.oldest
        self._expiry = None
        if oldest is not None:
            self._expiry = self._loop.call_at(oldest + PATIENCE_SECONDS, self._expire)

    def _put_back(self, batch: Sequence[Item]) -> None:
        self._queue.items.extendleft(reversed(batch))
        self._work.set()
        # They have waited already: the timer may be too late for them.
        if self._expiry is not None:
            self._expiry.cancel()
        self._expire()

    # ── One connection ──

    async def _run(self, writer_connection: WriterConnection) -> None:
        while True:
            if not writer_connection.is_connected:
                await self._persist(writer_connection, writer_connection.reconnect)
            if self._queue.claims:
                await self._claim(writer_connection, self._queue.claims.popleft())
            elif batch := self._queue.take(self._batch_size()):
                self._idle -= 1
                try:
                    await self._write(writer_connection, batch)
                except asyncio.CancelledError:
                    for item in batch:
                        fail(item, OutcomeUnknown("the database was closed before it answered"))
                    raise
                finally:
                    self._idle += 1
                    self._queue.release(batch)
                    self._work.set()
            elif self._is_closed and not self._queue.items:
                return
            else:
                self._work.clear()
                await self._work.wait()

    def _batch_size(self) -> int:
        """Split the queue, so that one connection's statement runs while another's is encoded."""
        share = -(-len(self._queue.items) // max(self._idle, 1))
        return min(max(share, MIN_BATCH), BATCH_LIMIT)

    async def _write(self, writer_connection: WriterConnection, batch: Sequence[Item]) -> None:
        now, began = self._clock.now(), self._loop.time()
        try:
            won = await writer_connection.commit([item.change for item in batch], now)
        except Exception as error:
            await self._after_failure(writer_connection, batch, now, began, error)
        else:
            self._answer(batch, won, now, began)

    async def _after_failure(
        self,
        writer_connection: WriterConnection,
        batch: Sequence[Item],
        now: Instant,
        began: float,
        error: Exception,
    ) -> None:
        trouble = (
            trouble_of(error, writer_connection.connection) if is_trouble(error) else Trouble.DATA
        )
        if trouble is Trouble.CONNECTION:
            won = await self._resolve(writer_connection, batch)
            if won is None:
                self._put_back(batch)
            else:
                self._answer(batch, won, now, began)
        elif trouble is Trouble.REPEAT:
            self._put_back(batch)
        elif trouble is Trouble.REFUSED:
            if is_at_its_end(error):
                if self.write_failure.recent is None:
                    log.warning("the database cannot write", error=str(error))
                self.write_failure.note(str(error))
            for item in batch:
                fail(item, StoreUnavailable(str(error)))
        elif len(batch) == 1:
            fail(batch[0], ValueError(str(error)) if is_trouble(error) else error)
        else:
            # One change is at fault: commit each half on its own, so that the others succeed.
            middle = len(batch) // 2
            for half in (batch[:middle], batch[middle:]):
                await self._write(writer_connection, half)

    async def _resolve(
        self, writer_connection: WriterConnection, batch: Sequence[Item]
    ) -> frozenset[int] | None:
        async def attempt() -> frozenset[int] | None:
            await writer_connection.reconnect()
            return await writer_connection.resolve_commit(self._clock.now())

        def give_up() -> None:
            before = self._loop.time() - UNKNOWN_SECONDS
            for item in batch:
                if item.since <= before:
                    fail(item, OutcomeUnknown("whether it was written is not known yet"))

        return await self._persist(writer_connection, attempt, give_up)

    async def _persist(
        self,
        writer_connection: WriterConnection,
        attempt: Callable[[], Awaitable[T]],
        meanwhile: Callable[[], None] = lambda: None,
    ) -> T:
        """Retry with back-off until the database is reachable. Pending writes expire meanwhile."""
        back_off = BackOff(LONGEST_BACK_OFF)
        is_away = False
        while True:
            try:
                found = await attempt()
            except Exception as error:
                writer_connection.drop()
                if not is_away:
                    log.warning("the database is away", error=words_of(error))
                is_away = True
            else:
                if is_away:
                    log.info("the database is back")
                return found
            meanwhile()
            await back_off.wait()

    async def _claim(self, writer_connection: WriterConnection, claim: Claim) -> None:
        try:
            found = await writer_connection.claim(
                claim.limit, claim.lease, claim.in_flight, self._clock.now()
            )
        except Exception as error:
            # If they were claimed after all, their leases expire.
            if (
                is_trouble(error)
                and trouble_of(error, writer_connection.connection) is Trouble.CONNECTION
            ):
                writer_connection.drop()
            fail(claim, StoreUnavailable(words_of(error)) if is_trouble(error) else error)
        else:
            if not claim.future.done():
                claim.future.set_result(found)

    def _answer(
        self, batch: Sequence[Item], won: frozenset[int], now: Instant, began: float
    ) -> None:
        events: list[ChangeEvent] = []
        for number, item in enumerate(batch, 1):
            is_applied = item.change.guard is None or number in won
            if is_applied:
                events.append(item.change.event)
            if not item.future.done():
                item.future.set_result(Applied(now) if is_applied else Lost(now))
        self._observer.batch_committed(len(events), self._loop.time() - began)
        self._notify(events)
