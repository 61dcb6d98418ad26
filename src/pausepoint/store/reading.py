"""The queries and waiters of both engines; an engine implements only how a statement runs."""

from __future__ import annotations

from typing import Any, TypeVar

from pausepoint.domain.account import ApiKey, Developer, Principal
from pausepoint.domain.audit import AuditEntry
from pausepoint.domain.delivery import Delivery
from pausepoint.domain.events import Event
from pausepoint.domain.messages import together
from pausepoint.domain.mode import Mode
from pausepoint.domain.pause import Pause, PauseStatus
from pausepoint.domain.time import Instant
from pausepoint.domain.webhook import Webhook
from pausepoint.security.sealed import Seal
from pausepoint.store import accounts, audit, contents, deliveries, erasing, pauses
from pausepoint.store.base import DuePause, IdempotentPause
from pausepoint.store.counts import ToldCounts
from pausepoint.store.directory_reading import DirectoryReading
from pausepoint.store.erasing import ErasablePause
from pausepoint.store.feed_reading import FeedReading
from pausepoint.store.statements import Parameters, Statement
from pausepoint.store.waiters import AccountWaiter, PauseWaiter, WaiterRegistry

T = TypeVar("T")


class ReadingStore(FeedReading, DirectoryReading):
    """The queries and change events of `Store`. Rows are read by position."""

    _due_statement: Statement = pauses.DUE

    def __init__(self, seal: Seal) -> None:
        self._seal = seal
        self._registry = WaiterRegistry()

    # ── Pauses ──

    async def pause(self, pause_id: str) -> Pause | None:
        row = await self._one(pauses.GET, (pause_id,))
        if row is None:
            return None
        pause = pauses.from_row(row, self._seal)
        if pause.content is not None and pause.content.action is not None:
            pause = await self._with_arguments(pause)
        if pause.fallbacks or pause.remind_at is not None:
            return await self._with_all_messages(pause)
        return pause

    async def pauses(
        self, developer_id: str, mode: Mode, status: PauseStatus | None, limit: int, offset: int
    ) -> list[Pause]:
        statement = pauses.LIST_WITH_STATUS if status else pauses.LIST
        filters = (developer_id, mode.value, status.value) if status else (developer_id, mode.value)
        parameters = (*filters, limit, offset)
        found = await self._list(statement, parameters, lambda r: pauses.from_row(r, self._seal))
        return [
            await self._with_all_messages(pause) if pause.has_several_messages else pause
            for pause in found
        ]

    async def _with_arguments(self, pause: Pause) -> Pause:
        row = await self._one(contents.GET_ACTION, (pause.pause_id,))
        return contents.with_arguments(pause, row[0], self._seal) if row else pause

    async def _with_all_messages(self, pause: Pause) -> Pause:
        """As it is where none was written, since no question is sent."""
        messages = await self.messages(pause.pause_id)
        return together(pause, messages) if messages else pause

    async def due_pauses(self, now: Instant, limit: int) -> list[DuePause]:
        rows = await self._all(self._due_statement, (now, limit))
        return [pauses.due_from_row(row, self._seal) for row in rows]

    async def next_deadline(self) -> Instant | None:
        return await self._instant(pauses.NEXT_DEADLINE)

    async def count_pauses(self, developer_id: str, mode: Mode, since: Instant) -> int:
        parameters = (developer_id, mode.value, pauses.first_id_at(since))
        counts: list[int] = await self._list(pauses.COUNT_SINCE, parameters, lambda row: row[0])
        return counts[0]

    async def idempotent_pause(
        self, developer_id: str, mode: Mode, key: str, fingerprint: str, not_before: Instant
    ) -> IdempotentPause | None:
        index = pauses.idempotency_index(key, self._seal)
        parameters = (developer_id, mode.value, index, not_before)
        row = await self._one(pauses.GET_IDEMPOTENT, parameters)
        if row is None:
            return None
        return IdempotentPause(row[1], row[0] == self._seal.blind_index(fingerprint, "body"))

    # ── The outbox ──

    async def next_delivery_due(self, after: Instant = -1) -> Instant | None:
        return await self._instant(deliveries.NEXT_DUE, (after, after))

    async def delivery(self, delivery_id: str) -> Delivery | None:
        row = await self._one(deliveries.GET, (delivery_id,))
        return deliveries.from_row(row) if row else None

    async def webhook_deliveries(self, webhook_id: str, limit: int, offset: int) -> list[Delivery]:
        parameters = (webhook_id, limit, offset)
        return await self._list(deliveries.OF_WEBHOOK, parameters, deliveries.from_row)

    async def messages(self, pause_id: str) -> list[Delivery]:
        rows = await self._all(deliveries.MESSAGES, (pause_id,))
        return [deliveries.from_row(row) for row in rows]

    async def callback_deliveries(
        self, pause_id: str, limit: int, offset: int = 0
    ) -> list[Delivery]:
        parameters = (pause_id, limit, offset)
        return await self._list(deliveries.OF_CALLBACK, parameters, deliveries.from_row)

    # ── Accounts ──

    async def principal(self, key_hash: str) -> Principal | None:
        row = await self._one(accounts.GET_PRINCIPAL, (key_hash,))
        return accounts.principal_from_row(row) if row else None

    async def developer(self, developer_id: str) -> Developer | None:
        return self._developer(await self._one(accounts.GET_DEVELOPER, (developer_id,)))

    async def developer_by_email(self, email: str) -> Developer | None:
        index = accounts.email_index(email, self._seal)
        return self._developer(await self._one(accounts.GET_DEVELOPER_BY_EMAIL, (index,)))

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
        rows = await self._all(accounts.SUBSCRIBERS, (developer_id, mode.value))
        return [webhook_id for webhook_id, events in rows if event.value in events.split()]

    # ── The audit log ──

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

    async def erasable_pauses(self, asked_before: Instant, limit: int) -> list[ErasablePause]:
        parameters = (pauses.first_id_at(asked_before), limit)
        return await self._list(
            erasing.ERASABLE, parameters, lambda r: ErasablePause(r[0], r[1], Mode(r[2]))
        )

    async def exchange_counts(self, own: ToldCounts, since: Instant) -> list[ToldCounts]:
        return []

    # ── News ──

    @property
    def is_releasing(self) -> bool:
        return self._registry.is_releasing

    @property
    def waiting(self) -> int:
        """How many agents wait in this process, and how many follow the feed."""
        return self._registry.waiting

    def watch(self, *pause_ids: str) -> PauseWaiter:
        return self._registry.watch(*pause_ids)

    def watch_feed(self, developer_id: str) -> AccountWaiter:
        return self._registry.watch_feed(developer_id)

    def release_waiters(self) -> None:
        self._registry.release_all()

    async def outbox_news(self) -> None:
        await self._registry.outbox_news()

    async def deadline_news(self, before: Instant | None) -> None:
        await self._registry.deadline_news(before)

    async def _instant(self, statement: Statement, parameters: Parameters = ()) -> Instant | None:
        row = await self._one(statement, parameters)
        found: Instant | None = row[0]
        return found

    def _developer(self, row: Any) -> Developer | None:
        return accounts.developer_from_row(row, self._seal) if row else None
