"""The embedded engine: one file, one writer with group commit, readers apart."""

from __future__ import annotations

import asyncio
import fcntl
import os
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeVar

from pausepoint.clock import Clock
from pausepoint.domain.account import (
    ApiKey,
    AuditEntry,
    Delivery,
    Developer,
    Principal,
    Webhook,
)
from pausepoint.domain.events import Event
from pausepoint.domain.pause import Mode, Pause, PauseStatus
from pausepoint.domain.time import Instant
from pausepoint.security.sealed import Seal
from pausepoint.store import accounts, audit, deliveries, pauses
from pausepoint.store.base import (
    Applied,
    Change,
    DuePause,
    IdempotentPause,
    Lost,
    RevokeApiKey,
    SetDeveloperDisabled,
    StoreUnavailable,
)
from pausepoint.store.binding import bind, idempotency_index
from pausepoint.store.migrate import migrate_sqlite
from pausepoint.store.sqlite_writer import ClaimDeliveries, WriteChanges, Writer
from pausepoint.store.statements import Parameters, Statement
from pausepoint.store.vault import open_vault
from pausepoint.store.waiters import Hub, PauseWaiter

T = TypeVar("T")
_PRINCIPALS_KEPT: Final = 10_000


class DatabaseInUse(Exception):
    """Another process has this database."""


