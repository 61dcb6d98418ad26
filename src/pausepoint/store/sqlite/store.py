"""The embedded engine: one file, one writer with group commit, separate readers."""

from __future__ import annotations

import asyncio
import fcntl
import os
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from pausepoint.clock import Clock
from pausepoint.domain.account import Principal
from pausepoint.domain.delivery import Delivery
from pausepoint.domain.in_flight import InFlight
from pausepoint.domain.mode import Mode
from pausepoint.domain.pause import Contact
from pausepoint.domain.time import Instant, milliseconds
from pausepoint.observability.observer import SILENT, Observer
from pausepoint.store import audit, deliveries, pauses, recipients, vault
from pausepoint.store.base import CannotOpen, Store, StoreUnavailable
from pausepoint.store.changes import Applied, Change, Lost
from pausepoint.store.counts import ToldCounts
from pausepoint.store.feed import FeedPosition
from pausepoint.store.migrate import migrate_sqlite
from pausepoint.store.registry import ChangeEvent
from pausepoint.store.sqlite.files import OpenedFiles
from pausepoint.store.sqlite.writer import (
    BUSY_SECONDS,
    ClaimDeliveries,
    Probe,
    PurgeAudit,
    Scrub,
    WriteChanges,
    Writer,
)
from pausepoint.store.statements import Parameters, Query, scalar
from pausepoint.store.write_plan import plan_writes

R = TypeVar("R")
T = TypeVar("T")
_CHECK: Final = Query("check", "SELECT 1 FROM schema_migrations", scalar)
_PRINCIPALS_KEPT: Final = 10_000
_SCRUB_AGAIN: Final = timedelta(seconds=1)


class DatabaseInUse(CannotOpen):
    """Another process has this database."""


class DatabaseUnusable(CannotOpen):
    """The file is no SQLite database, or cannot be opened as one."""


