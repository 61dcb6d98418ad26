"""What every channel is, and what can go wrong on the way to a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Protocol, TypeVar

from pausepoint.domain.delivery import DeliveryState
from pausepoint.domain.time import Instant, from_datetime

Rendered = TypeVar("Rendered", covariant=True)
Sendable = TypeVar("Sendable", contravariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """What a message to a person is made from. `delivery_id` stays the same over all attempts.

    `sender` is the account's name; `message` and `options` are the agent's words, raw. The deadline is
    put into words as of `created_at`: when the pause was made, or when a later message first left.
    A confirmation asks for no decision: its `message` is ours, and it has no options.
    `tool` is the action's, raw; its arguments are for the page alone. `mute_url` leads to the page
    on which the person can mute the account's agents.
    """

    delivery_id: str
    pause_id: str
    sender: str
    recipient: str
    message: str
    options: tuple[str, ...]
    timeout_default: str | None
    created_at: Instant
    expires_at: Instant
    respond_url: str
    is_reminder: bool = False
    is_confirmation: bool = False
    tool: str | None = None
    mute_url: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """The next system took the message.

    `provider_id` is its name for it, `code` its answer; `facts` are figures worth keeping, such as
    an SMS's segments. `is_checkable` says that asking later can tell whether it arrived.
    """

    provider_id: str | None = None
    code: str | None = None
    facts: Mapping[str, str | int] = field(default_factory=dict)
    is_checkable: bool = False


@dataclass(frozen=True, slots=True)
class StatusReport:
    """What a vendor says became of a message: DELIVERED, FAILED, or SENT while it is on its way."""

    state: DeliveryState
    code: str | None = None


class ChannelError(Exception):
    """A message did not leave. `code` is the vendor's own, or a short word of ours.

    A permanent error would come again for the same message; any other is worth another attempt,
    not before `retry_after`.
    """

    def __init__(
        self,
        code: str,
        sentence: str,
        *,
        is_permanent: bool,
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(sentence)
        self.code = code
        self.is_permanent = is_permanent
        self.retry_after = retry_after


class Channel(Protocol[Rendered]):
    """How a question reads on this channel, and which recipients it takes. No I/O."""

    name: str

    def normalise(self, recipient: str) -> str:
        """The one spelling of a recipient's address; raises InvalidRecipient."""
        ...

    def mask(self, recipient: str) -> str:
        """The address as API answers show it: secrets in it are hidden."""
        ...

    def render(self, notification: Notification) -> Rendered:
        """The message as it will leave."""
        ...


class Transport(Protocol[Sendable]):
    """How a rendered message leaves. Raises ChannelError."""

    async def send(self, message: Sendable, notification: Notification, now: Instant) -> Receipt:
        """Hands the message to the next system; returns once that has taken it."""
        ...

    async def fetch_status(self, provider_id: str) -> StatusReport | None:
        """What became of a message sent before; None where nobody can tell."""
        ...


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer to something we posted; `body` is at most its first 64 KiB."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def retry_after(reply: Reply, now: Instant) -> timedelta | None:
    """What `Retry-After` asks for, seconds or a date (RFC 9110, 10.2.3); None for garbage."""
    value = reply.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return timedelta(seconds=int(value[:9]))
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    due = from_datetime(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    return timedelta(milliseconds=max(0, due - now))


class HttpClient(Protocol):
    """The one way out by HTTP. Raises ChannelError when there is no answer."""

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes = b"",
        timeout: timedelta = timedelta(seconds=15),
    ) -> Reply: ...


class CallbackReader(Protocol):
    """Believes a vendor's callback only if it is signed, and reads it."""

    def is_genuine(self, url: str, fields: Sequence[tuple[str, str]], signature: str) -> bool: ...

    def read(self, fields: Mapping[str, str]) -> tuple[str, StatusReport | None]:
        """The vendor's name for the message, and what became of it, if anything is said."""
        ...


AnyChannel = Channel[Any]
AnyTransport = Transport[Any]
