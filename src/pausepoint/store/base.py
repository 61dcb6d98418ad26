"""The abstract store: an operation reads records, decides, and applies one frozen `Change`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import TypeVar

from pausepoint.domain.account import ApiKey, Developer, Principal
from pausepoint.domain.audit import AuditEntry
from pausepoint.domain.delivery import Delivery
from pausepoint.domain.events import Event
from pausepoint.domain.in_flight import InFlight
from pausepoint.domain.messages import together
from pausepoint.domain.mode import Mode
from pausepoint.domain.pause import Contact, Pause, PauseStatus
from pausepoint.domain.recipients import Mute, Recipient
from pausepoint.domain.time import Instant
from pausepoint.domain.webhook import Webhook
from pausepoint.security.sealed import Seal
from pausepoint.store import accounts, audit, contents, deliveries, erasing, pauses
from pausepoint.store import recipients as people
from pausepoint.store.changes import Applied, Change, Lost
from pausepoint.store.counts import ToldCounts
from pausepoint.store.erasing import ErasablePause
from pausepoint.store.feed import BEGINNING, FeedEntry, FeedPosition
from pausepoint.store.pauses import DuePause, IdempotentPause
from pausepoint.store.statements import Parameters, Query
from pausepoint.store.waiters import AccountWaiter, PauseWaiter, WaiterRegistry

R = TypeVar("R")
T = TypeVar("T")


class StoreUnavailable(Exception):
    """The database cannot be reached or refuses to write; the call may be repeated."""


class CannotOpen(Exception):
    """The database cannot be opened until the operator changes something; the message says what."""


class DatabaseRefused(CannotOpen):
    """PostgreSQL refuses the connection: user, password, database, right, certificate, option."""


class DatabaseGone(StoreUnavailable):
    """The database's file is not at the path where it was opened: writes would be lost."""

    def __init__(self) -> None:
        super().__init__("its file was moved, replaced or deleted while it was in use")


class OutcomeUnknown(StoreUnavailable):
    """PostgreSQL went away during the commit and has not come back: it may have been written."""