class SqliteStore(Store):
    """Point reads run on the event loop, where they take about 10 µs; lists in a thread."""

    _due_statement = pauses.DUE_SQLITE
    _feed_end = audit.FEED_END_SQLITE
    _feed_statement = audit.FEED_SQLITE

    @classmethod
    async def open(
        cls,
        path: Path,
        secret_keys: Sequence[str],
        clock: Clock,
        observer: Observer = SILENT,
    ) -> SqliteStore:
        """Create or migrate the database. Raises DatabaseInUse, DatabaseUnusable, SchemaRefused,
        WrongSecretKey."""
        store = cls(path, secret_keys, clock, asyncio.get_running_loop(), observer)
        # A process that was killed may have erased and not scrubbed.
        await store.scrub()
        return store

    def __init__(
        self,
        path: Path,
        secret_keys: Sequence[str],
        clock: Clock,
        loop: asyncio.AbstractEventLoop,
        observer: Observer,
    ) -> None:
        self._lock = lock_database(path)
        try:
            self._connection = _connect(path)
            _prepare_writer(self._connection)
            migrate_sqlite(self._connection)
            [wrapped] = self._connection.execute(vault.GET.sql).fetchone() or (None,)
            seal, to_keep = vault.open_seal(wrapped, secret_keys)
            if to_keep is not None:
                self._connection.execute(vault.PUT.sql, (to_keep,))
            mutes = recipients.LIST_MUTES.records(
                self._connection.execute(recipients.LIST_MUTES.sql).fetchall()
            )
            for parameters in recipients.rekeyings(mutes, seal):
                self._connection.execute(recipients.REKEY.sql, parameters)
            # We hold the lock, so the process of any older lease is dead: its deliveries are due now.
            now = clock.now()
            self._connection.execute(deliveries.RELEASE_SQLITE.sql, (now, now))
        except sqlite3.Error as error:
            os.close(self._lock)
            raise DatabaseUnusable(f"{path} cannot be used as a database: {error}.") from error
        except BaseException:
            os.close(self._lock)
            raise
        super().__init__(seal)
        # Only this process writes, so these caches are right until it writes itself.
        self._principals: dict[str, Principal] = {}
        self._muted: frozenset[str] | None = None
        self._clock = clock
        self._files = OpenedFiles(path)
        self._writer = Writer(self._connection, clock, loop, self._notify, observer, self._files)
        self._scrubbing: asyncio.Task[None] | None = None
        self._reader = _connect(path, query_only=True)
        self._list_reader = _connect(path, query_only=True)
        self._list_thread = ThreadPoolExecutor(1, "sqlite-lists")

    # ── Writes ──

    async def apply(self, change: Change) -> Applied | Lost:
        return (await self.apply_all([change]))[0]

    async def apply_all(self, changes: Sequence[Change]) -> list[Applied | Lost]:
        plans = [plan_writes(change, self._seal) for change in changes]
        results: list[Applied | Lost] = await self._writer.submit(WriteChanges(plans))
        return results

    async def claim_deliveries(
        self, limit: int, lease: int, in_flight: InFlight | None = None
    ) -> list[Delivery]:
        loaded = in_flight or InFlight()
        work = ClaimDeliveries(limit, lease, loaded.counts(), loaded.full())
        claimed: list[Delivery] = await self._writer.submit(work)
        return claimed

    async def scrub(self) -> bool:
        is_done: bool = await self._writer.submit(Scrub())
        is_tried_again = self._scrubbing is not None and not self._scrubbing.done()
        if not (is_done or is_tried_again or self._writer.is_closed):
            self._scrubbing = asyncio.create_task(self._scrub_later())
        return is_done

    async def _scrub_later(self) -> None:
        is_done = False
        while not is_done:
            await self._clock.sleep_until(self._clock.now() + milliseconds(_SCRUB_AGAIN))
            with suppress(StoreUnavailable):
                is_done = await self._writer.submit(Scrub())

    async def purge_audit(self, before: Instant, limit: int) -> int:
        removed: int = await self._writer.submit(PurgeAudit(before, limit))
        return removed

    # ── Reads ──

    async def principal(self, key_hash: str) -> Principal | None:
        known = self._principals.get(key_hash)
        if known is None:
            known = await super().principal(key_hash)
            if known is None:
                return None
            if len(self._principals) >= _PRINCIPALS_KEPT:
                self._principals.clear()
            self._principals[key_hash] = known
        return known

    async def is_muted(self, developer_id: str, mode: Mode, contact: Contact) -> bool:
        if self._muted is None:
            self._muted = frozenset(await self._all(recipients.MUTED, ()))
        if not self._muted:
            return False
        keys = recipients.mute_keys(developer_id, mode, contact, self._seal)
        return any(key in self._muted for key in keys)

    def _notify(self, events: list[ChangeEvent]) -> None:
        if any(event.keys_changed for event in events):
            self._principals.clear()
        if any(event.mutes_changed for event in events):
            self._muted = None
        self._registry.notify(events)

    async def check(self) -> None:
        self._files.check()
        await self._one(_CHECK, ())
        if write_failure := self._writer.write_failure.recent:
            raise StoreUnavailable(write_failure)
        if self._writer.trouble is not None:
            await self._writer.submit(Probe())
        await self.apply(Change())

    async def close(self) -> None:
        if self._scrubbing is not None:
            self._scrubbing.cancel()
        await self._writer.close()
        self._list_thread.shutdown()
        # The writer's connection closes last: the last connection of a database checkpoints.
        for connection in (self._reader, self._list_reader, self._connection):
            connection.close()
        os.close(self._lock)

    async def exchange_counts(self, own: ToldCounts, since: Instant) -> list[ToldCounts]:
        return []

    # ── How it reads ──

    async def _own_position(self, developer_id: str, given: FeedPosition) -> FeedPosition | None:
        return given if given.transaction == 0 else None

    def _feed_parameters(self, after: FeedPosition, events: list[str]) -> Parameters:
        return after.entry_id, msgspec.json.encode(events).decode()

    def _wake_feed_later(self, developer_id: str, written_at: Instant) -> None:
        raise AssertionError("transactions are serial")

    async def _one(self, query: Query[R], parameters: Parameters) -> R | None:
        try:
            found = self._reader.execute(query.sql, parameters).fetchone()
        except sqlite3.Error as error:
            raise StoreUnavailable(str(error)) from error
        return None if found is None else query.row(*found)

    async def _all(self, query: Query[R], parameters: Parameters) -> list[R]:
        try:
            return query.records(self._reader.execute(query.sql, parameters).fetchall())
        except sqlite3.Error as error:
            raise StoreUnavailable(str(error)) from error

    async def _list(
        self, query: Query[R], parameters: Parameters, decode: Callable[[R], T]
    ) -> list[T]:
        def read() -> list[T]:
            rows = self._list_reader.execute(query.sql, parameters).fetchall()
            return [decode(row) for row in query.records(rows)]

        try:
            return await asyncio.get_running_loop().run_in_executor(self._list_thread, read)
        except sqlite3.Error as error:
            raise StoreUnavailable(str(error)) from error


def lock_database(path: Path) -> int:
    """Return a descriptor that locks the database until it is closed.

    A symbolic link is locked as the file that it leads to. Raises DatabaseInUse, and DatabaseUnusable
    for a file with two names, whose write-ahead logs would be two as well
    (https://www.sqlite.org/howtocorrupt.html#_multiple_links_to_the_same_file).
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_nlink > 1:
        raise DatabaseUnusable(
            f"{path} has a second name, a hard link: SQLite would lose data. Remove one of the names."
        )
    real_path = path.resolve()
    descriptor = os.open(f"{real_path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise DatabaseInUse(
            f"Another PausePoint is using {path}. Stop it first, or give this one another database."
        ) from error
    return descriptor


def _connect(path: Path, *, query_only: bool = False) -> sqlite3.Connection:
    if not path.exists():
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    connection = sqlite3.connect(
        path,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
        timeout=BUSY_SECONDS,
    )
    if query_only:
        connection.execute("PRAGMA query_only = ON")
        # Opens the write-ahead log now, while it is there, and not with the first query.
        connection.execute("SELECT 1 FROM schema_migrations").fetchone()
    return connection


def _prepare_writer(connection: sqlite3.Connection) -> None:
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        # Without it INSERT OR REPLACE bypasses the triggers that guard the audit log.
        "recursive_triggers = ON",
        "secure_delete = ON",
        # Statement journals are kept in memory, not in a file for each.
        "temp_store = MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")