class SqliteStore:
    """See `Store`. Point reads run on the event loop, where they take about 10 µs; lists in a thread."""

    @classmethod
    async def open(cls, path: Path, secret_keys: Sequence[str], clock: Clock) -> SqliteStore:
        """Makes or migrates the database. Raises DatabaseInUse, SchemaRefused, WrongSecretKey."""
        return cls(path, secret_keys, clock, asyncio.get_running_loop())

    def __init__(
        self,
        path: Path,
        secret_keys: Sequence[str],
        clock: Clock,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._lock = _lock(path)
        try:
            self._connection = _connect(path)
            _prepare_writer(self._connection)
            migrate_sqlite(self._connection)
            self._seal: Seal = open_vault(self._connection, secret_keys)
        except BaseException:
            os.close(self._lock)
            raise
        # Only this process writes, so what it remembers of keys is right until it revokes one.
        self._principals: dict[str, Principal] = {}
        self._hub = Hub()
        self._writer = Writer(self._connection, clock, loop, self._hub.tell)
        self._reader = _connect(path, query_only=True)
        self._list_reader = _connect(path, query_only=True)
        self._list_thread = ThreadPoolExecutor(1, "sqlite-lists")

    # ── Writes ──

    async def apply(self, change: Change) -> Applied | Lost:
        return (await self.apply_all([change]))[0]

    async def apply_all(self, changes: Sequence[Change]) -> list[Applied | Lost]:
        bound = [bind(change, self._seal) for change in changes]
        results: list[Applied | Lost] = await self._writer.submit(WriteChanges(bound))
        if any(isinstance(change.guard, RevokeApiKey | SetDeveloperDisabled) for change in changes):
            self._principals.clear()
        return results

    async def claim_deliveries(
        self, limit: int, lease: int, busy: Sequence[str] = ()
    ) -> list[Delivery]:
        work = ClaimDeliveries(limit, lease, tuple(busy))
        claimed: list[Delivery] = await self._writer.submit(work)
        return claimed

    # ── Reads ──

    async def pause(self, pause_id: str) -> Pause | None:
        row = self._one(pauses.GET, (pause_id,))
        return pauses.from_row(row, self._seal) if row else None

    async def pauses(
        self, developer_id: str, mode: Mode, status: PauseStatus | None, limit: int, offset: int
    ) -> list[Pause]:
        statement = pauses.LIST_WITH_STATUS if status else pauses.LIST
        filters = (developer_id, mode.value, status.value) if status else (developer_id, mode.value)
        parameters = (*filters, limit, offset)
        return await self._list(statement, parameters, lambda r: pauses.from_row(r, self._seal))

    async def due_pauses(self, now: Instant, limit: int) -> list[DuePause]:
        rows = self._all(pauses.DUE, (now, limit))
        return [DuePause(row[0], row[1], Mode(row[2]), row[3]) for row in rows]

    async def next_deadline(self) -> Instant | None:
        self._hub.forget_deadlines()
        return self._instant(pauses.NEXT_DEADLINE)

    async def next_delivery_due(self) -> Instant | None:
        return self._instant(deliveries.NEXT_DUE)

    async def delivery(self, delivery_id: str) -> Delivery | None:
        row = self._one(deliveries.GET, (delivery_id,))
        return deliveries.from_row(row) if row else None

    async def webhook_deliveries(self, webhook_id: str, limit: int, offset: int) -> list[Delivery]:
        parameters = (webhook_id, limit, offset)
        return await self._list(deliveries.OF_WEBHOOK, parameters, deliveries.from_row)

    async def idempotent_pause(
        self, developer_id: str, mode: Mode, key: str, fingerprint: str, not_before: Instant
    ) -> IdempotentPause | None:
        index = idempotency_index(key, self._seal)
        row = self._one(pauses.GET_IDEMPOTENT, (developer_id, mode.value, index, not_before))
        if row is None:
            return None
        return IdempotentPause(row[1], row[0] == self._seal.blind_index(fingerprint, "body"))

    async def principal(self, key_hash: str) -> Principal | None:
        known = self._principals.get(key_hash)
        if known is None:
            row = self._one(accounts.GET_PRINCIPAL, (key_hash,))
            if row is None:
                return None
            known = accounts.principal_from_row(row)
            if len(self._principals) >= _PRINCIPALS_KEPT:
                self._principals.clear()
            self._principals[key_hash] = known
        return known

    async def developer(self, developer_id: str) -> Developer | None:
        return self._developer(self._one(accounts.GET_DEVELOPER, (developer_id,)))

    async def developer_by_email(self, email: str) -> Developer | None:
        index = accounts.email_index(email, self._seal)
        return self._developer(self._one(accounts.GET_DEVELOPER_BY_EMAIL, (index,)))

    async def developers(self) -> list[Developer]:
        return await self._list(
            accounts.LIST_DEVELOPERS, (), lambda r: accounts.developer_from_row(r, self._seal)
        )

    async def api_keys(self, developer_id: str) -> list[ApiKey]:
        rows = self._all(accounts.LIST_KEYS, (developer_id,))
        return [accounts.key_from_row(row) for row in rows]

    async def webhook(self, webhook_id: str) -> Webhook | None:
        row = self._one(accounts.GET_WEBHOOK, (webhook_id,))
        return accounts.webhook_from_row(row, self._seal) if row else None

    async def webhooks(self, developer_id: str, mode: Mode) -> list[Webhook]:
        rows = self._all(accounts.LIST_WEBHOOKS, (developer_id, mode.value))
        return [accounts.webhook_from_row(row, self._seal) for row in rows]

    async def subscribers(self, developer_id: str, mode: Mode, event: Event) -> list[str]:
        rows = self._all(accounts.SUBSCRIBERS, (developer_id, mode.value))
        return [webhook_id for webhook_id, events in rows if event.value in events.split()]

    async def audit(
        self,
        developer_id: str,
        mode: Mode,
        *,
        pause_id: str | None,
        event: Event | None,
        since: Instant | None,
        until: Instant | None,
        limit: int,
        offset: int,
    ) -> list[AuditEntry]:
        filters = {
            "pause_id = ?": pause_id,
            "event = ?": event.value if event else None,
            "created_at >= ?": since,
            "created_at <= ?": until,
        }
        statement, parameters = audit.select(developer_id, mode, filters, limit, offset)
        return await self._list(statement, parameters, audit.from_row)

    async def count_pauses(self, developer_id: str, mode: Mode, since: Instant) -> int:
        parameters = (developer_id, mode.value, pauses.first_id_at(since))
        counts: list[int] = await self._list(pauses.COUNT_SINCE, parameters, lambda row: row[0])
        return counts[0]

    async def check(self) -> None:
        self._one(Statement("check", "SELECT 1 FROM schema_migrations"), ())
        await self.apply(Change())

    # ── News ──

    @property
    def waiting(self) -> int:
        """How many agents wait in this process."""
        return self._hub.waiting

    def watch(self, pause_id: str) -> PauseWaiter:
        return self._hub.watch(pause_id)

    def release_waiters(self) -> None:
        self._hub.release_all()

    async def outbox_news(self) -> None:
        await self._hub.outbox_news()

    async def deadline_news(self, before: Instant | None) -> None:
        await self._hub.deadline_news(before)

    async def close(self) -> None:
        await asyncio.to_thread(self._writer.close)
        self._list_thread.shutdown()
        # The writer's connection closes last: the last one out checkpoints.
        for connection in (self._reader, self._list_reader, self._connection):
            connection.close()
        os.close(self._lock)

    # ── How it reads ──

    def _one(self, statement: Statement, parameters: Parameters) -> Any:
        try:
            return self._reader.execute(statement.sql, parameters).fetchone()
        except sqlite3.Error as error:
            raise StoreUnavailable(str(error)) from error

    def _all(self, statement: Statement, parameters: Parameters) -> list[Any]:
        try:
            return self._reader.execute(statement.sql, parameters).fetchall()
        except sqlite3.Error as error:
            raise StoreUnavailable(str(error)) from error

    async def _list(
        self, statement: Statement, parameters: Parameters, decode: Callable[[Any], T]
    ) -> list[T]:
        def read() -> list[T]:
            rows = self._list_reader.execute(statement.sql, parameters).fetchall()
            return [decode(row) for row in rows]

        try:
            return await asyncio.get_running_loop().run_in_executor(self._list_thread, read)
        except sqlite3.Error as error:
            raise StoreUnavailable(str(error)) from error

    def _instant(self, statement: Statement) -> Instant | None:
        found: Instant | None = self._one(statement, ())[0]
        return found

    def _developer(self, row: Any) -> Developer | None:
        return accounts.developer_from_row(row, self._seal) if row else None


def _lock(path: Path) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
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
        path, isolation_level=None, check_same_thread=False, cached_statements=256, timeout=5
    )
    if query_only:
        connection.execute("PRAGMA query_only = ON")
    return connection


def _prepare_writer(connection: sqlite3.Connection) -> None:
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        # Without it INSERT OR REPLACE walks past the triggers that guard the audit log.
        "recursive_triggers = ON",
        "secure_delete = ON",
    ):
        connection.execute(f"PRAGMA {pragma}")
