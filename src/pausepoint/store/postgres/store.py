"""The engine for several processes on one PostgreSQL: writers with group commit, a pool of readers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from msgspec import Struct

from pausepoint.clock import Clock, SystemClock
from pausepoint.domain.delivery import Delivery
from pausepoint.domain.in_flight import InFlight
from pausepoint.domain.time import Instant
from pausepoint.observability.observer import SILENT, Observer
from pausepoint.security.sealed import Seal
from pausepoint.store import audit, counts, erasing, pauses, recipients
from pausepoint.store.base import DatabaseRefused, Store, StoreUnavailable
from pausepoint.store.changes import Applied, Change, Lost
from pausepoint.store.counts import ToldCounts
from pausepoint.store.feed import FeedPosition
from pausepoint.store.postgres.batch_sql import Types, learn_types
from pausepoint.store.postgres.connection import (
    Connection,
    connect,
    connect_pool,
    is_misconfigured,
    is_trouble,
    with_numbers,
    words_of,
)
from pausepoint.store.postgres.listener import Listener
from pausepoint.store.postgres.reader import READERS, Reader
from pausepoint.store.postgres.schema import keep_clock_ahead, migrate_postgres, open_vault
from pausepoint.store.postgres.writer import Writer
from pausepoint.store.postgres.writer_connection import WriterConnection
from pausepoint.store.registry import ChangeEvent
from pausepoint.store.statements import Parameters, PointQuery, Query, all_writes
from pausepoint.store.write_plan import plan_writes

R = TypeVar("R")
T = TypeVar("T")

WRITERS: Final = 2
MARKS_KEPT: Final = 24 * 3_600_000
"""Milliseconds; a process that was killed leaves its marks."""

MIGRATION_SECONDS: Final = 3600.0
"""Timeout of a migration of a large table; concurrent starts wait for it."""

CLOCK_TOLERANCE: Final = 1_000
"""Milliseconds by which this machine's clock may differ from the database's."""

SETTLE_SECONDS: Final = 0.02
SETTLE_LIMIT: Final = 1_000
"""Milliseconds for which a stream polls for an entry that an older transaction delays."""


class _ServerState(Struct):
    now: Instant
    is_read_only: bool


_CHECK: Final = Query(
    "check",
    "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint,"
    " pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on'",
    _ServerState,
)


class PostgresStore(Store):
    """Caches nothing, since other processes write, too."""

    _due_statement = pauses.DUE_POSTGRES
    _feed_end = audit.FEED_END_POSTGRES
    _feed_statement = audit.FEED_POSTGRES

    @classmethod
    async def open(
        cls,
        url: str,
        secret_keys: Sequence[str],
        clock: Clock,
        direct_url: str | None = None,
        observer: Observer = SILENT,
    ) -> PostgresStore:
        """Create or migrate the database. `direct_url` bypasses the pooler that `url` then names.

        Reads go through the pooler; the few connections that need a session (LISTEN, the writers)
        bypass it. Raises StoreUnavailable, DatabaseRefused, SchemaRefused, WrongSecretKey.
        """
        try:
            seal, types = await _prepare(direct_url or url, secret_keys, clock)
            pool = await connect_pool(url, READERS, has_pooler=direct_url is not None)
            store = cls(direct_url or url, Reader(pool), seal, types, clock, observer)
            try:
                await store._listener.start()
            except BaseException:
                await store.close()
                raise
        except Exception as error:
            if is_misconfigured(error):
                raise DatabaseRefused(
                    f"The PostgreSQL database cannot be used: {words_of(error).rstrip('.')}."
                    " Check PAUSEPOINT_DATABASE_URL and the database's own settings."
                ) from error
            if is_trouble(error):
                raise StoreUnavailable(words_of(error)) from error
            raise
        return store

    def __init__(
        self, url: str, reader: Reader, seal: Seal, types: Types, clock: Clock, observer: Observer
    ) -> None:
        super().__init__(seal)
        self._clock = clock
        self._reader = reader
        self._listener = Listener(
            url, self._registry, lambda ids: self._all(pauses.ENDED_OR_FAILED, (ids,))
        )
        writer_connections = [WriterConnection(url, types) for _ in range(WRITERS)]
        self._writer = Writer(writer_connections, clock, self._notify, observer)

    # ── Writes ──

    async def apply(self, change: Change) -> Applied | Lost:
        return await self._writer.submit(plan_writes(change, self._seal))

    async def apply_all(self, changes: Sequence[Change]) -> list[Applied | Lost]:
        plans = [plan_writes(change, self._seal) for change in changes]
        futures = [self._writer.submit(plan) for plan in plans]
        # Awaits all of them, so that the exception of each is retrieved.
        await asyncio.gather(*futures, return_exceptions=True)
        return [future.result() for future in futures]

    async def claim_deliveries(
        self, limit: int, lease: int, in_flight: InFlight | None = None
    ) -> list[Delivery]:
        return await self._writer.claim(limit, lease, in_flight or InFlight())

    async def scrub(self) -> bool:
        return True

    async def purge_audit(self, before: Instant, limit: int) -> int:
        async def purge(connection: Connection) -> int:
            """Purge in a transaction of its own, since the audit triggers read the new floor.

            Of several processes the second waits, and purges the rest.
            """
            async with connection.transaction():
                await connection.execute("SELECT floor FROM audit_retention FOR UPDATE")
                rows = await connection.fetch(with_numbers(erasing.OLDEST_ENTRIES.sql), limit)
                found = erasing.purge_bounds(rows, before)
                if found is None:
                    return 0
                last, floor = found
                await connection.execute(with_numbers(erasing.RAISE_FLOOR.sql), floor, floor)
                now = self._clock.now()
                await connection.execute(with_numbers(erasing.TELL_PURGED.sql), now, last, floor)
                removed: str = await connection.execute(
                    with_numbers(erasing.PURGE.sql), last, floor
                )
                return int(removed.removeprefix("DELETE "))

        return await self._reader.run(purge)

    async def check(self) -> None:
        before = self._clock.now()
        server = await self._one(_CHECK, ())
        if server is None or server.is_read_only:
            raise StoreUnavailable("the database is read-only")
        if write_failure := self._writer.write_failure.recent:
            raise StoreUnavailable(write_failure)
        # A test's clock differs from this machine's.
        if isinstance(self._clock, SystemClock):
            # The database's clock was read between the two of ours.
            difference = max(before - server.now, server.now - self._clock.now())
            if difference > CLOCK_TOLERANCE:
                raise StoreUnavailable(
                    f"This machine's clock and the database's differ by {difference / 1000:.1f} s."
                    " Let both be set by NTP."
                )
        await self.apply(Change())

    async def close(self) -> None:
        await self._writer.close()
        await self._listener.close()
        await self._reader.close()

    # ── How it reads ──

    async def _one(self, query: Query[R], parameters: Parameters) -> R | None:
        if isinstance(query, PointQuery):
            [key] = parameters
            return await self._reader.by_key(query, key)
        return await self._reader.first(query, parameters)

    async def _all(self, query: Query[R], parameters: Parameters) -> list[R]:
        return await self._reader.rows(query, parameters)

    async def _list(
        self, query: Query[R], parameters: Parameters, decode: Callable[[R], T]
    ) -> list[T]:
        return [decode(row) for row in await self._reader.rows(query, parameters)]

    async def _own_position(self, developer_id: str, given: FeedPosition) -> FeedPosition | None:
        if given.transaction:  # given by an older version
            return given
        found = await self._one(audit.NEWEST_UP_TO, (developer_id, given.entry_id))
        is_exact = found is not None and found.entry_id == given.entry_id
        return found if is_exact or given.entry_id < audit.LEGACY_IDS_BELOW else None

    def _feed_parameters(self, after: FeedPosition, events: list[str]) -> Parameters:
        return after.transaction, after.entry_id, events

    def _wake_feed_later(self, developer_id: str, written_at: Instant) -> None:
        """Wake it soon at first; after `SETTLE_LIMIT` the listener's catch-up finds the entry."""
        if self._clock.now() - written_at < SETTLE_LIMIT:
            events = [ChangeEvent(developer_id=developer_id)]
            asyncio.get_running_loop().call_later(SETTLE_SECONDS, self._registry.notify, events)

    async def exchange_counts(self, own: ToldCounts, since: Instant) -> list[ToldCounts]:
        sealed = self._seal.seal(own.counts, counts.ROW)
        old, at, process_id = own.counted_at - counts.KEPT, own.counted_at, own.process_id
        parameters = (old, at, process_id, sealed, since, process_id)
        others = await self._all(counts.EXCHANGE, parameters)
        return [
            replace(other, counts=self._seal.unseal(other.counts, counts.ROW)) for other in others
        ]

    def _notify(self, events: list[ChangeEvent]) -> None:
        self._registry.notify(events)
        self._listener.announce(events)


async def _prepare(url: str, secret_keys: Sequence[str], clock: Clock) -> tuple[Seal, Types]:
    connection = await connect(url, statement_seconds=MIGRATION_SECONDS)
    try:
        await migrate_postgres(connection)
        await keep_clock_ahead(connection)
        seal = await open_vault(connection, secret_keys)
        mutes = recipients.LIST_MUTES.records(await connection.fetch(recipients.LIST_MUTES.sql))
        for parameters in recipients.rekeyings(mutes, seal):
            await connection.execute(with_numbers(recipients.REKEY.sql), *parameters)
        types = await learn_types(connection, all_writes())
        forgotten = clock.now() - MARKS_KEPT
        await connection.execute("DELETE FROM commit_marks WHERE used_at < $1", forgotten)
    finally:
        connection.terminate()
    return seal, types
