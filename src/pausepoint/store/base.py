"""What an operation may ask of the store: read records, and apply one frozen change.

An operation reads, decides with the pure core, and hands over one `Change`: at most one guard, and
rows that follow only if the guard held. The store answers after the commit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from pausepoint.domain.account import ApiKey, Developer, Principal
from pausepoint.domain.audit import AuditEntry
from pausepoint.domain.delivery import Delivery
from pausepoint.domain.events import Event
from pausepoint.domain.in_flight import InFlight
from pausepoint.domain.mode import Mode
from pausepoint.domain.pause import Contact, Pause, PauseStatus
from pausepoint.domain.record import record
from pausepoint.domain.time import Instant
from pausepoint.domain.webhook import Webhook
from pausepoint.store.changes import Applied, Change, Lost
from pausepoint.store.counts import CountExchange
from pausepoint.store.directory import Directory
from pausepoint.store.erasing import Erasing
from pausepoint.store.feed import FeedSource


@record(frozen=True, slots=True)
class DuePause:
    """As much of an overdue pause as its timing out needs.

    `contacts` are the people asked, where it has a default; `is_failed` if none could be reached.
    """

    pause_id: str
    developer_id: str
    mode: Mode
    default_index: int | None
    callback_target: str | None = None
    contacts: tuple[Contact, ...] = ()
    is_failed: bool = False


@record(frozen=True, slots=True)
class IdempotentPause:
    """What an idempotency key was used for; `is_same` if with the same body."""

    pause_id: str
    is_same: bool


class StoreUnavailable(Exception):
    """The database cannot be reached or refuses to write; what was asked may be tried again."""


class CannotOpen(Exception):
    """The database cannot be opened until the operator changes something; the message says what."""


class DatabaseRefused(CannotOpen):
    """PostgreSQL refuses the connection: user, password, database, right, certificate, option."""


class DatabaseGone(StoreUnavailable):
    """The database's file is not where it was opened: what would be written would be lost."""

    def __init__(self) -> None:
        super().__init__("its file was moved, replaced or deleted while it was in use")


class OutcomeUnknown(StoreUnavailable):
    """The database went away during the commit and has not come back: it may have been written.

    Only a database that several processes share can leave that open.
    """


class Waiter(Protocol):
    """One agent's wait for news of its pauses."""

    async def wait(self) -> None:
        """Returns as soon as one has ended or its delivery has failed, or on `release`."""
        ...

    def release(self) -> None:
        """Ends the wait from outside."""
        ...

    def close(self) -> None: ...


class Store(FeedSource, CountExchange, Directory, Erasing, Protocol):
    """Reads see every change that was applied before. Raises StoreUnavailable."""

    async def apply(self, change: Change) -> Applied | Lost:
        """Returns after the commit; raises ValueError for text that cannot be stored."""
        ...

    async def apply_all(self, changes: Sequence[Change]) -> list[Applied | Lost]:
        """Each change for itself, as with `apply`, in as few commits as they fit in."""
        ...

    async def claim_deliveries(
        self, limit: int, lease: int, in_flight: InFlight | None = None
    ) -> list[Delivery]:
        """Claim deliveries that are due, and begin their next attempt.

        Each is claimed for `lease` milliseconds, or up to a sixth more. No target and no account
        gets more than its limit, what the process has in flight counted in.
        """
        ...

    # ── Reads ──

    async def pause(self, pause_id: str) -> Pause | None:
        """With its action's arguments, if it has any."""
        ...

    async def pauses(
        self, developer_id: str, mode: Mode, status: PauseStatus | None, limit: int, offset: int
    ) -> list[Pause]:
        """Newest first, without their actions' arguments: they may be large."""
        ...

    async def due_pauses(self, now: Instant, limit: int) -> list[DuePause]: ...

    async def next_deadline(self) -> Instant | None: ...

    async def next_delivery_due(self, after: Instant = -1) -> Instant | None: ...

    async def delivery(self, delivery_id: str) -> Delivery | None: ...

    async def webhook_deliveries(
        self, webhook_id: str, limit: int, offset: int
    ) -> list[Delivery]: ...

    async def messages(self, pause_id: str) -> list[Delivery]:
        """The deliveries that ask a person, reminders among them; of each recipient the first comes first."""
        ...

    async def callback_deliveries(
        self, pause_id: str, limit: int, offset: int = 0
    ) -> list[Delivery]:
        """Of the pause's own callback, newest first."""
        ...

    async def idempotent_pause(
        self, developer_id: str, mode: Mode, key: str, fingerprint: str, not_before: Instant
    ) -> IdempotentPause | None: ...

    async def principal(self, key_hash: str) -> Principal | None:
        """Who holds this key; None for a revoked key and for a disabled account."""
        ...

    async def developer(self, developer_id: str) -> Developer | None: ...

    async def developer_by_email(self, email: str) -> Developer | None: ...

    async def developers(self) -> list[Developer]: ...

    async def api_keys(self, developer_id: str) -> list[ApiKey]: ...

    async def webhook(self, webhook_id: str) -> Webhook | None: ...

    async def webhooks(self, developer_id: str, mode: Mode) -> list[Webhook]: ...

    async def subscribers(self, developer_id: str, mode: Mode, event: Event) -> list[str]:
        """The ids of the enabled webhooks that want this event."""
        ...

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
        """Newest first, with the content that is still there joined in."""
        ...

    async def count_pauses(self, developer_id: str, mode: Mode, since: Instant) -> int: ...

    async def check(self) -> None:
        """Raises StoreUnavailable if the database cannot be read and written."""
        ...

    # ── News ──

    @property
    def is_releasing(self) -> bool:
        """True once `release_waiters` was called: who is released then has heard no news."""
        ...

    @property
    def waiting(self) -> int:
        """How many agents wait in this process, and how many follow the feed."""
        ...

    def watch(self, *pause_ids: str) -> Waiter: ...

    def release_waiters(self) -> None:
        """Ends every wait, now and from now on: the process is about to stop."""
        ...

    async def outbox_news(self) -> None:
        """Returns when a delivery may have become due sooner than was known."""
        ...

    async def deadline_news(self, before: Instant | None) -> None:
        """Returns when a pause that falls due before `before` has come since the last such return."""
        ...

    async def close(self) -> None: ...
