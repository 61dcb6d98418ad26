"""Result types: pauses, entries of the audit log, webhooks. Frozen, typed, quiet in reprs.

Fields have the names of the API. Unknown ones are ignored, so that a newer server may say more;
for the same reason states are plain strings.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct

T = TypeVar("T")


class Attempt(Struct, frozen=True):
    """One attempt at delivery; `code` is the vendor's, or HTTP's.

    Of a message to a person it also says on which channel and to which recipient it went, and whether it was a
    reminder; of a webhook these are None. `recipient` is None too once the pause is erased.
    """

    number: int
    at: datetime
    outcome: str
    code: str | None = None
    channel: str | None = None
    recipient: str | None = None
    reminder: bool | None = None

    def __repr__(self) -> str:
        return f"Attempt({self.number}, {self.outcome!r}, code={self.code!r})"


class Fallback(Struct, frozen=True):
    """Another recipient, asked if the message fails or there is no answer by the reminder."""

    recipient: str
    channel: str

    def __repr__(self) -> str:
        return f"Fallback(channel={self.channel!r})"


class Delivery(Struct, frozen=True):
    """`state` is `queued`, `sent`, `delivered`, `failed` or `simulated`."""

    state: str
    attempts: tuple[Attempt, ...] = ()


class Action(Struct, frozen=True):
    """What an agent is about to do. `arguments` is anything that JSON can say."""

    tool: str
    arguments: Any

    def __repr__(self) -> str:
        return f"Action({self.tool!r})"


class Pause(Struct, frozen=True, kw_only=True, eq=False):
    """A question to a person. Fields of content are None once erased.

    `status` is `pending`, `responded`, `timed_out` or `cancelled`; `resolved_by` is `human`,
    `timeout`, `developer`, or None while pending. `respond_url` is the person's link: only `create`
    has it, and only where the server shows it. In a list `action` is None; `action_sha256` says
    whether there is one. `remind_at` is when the question is sent again, `fallback` who else is asked.
    `is_replay` is set by `create`: the idempotency key had made this pause
    before, so its answer, if there is one, was given to an earlier call. It is not compared.
    """

    pause_id: str
    status: str
    channel: str
    created_at: datetime
    expires_at: datetime
    delivery: Delivery
    recipient: str | None = None
    message: str | None = None
    options: tuple[str, ...] | None = None
    allow_text_response: bool = False
    timeout_default: str | None = None
    metadata: dict[str, Any] | None = None
    response_choice: str | None = None
    response_text: str | None = None
    response_at: datetime | None = None
    resolved_by: str | None = None
    test: bool = False
    respond_url: str | None = None
    action: Action | None = None
    action_sha256: str | None = None
    remind_at: datetime | None = None
    fallback: tuple[Fallback, ...] | None = None
    is_replay: bool = False

    @property
    def is_pending(self) -> bool:
        return self.status == "pending"

    @property
    def is_undeliverable(self) -> bool:
        """True if the message to the person failed for good."""
        return self.delivery.state == "failed"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Pause):
            return NotImplemented
        *ours, _ = msgspec.structs.astuple(self)
        *theirs, _ = msgspec.structs.astuple(other)
        return ours == theirs

    def __hash__(self) -> int:
        return hash((self.pause_id, self.status))

    def __repr__(self) -> str:
        return f"Pause({self.pause_id!r}, status={self.status!r}, channel={self.channel!r})"


class Page(Struct, Generic[T], frozen=True):
    """A part of a list, newest first. `has_more` says that there is a next part, at a higher offset."""

    items: tuple[T, ...]
    limit: int
    offset: int
    has_more: bool

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


class AuditEntry(Struct, frozen=True, kw_only=True):
    """What happened. `actor` is `developer`, `human` or `system`; `detail` depends on the event."""

    id: int
    developer_id: str
    event_type: str
    actor: str
    created_at: datetime
    pause_request_id: str | None = None
    detail: dict[str, Any] = {}

    def __repr__(self) -> str:
        return f"AuditEntry({self.id}, {self.event_type!r}, pause={self.pause_request_id!r})"


class Webhook(Struct, frozen=True, kw_only=True):
    """Where events go. `disabled_at` is set once its server has answered 410."""

    webhook_id: str
    url: str
    events: tuple[str, ...]
    created_at: datetime
    disabled_at: datetime | None = None

    def __repr__(self) -> str:
        return f"Webhook({self.webhook_id!r}, events={self.events!r})"


class WebhookDelivery(Struct, frozen=True, kw_only=True):
    """The delivery of one event to one webhook."""

    delivery_id: str
    pause_id: str
    state: str
    created_at: datetime
    event: str | None = None
    attempts: tuple[Attempt, ...] = ()
    next_attempt_at: datetime | None = None