class Store(ABC):
    """The queries of both engines; an engine adds how a statement runs, and the writes.

    Reads see every change that was applied before. Every method raises StoreUnavailable.
    """

    _due_statement: Query[pauses.DueQuestionRow]
    _feed_end: Query[FeedPosition]
    _feed_statement: Query[audit.FeedRow]

    def __init__(self, seal: Seal) -> None:
        self._seal = seal
        self._registry = WaiterRegistry()

    @abstractmethod
    async def close(self) -> None: ...

    @abstractmethod
    async def check(self) -> None:
        """Raise StoreUnavailable if the database cannot be read and written."""

    # ── Writes ──

    @abstractmethod
    async def apply(self, change: Change) -> Applied | Lost:
        """Return after the commit. Raises ValueError for text that cannot be stored."""

    @abstractmethod
    async def apply_all(self, changes: Sequence[Change]) -> list[Applied | Lost]:
        """Apply each change independently, as `apply` does, in as few commits as they fit in."""

    @abstractmethod
    async def claim_deliveries(
        self, limit: int, lease: int, in_flight: InFlight | None = None
    ) -> list[Delivery]:
        """Claim deliveries that are due, and begin their next attempt.

        Each is claimed for `lease` milliseconds, or up to a sixth more. No target and no account
        gets more than its limit, `in_flight` of this process counted in.
        """

    @abstractmethod
    async def scrub(self) -> bool:
        """Remove erased content from SQLite's write-ahead log; on PostgreSQL VACUUM removes it.

        False while a reader prevents it: then it is retried until it is done.
        """

    @abstractmethod
    async def purge_audit(self, before: Instant, limit: int) -> int:
        """Remove the oldest entries, at most `limit`, record that in the log, and return their number."""

    @abstractmethod
    async def exchange_counts(self, own: ToldCounts, since: Instant) -> list[ToldCounts]:
        """Publish own counts and return those of other processes; none where there is one process."""

    # ── How an engine reads ──

    @abstractmethod
    async def _one(self, query: Query[R], parameters: Parameters) -> R | None:
        """Return the first row, or None."""

    @abstractmethod
    async def _all(self, query: Query[R], parameters: Parameters) -> list[R]:
        """Return the few rows of a lookup by index."""

    @abstractmethod
    async def _list(
        self, query: Query[R], parameters: Parameters, decode: Callable[[R], T]
    ) -> list[T]:
        """Return the rows of a list or a scan, decoded off the event loop where that is slow."""

    @abstractmethod
    async def _own_position(self, developer_id: str, given: FeedPosition) -> FeedPosition | None:
        """As `feed_position`, for a place that may be behind the end, or before the oldest entry."""

    @abstractmethod
    def _feed_parameters(self, after: FeedPosition, events: list[str]) -> Parameters:
        """Return the parameters of `_feed_statement` between the account and the limit."""

    @abstractmethod
    def _wake_feed_later(self, developer_id: str, written_at: Instant) -> None:
        """Wake the account's streams again: an entry waits for an older transaction to end."""

    # ── Pauses ──

    async def pause(self, pause_id: str) -> Pause | None:
        """Return the pause, with its action's arguments if it has any."""
        row = await self._one(pauses.GET, (pause_id,))
        if row is None:
            return None
        pause = pauses.from_row(row, self._seal)
        if pause.content is not None and pause.content.action is not None:
            arguments = await self._one(contents.GET_ACTION, (pause_id,))
            if arguments is not None:
                pause = contents.with_arguments(pause, arguments, self._seal)
        if pause.fallbacks or pause.remind_at is not None:
            return await self._with_all_messages(pause)
        return pause

    async def pauses(
        self, developer_id: str, mode: Mode, status: PauseStatus | None, limit: int, offset: int
    ) -> list[Pause]:
        """Return pauses, newest first, without their actions' arguments: they may be large."""
        query = pauses.LIST_WITH_STATUS if status else pauses.LIST
        filters = (developer_id, mode.value, status.value) if status else (developer_id, mode.value)
        parameters = (*filters, limit, offset)
        found = await self._list(query, parameters, lambda r: pauses.from_row(r, self._seal))
        return [
            await self._with_all_messages(pause) if pause.has_several_messages else pause
            for pause in found
        ]

    async def _with_all_messages(self, pause: Pause) -> Pause:
        messages = await self.messages(pause.pause_id)
        return together(pause, messages) if messages else pause

    async def due_pauses(self, now: Instant, limit: int) -> list[DuePause]:
        rows = await self._all(self._due_statement, (now, limit))
        return [pauses.due_from_row(row, self._seal) for row in rows]

    async def next_deadline(self) -> Instant | None:
        return await self._one(pauses.NEXT_DEADLINE, ())

    async def count_pauses(self, developer_id: str, mode: Mode, since: Instant) -> int:
        parameters = (developer_id, mode.value, pauses.first_id_at(since))
        [count] = await self._list(pauses.COUNT_SINCE, parameters, int)
        return count

    async def idempotent_pause(
        self, developer_id: str, mode: Mode, key: str, fingerprint: str, not_before: Instant
    ) -> IdempotentPause | None:
        index = pauses.idempotency_index(key, self._seal)
        parameters = (developer_id, mode.value, index, not_before)
        row = await self._one(pauses.GET_IDEMPOTENT, parameters)
        if row is None:
            return None
        is_same = row.body_hash == self._seal.blind_index(fingerprint, "body")
        return IdempotentPause(row.pause_id, is_same)

    async def erasable_pauses(self, asked_before: Instant, limit: int) -> list[ErasablePause]:
        """Return pauses that have ended and still have content, oldest first."""
        return await self._all(erasing.ERASABLE, (pauses.first_id_at(asked_before), limit))

    # ── The outbox ──

    async def next_delivery_due(self, after: Instant = -1) -> Instant | None:
        return await self._one(deliveries.NEXT_DUE, (after, after))

    async def delivery(self, delivery_id: str) -> Delivery | None:
        row = await self._one(deliveries.GET, (delivery_id,))
        return deliveries.from_row(row) if row else None

    async def webhook_deliveries(self, webhook_id: str, limit: int, offset: int) -> list[Delivery]:
        parameters = (webhook_id, limit, offset)
        return await self._list(deliveries.OF_WEBHOOK, parameters, deliveries.from_row)

    async def messages(self, pause_id: str) -> list[Delivery]:
        """Return the deliveries of messages to people, those of one recipient in their order."""
        rows = await self._all(deliveries.MESSAGES, (pause_id,))
        return [deliveries.from_row(row) for row in rows]

    async def callback_deliveries(
        self, pause_id: str, limit: int, offset: int = 0
    ) -> list[Delivery]:
        """Return the deliveries of the pause's own callback, newest first."""
        parameters = (pause_id, limit, offset)
        return await self._list(deliveries.OF_CALLBACK, parameters, deliveries.from_row)

    # ── Accounts ──

    async def principal(self, key_hash: str) -> Principal | None:
        """Return the holder of this key; None for a revoked key and for a disabled account."""
        row = await self._one(accounts.GET_PRINCIPAL, (key_hash,))
        return accounts.principal_from_row(row) if row else None

    async def developer(self, developer_id: str) -> Developer | None:
        row = await self._one(accounts.GET_DEVELOPER, (developer_id,))
        return accounts.developer_from_row(row, self._seal) if row else None

    async def developer_by_email(self, email: str) -> Developer | None:
        index = accounts.email_index(email, self._seal)
        row = await self._one(accounts.GET_DEVELOPER_BY_EMAIL, (index,))
        return accounts.developer_from_row(row, self._seal) if row else None

    async def developers(self) -> list[Developer]:
        return await self._list(
            accounts.LIST_DEVELOPERS, (), lambda r: accounts.developer_from_row(r, self._seal)
        )

    async def api_keys(self, developer_id: str) -> list[ApiKey]:
        rows = await self._all(accounts.LIST_KEYS, (developer_id,))
        return [accounts.key_from_row(row) for row in rows]

    async def webhook(self, webhook_id: str) -> Webhook | None:
        row = await self._one(accounts.GET_WEBHOOK, (webhook_id,))
        return accounts.webhook_from_row(row, self._seal) if row else None

    async def webhooks(self, developer_id: str, mode: Mode) -> list[Webhook]:
        rows = await self._all(accounts.LIST_WEBHOOKS, (developer_id, mode.value))
        return [accounts.webhook_from_row(row, self._seal) for row in rows]

    async def subscribers(self, developer_id: str, mode: Mode, event: Event) -> list[str]:
        """Return the ids of the enabled webhooks that are subscribed to this event."""
        rows = await self._all(accounts.SUBSCRIBERS, (developer_id, mode.value))
        return [webhook_id for webhook_id, events in rows if event.value in events]

    # ── Recipients ──

    async def recipient(self, recipient_id: str) -> Recipient | None:
        row = await self._one(people.GET, (recipient_id,))
        return people.recipient_from_row(row, self._seal) if row else None

    async def recipient_at(
        self, developer_id: str, mode: Mode, contact: Contact
    ) -> Recipient | None:
        key = people.address_key(developer_id, mode, contact, self._seal)
        row = await self._one(people.GET_AT, (key,))
        return people.recipient_from_row(row, self._seal) if row else None

    async def recipients(
        self, developer_id: str, mode: Mode, limit: int, offset: int
    ) -> list[Recipient]:
        """Return recipients, newest first."""
        parameters = (developer_id, mode.value, limit, offset)
        return await self._list(
            people.LIST, parameters, lambda r: people.recipient_from_row(r, self._seal)
        )

    async def mute(self, developer_id: str, mode: Mode, contact: Contact) -> Mute | None:
        for key in people.mute_keys(developer_id, mode, contact, self._seal):
            if row := await self._one(people.GET_MUTE, (key,)):
                return people.mute_from_row(row, self._seal)
        return None

    async def is_muted(self, developer_id: str, mode: Mode, contact: Contact) -> bool:
        return await self.mute(developer_id, mode, contact) is not None

    async def mutes(self) -> list[Mute]:
        """Return the mutes of every account, oldest first."""
        return await self._list(
            people.LIST_MUTES, (), lambda r: people.mute_from_row(r, self._seal)
        )

    async def count_waiting(self, developer_id: str, contact: Contact) -> int:
        """Return how many pending live pauses of the account have this person as their recipient."""
        key = people.person_key(developer_id, Mode.LIVE, contact, self._seal)
        return await self._one(people.COUNT_WAITING, (key,)) or 0

    # ── The audit log and the feed ──

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
        """Return entries, newest first."""
        filters = {
            "pause_id = ?": pause_id,
            "event = ?": event.value if event else None,
            "created_at >= ?": since,
            "created_at <= ?": until,
        }
        query, parameters = audit.select(developer_id, mode, filters, limit, offset)
        return await self._list(query, parameters, audit.from_row)

    async def feed_end(self, developer_id: str) -> FeedPosition:
        """Return the account's newest entry; entries committed just now may be after it."""
        return await self._one(self._feed_end, (developer_id,)) or BEGINNING

    async def feed_position(self, developer_id: str, given: FeedPosition) -> FeedPosition | None:
        """Return the same place in this store; None if it has none, or entries after it were purged.

        A position that another engine gave is accepted if its entry was copied, and so is one of
        older versions, which may lie behind the account's last entry. The result depends on the
        account's own entries alone: else probing would reveal how many others have.
        """
        if given.entry_id == 0:
            return BEGINNING
        place = await self._own_position(developer_id, given)
        end = await self.feed_end(developer_id)
        if place is None:
            return None
        if (place.transaction, place.entry_id) > (end.transaction, end.entry_id):
            return end if given.entry_id < audit.LEGACY_IDS_BELOW else None
        oldest = await self._one(audit.OLDEST_AFTER_PURGE, (developer_id,))
        assert oldest is not None
        return None if place.entry_id < oldest else place

    async def feed(
        self,
        developer_id: str,
        mode: Mode,
        after: FeedPosition,
        events: Sequence[Event],
        limit: int,
    ) -> list[FeedEntry]:
        """Return the next entries, oldest first. No other entry can come before them later."""
        place = self._feed_parameters(after, [event.value for event in events])
        parameters = (developer_id, mode.value, *place, limit)
        rows = await self._list(self._feed_statement, parameters, lambda row: row)
        settled = list(takewhile(lambda row: row.is_settled, rows))
        if len(settled) < len(rows):
            self._wake_feed_later(developer_id, rows[len(settled)].created_at)
        return [FeedEntry(FeedPosition(r.txid, r.entry_id), audit.from_row(r)) for r in settled]

    # ── Change events ──

    @property
    def is_releasing(self) -> bool:
        """True once `release_waiters` was called: a wait may then end without a change."""
        return self._registry.is_releasing

    @property
    def waiting(self) -> int:
        """Number of waiting agents and streams of the feed in this process."""
        return self._registry.waiting

    def watch(self, *pause_ids: str) -> PauseWaiter:
        return self._registry.watch(*pause_ids)

    def watch_feed(self, developer_id: str) -> AccountWaiter:
        return self._registry.watch_feed(developer_id)

    def release_waiters(self) -> None:
        """End every wait, now and from now on, for shutdown."""
        self._registry.release_all()

    async def outbox_news(self) -> None:
        """Return when a delivery may have become due earlier than was known."""
        await self._registry.outbox_news()

    async def deadline_news(self, before: Instant | None) -> None:
        """Return when a pause that is due before `before` was added since the last such return."""
        await self._registry.deadline_news(before)
