"""The channel protocol, its messages and its errors."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar

from pausepoint.channels.setting import Setting
from pausepoint.domain.delivery import DeliveryState
from pausepoint.domain.time import Instant, from_datetime

Rendered = TypeVar("Rendered")
Sendable = TypeVar("Sendable")


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """The input of a message to a person. `delivery_id` is the same for all attempts.

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
    an SMS's segments. `is_checkable` says that a later query can find whether it arrived.
    """

    provider_id: str | None = None
    code: str | None = None
    facts: Mapping[str, str | int] = field(default_factory=dict)
    is_checkable: bool = False


@dataclass(frozen=True, slots=True)
class StatusReport:
    """A vendor's status of a message: DELIVERED, FAILED, or SENT while it is in transit."""

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


@dataclass(frozen=True, slots=True)
class OperatorValues:
    """The operator's settings, parsed, by `Setting.field`; only those that are set."""

    values: Mapping[str, Any]
    public_url: str
    has_public_url: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """A message as the dev inbox shows it: the text of a Jinja template, and its values.

    The template also has `entry`, `notification`, `now` and the filters and functions of the pages.
    `document` is a whole HTML page, which the inbox serves for a frame at `/dev/inbox/mail/{number}`.
    """

    template: str
    values: Mapping[str, Any]
    document: str | None = None


@cache
def template_beside(module_file: str) -> str:
    """The text of `preview.html` in the folder of a module, given by its `__file__`."""
    return Path(module_file).with_name("preview.html").read_text("utf-8")


class Channel(ABC, Generic[Rendered]):
    """One way to reach people. Everything else in the program reads the channels from the registry.

    The class says what the channel is; an instance holds the operator's settings.
    Regular expressions match the whole text, and are read by Python and JavaScript alike.
    """

    name: ClassVar[str]
    """What the API, settings and commands call it."""

    reached_by: ClassVar[str]
    """How a person is reached, with its preposition: "by SMS"."""

    address: ClassVar[str]
    """What a recipient is here: "phone number"."""

    recipient_form: ClassVar[str]
    """Regular expression for recipients of this channel and of no other, roughly: it finds the
    channel where only a recipient is given."""

    allowed_form: ClassVar[str]
    """Regular expression for what PAUSEPOINT_RECIPIENTS_ALLOWED may hold for this channel."""

    allowed_example: ClassVar[str]
    settings: ClassVar[tuple[Setting, ...]] = ()
    setup_hint: ClassVar[str]
    """The settings without which nothing can be sent."""

    callbacks: ClassVar[Mapping[str, str]] = {}
    """Paths below `/v1/callbacks/` to which its vendor posts, each with a summary for the API's
    documentation. Each holds `{delivery_id}`, or the vendor's body names the delivery."""

    @classmethod
    @abstractmethod
    def configure(cls, given: OperatorValues) -> Self:
        """Raises ValueError with what the operator must set."""

    needs_settings: ClassVar[bool] = True
    """Whether nothing can be sent without some of `settings`."""

    @property
    @abstractmethod
    def is_set_up(self) -> bool:
        """Return True if the settings suffice for `transport`."""

    @abstractmethod
    def transport(self, guarded: HttpClient, operator: HttpClient) -> AnyTransport:
        """Return the transport. `guarded` is the client for addresses that users give, `operator` for those of the
        operator's settings."""

    @abstractmethod
    def normalise(self, recipient: str) -> str:
        """The one spelling of a recipient's address; raises InvalidRecipient."""

    @abstractmethod
    def render(self, notification: Notification) -> Rendered:
        """The message as it will leave. No I/O; the same for the same notification."""

    def mask(self, recipient: str) -> str:
        """The address as API answers show it: secrets in it are hidden."""
        return recipient

    def forbids(self, recipient: str) -> str | None:
        """Return why this normalised address may not be asked, as a sentence; None if it may."""
        return None

    def preview(self, message: Any) -> Preview:
        """Return the dev inbox's preview of a message from `render`."""
        return Preview('<pre class="code">{{ text }}</pre>', {"text": str(message)})

    def callback_reader(self, path: str) -> CallbackReader | None:
        """Reads what the vendor posts to one of `callbacks`; None where it is not set up."""
        return None

    @classmethod
    def is_allowed_pattern(cls, pattern: str) -> bool:
        return re.fullmatch(cls.allowed_form, pattern) is not None

    @classmethod
    def noun(cls) -> str:
        """Its name in a sentence: "SMS", "e-mail"."""
        return cls.reached_by.partition(" ")[2]

    @classmethod
    def title(cls) -> str:
        """Its name at the beginning of a line: "SMS", "E-mail"."""
        noun = cls.noun()
        return noun[0].upper() + noun[1:]


class Transport(ABC, Generic[Sendable]):
    """Sends rendered messages. Raises ChannelError."""

    @abstractmethod
    async def send(self, message: Sendable, notification: Notification, now: Instant) -> Receipt:
        """Hands the message to the next system; returns once that has taken it."""

    async def fetch_status(self, provider_id: str) -> StatusReport | None:
        """Return what became of a message sent before; None where the next system does not say."""
        return None

    async def close(self) -> None:
        """Close connections that are kept open between messages. Called once, at shutdown."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer to something we posted; `body` is at most its first 64 KiB."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def retry_after(reply: Reply, now: Instant) -> timedelta | None:
    """Parse `Retry-After`, seconds or a date (RFC 9110, 10.2.3); None if it is invalid."""
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


@dataclass(frozen=True, slots=True)
class InboundRequest:
    """A vendor's request: `url` is the public one, regardless of Host and proxies.

    `headers` have lower-case names; `path` holds the parameters of the callback's path.
    """

    url: str
    headers: Mapping[str, str]
    body: bytes
    path: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class InboundStatus:
    """A delivery's status from a vendor; `report` is None for an unknown status."""

    delivery_id: str
    provider_id: str
    report: StatusReport | None


class CallbackReader(Protocol):
    """Verifies the signature of what a vendor posts, in the vendor's own form, and parses it."""

    def read(self, request: InboundRequest) -> Sequence[InboundStatus]:
        """Raises InvalidSignature, also for what cannot be read."""
        ...


AnyChannel = Channel[Any]
AnyTransport = Transport[Any]
