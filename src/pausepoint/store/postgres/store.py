"""The engine for many processes on one PostgreSQL: writers with group commit, a pool of readers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from pausepoint.clock import Clock, SystemClock
from pausepoint.domain.delivery import Delivery
from pausepoint.domain.in_flight import InFlight
from pausepoint.domain.time import Instant
from pausepoint.observability.observer import SILENT, Observer
from pausepoint.security.sealed import Seal
from pausepoint.store import audit, counts, pauses, recipients
from pausepoint.store.base import DatabaseRefused, StoreUnavailable
from pausepoint.store.changes import Applied, Change, Lost
from pausepoint.store.counts import ToldCounts
from pausepoint.store.feed import FeedPosition
from pausepoint.store.postgres.batch_sql import Types, learn_types
from pausepoint.store.postgres.connection import (
    connect,
    connect_pool,
    is_misconfigured,
    is_trouble,
    translated,
    words_of,
)
from pausepoint.store.postgres.listener import Listener
from pausepoint.store.postgres.purge import purge
from pausepoint.store.postgres.reader import READERS, Reader
from pausepoint.store.postgres.schema import keep_clock_ahead, migrate_postgres, open_vault
from pausepoint.store.postgres.writer import Writer
from pausepoint.store.postgres.writer_connection import WriterConnection
from pausepoint.store.reading import ReadingStore
from pausepoint.store.registry import ChangeEvent
from pausepoint.store.statements import Parameters, PointQuery, Statement, all_writes
from pausepoint.store.write_plan import plan_writes

T = TypeVar("T")

WRITERS: Final = 2
MARKS_KEPT: Final = 24 * 3_600_000
"""Milliseconds; a process that was killed leaves its marks behind."""

MIGRATION_SECONDS: Final = 3600.0
"""How long a migration of a large table may take; concurrent starts wait for it."""

CLOCK_TOLERANCE: Final = 1_000
"""Milliseconds by which this machine's clock may differ from the database's."""

LOOK_AGAIN_SECONDS: Final = 0.02
LOOK_CLOSELY: Final = 1_000
"""For how many milliseconds a stream looks again and again for an entry that an older transaction
holds up."""

_NOW_AND_ROLE: Final = (
    "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint,"
    " pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on'"
)


class PostgresStore(ReadingStore):
    """See `Store`. No answer is kept from one read to the next: other processes write, too."""

    _due_statement = pauses.DUE_SHARED
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
        """Makes or migrates the database. `direct_url`: past the pooler that `url` then names.

        Reads go through the pooler; the few connections that need a session (LISTEN, the writers)
        go past it. Raises StoreUnavailable, DatabaseRefused, SchemaRefused, WrongSecretKey.
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
        self._listener = Listener(url, self._registry, self._ended)
        writer_connections = [WriterConnection(url, types) for _ in range(WRITERS)]
        self._writer = Writer(writer_connections, clock, self._notify, observer)

    # ── Writes ──

    async def apply(self, change: Change) -> Applied | Lost:
        return await self._writer.submit(plan_writes(change, self._seal))

    async def apply_all(self, changes: Sequence[Change]) -> list[Applied | Lost]:
        plans = [plan_writes(change, self._seal) for change in changes]
        futures = [self._writer.submit(plan) for plan in plans]
        # All are waited for, so that none that failed goes unheard.
        await asyncio.gather(*futures, return_exceptions=True)
        return [future.result() for future in futures]

    async def claim_deliveries(
        self, limit: int, lease: int, in_flight: InFlight | None = None
    ) -> list[Delivery]:
        return await self._writer.claim(limit, lease, in_flight or InFlight())

    async def scrub(self) -> bool:
        return True

    async def purge_audit(self, before: Instant, limit: int) -> int:
        return await self._reader.alone(
            lambda connection: purge(connection, before, limit, self._clock.now())
        )

    async def check(self) -> None:
        before = self._clock.now()
        row = await self._one(Statement("check", _NOW_AND_ROLE), ())
        if row[1]:
            raise StoreUnavailable("the database is read-only")
        if write_failure := self._writer.write_failure.recent:
            raise StoreUnavailable(write_failure)
        # A clock that tests set says nothing about this machine's.
        if isinstance(self._clock, SystemClock):
            _check_clock(before, row[0], self._clock.now())
        await self.apply(Change())

    async def close(self) -> None:
        await self._writer.close()
        await self._listener.close()
        await self._reader.close()

    # ── How it reads ──

    async def _one(self, statement: Statement, parameters: Parameters) -> Any:
        if isinstance(statement, PointQuery):
            return await self._reader.by_key(statement, parameters[0])
        return await self._reader.first(statement, parameters)

    async def _all(self, statement: Statement, parameters: Parameters) -> list[Any]:
        return await self._reader.rows(statement, parameters)

    async def _list(
        self, statement: Statement, parameters: Parameters, decode: Callable[[Any], T]
    ) -> list[T]:
        return [decode(row) for row in await self._all(statement, parameters)]

    async def _own_position(self, developer_id: str, given: FeedPosition) -> FeedPosition | None:
        if given.transaction:  # as older code gave it
            return given
        row = await self._one(audit.NEWEST_UP_TO, (developer_id, given.entry_id))
        if row is None or (given.entry_id >= audit.LEGACY_IDS_BELOW and row[1] != given.entry_id):
            return None
        return FeedPosition(*row)

    def _place(self, after: FeedPosition, events: list[str]) -> Parameters:
        return after.transaction, after.entry_id, events

    def _look_again(self, developer_id: str, written_at: Instant) -> None:
        """Soon at first; what a transaction holds up for longer is found by the catch-up look."""
        if self._clock.now() - written_at < LOOK_CLOSELY:
            news = [ChangeEvent(developer_id=developer_id)]
            asyncio.get_running_loop().call_later(LOOK_AGAIN_SECONDS, self._registry.notify, news)

    async def exchange_counts(self, own: ToldCounts, since: Instant) -> list[ToldCounts]:
        sealed = self._seal.seal(own.counts, counts.ROW)
        old, at, process_id = own.counted_at - counts.KEPT, own.counted_at, own.process_id
        parameters = (old, at, process_id, sealed, since, process_id)
        rows = await self._all(counts.EXCHANGE, parameters)
        return [ToldCounts(row[0], row[1], self._seal.unseal(row[2], counts.ROW)) for row in rows]

    async def _ended(self, pause_ids: Sequence[str]) -> list[str]:
        rows = await self._all(pauses.ENDED_OR_FAILED, (pause_ids,))
        return [row[0] for row in rows]

    def _notify(self, news: list[ChangeEvent]) -> None:
        self._registry.notify(news)
        self._listener.announce(news)


async def _prepare(url: str, secret_keys: Sequence[str], clock: Clock) -> tuple[Seal, Types]:
    connection = await connect(url, statement_seconds=MIGRATION_SECONDS)
    try:
        await migrate_postgres(connection)
        await keep_clock_ahead(connection)
        seal = await open_vault(connection, secret_keys)
        for parameters in recipients.rekeyed(await connection.fetch(recipients.KEYED.sql), seal):
            await connection.execute(translated(recipients.REKEY.sql), *parameters)
        types = await learn_types(connection, all_writes())
        forgotten = clock.now() - MARKS_KEPT
        await connection.execute("DELETE FROM commit_marks WHERE used_at < $1", forgotten)
    finally:
        connection.terminate()
    return seal, types


def _check_clock(before: Instant, database: Instant, after: Instant) -> None:
    """`database` was read between the two; how long that took is no difference."""
    difference = max(before - database, database - after)
    if difference > CLOCK_TOLERANCE:
        raise StoreUnavailable(
            f"This machine's clock and the database's differ by {difference / 1000:.1f} s."
            " Let both be set by NTP."
        )
