"""The pause and its state machine: pending, then exactly one of three final states.

The arrows (a) to (c) are drawn in docs/explanation/lifecycle.md.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import Any, Final

from pausepoint.domain.action import Action
from pausepoint.domain.delivery import Attempt, DeliveryState
from pausepoint.domain.events import Actor, Event
from pausepoint.domain.mode import Mode
from pausepoint.domain.record import record
from pausepoint.domain.time import Instant

TEXT_LIMIT: Final = 2000
"""How many characters a person's note may have."""


class PauseStatus(StrEnum):
    PENDING = "pending"  # waits for the person until expires_at
    RESPONDED = "responded"  # (a) a person chose an option before the deadline
    TIMED_OUT = "timed_out"  # (b) the deadline passed; timeout_default, if any, is the choice
    CANCELLED = "cancelled"  # (c) the developer withdrew the question

    @property
    def is_final(self) -> bool:
        return self is not PauseStatus.PENDING


class ResolvedBy(StrEnum):
    HUMAN = "human"
    TIMEOUT = "timeout"
    DEVELOPER = "developer"


ENDING: Final = {
    PauseStatus.RESPONDED: (Event.PAUSE_RESPONDED, Actor.HUMAN),
    PauseStatus.TIMED_OUT: (Event.PAUSE_TIMED_OUT, Actor.SYSTEM),
    PauseStatus.CANCELLED: (Event.PAUSE_CANCELLED, Actor.DEVELOPER),
}
"""The event and actor of each final state."""


@record(frozen=True, slots=True)
class Contact:
    """A recipient, and the channel by which it is reached."""

    channel: str
    recipient: str


@record(frozen=True, slots=True)
class Callback:
    """The URL that receives one pause's events, and the secret that signs them."""

    url: str
    secret: str


@record(frozen=True, slots=True)
class Content:
    """The erasable part of a pause: the agent's words, the address, the person's words, the developer's secret.

    `metadata` is any JSON object, in the agent's key order.
    """

    recipient: str
    message: str
    options: tuple[str, ...]
    metadata: dict[str, Any] | None = None
    response_text: str | None = None
    callback: Callback | None = None
    fallback: tuple[Contact, ...] = ()
    action: Action | None = None


@record(frozen=True, slots=True, kw_only=True)
class Pause:
    """A question to a person. Instants are epoch milliseconds.

    `content` is None once erased; `default_index` and `choice_index` count from 0 in
    `content.options`, so that what is left after erasure says nothing of what was asked.
    `fallbacks` says how many ways the fallback has. `callback_target` is what the callback's deliveries wait their turn for; None without a callback.
    """

    pause_id: str
    developer_id: str
    mode: Mode
    status: PauseStatus
    channel: str
    allow_text_response: bool
    default_index: int | None
    created_at: Instant
    expires_at: Instant
    content: Content | None
    choice_index: int | None = None
    responded_at: Instant | None = None
    resolved_by: ResolvedBy | None = None
    delivery_state: DeliveryState = DeliveryState.QUEUED
    attempts: tuple[Attempt, ...] = ()
    callback_target: str | None = None
    remind_at: Instant | None = None
    fallbacks: int = 0

    @property
    def has_several_messages(self) -> bool:
        return self.fallbacks > 0 or self.remind_at is not None

    @property
    def timeout_default(self) -> str | None:
        return self._option(self.default_index)

    @property
    def choice(self) -> str | None:
        return self._option(self.choice_index)

    def contact(self, recipient_index: int) -> Contact | None:
        """0 is the recipient, from 1 on it is a place in the fallback. None once erased."""
        if self.content is None:
            return None
        if recipient_index == 0:
            return Contact(self.channel, self.content.recipient)
        return self.content.fallback[recipient_index - 1]

    @property
    def contacts(self) -> tuple[Contact, ...]:
        """All contacts that may be asked; empty once erased."""
        if self.content is None:
            return ()
        return (Contact(self.channel, self.content.recipient), *self.content.fallback)

    @property
    def is_failed(self) -> bool:
        return self.delivery_state is DeliveryState.FAILED

    @property
    def is_default_withheld(self) -> bool:
        """The deadline passed, and the default was withheld: a recipient had muted the agents."""
        has_timed_out = self.status is PauseStatus.TIMED_OUT
        return has_timed_out and self.default_index is not None and self.choice_index is None

    def is_overdue(self, now: Instant) -> bool:
        """True when the deadline has passed and the timeout is not recorded yet."""
        return self.status is PauseStatus.PENDING and now >= self.expires_at

    def _option(self, index: int | None) -> str | None:
        if index is None or self.content is None:
            return None
        return self.content.options[index]


@record(frozen=True, slots=True)
class Ending:
    """The one step out of `pending`: what the store writes if the pause still is."""

    status: PauseStatus
    resolved_by: ResolvedBy
    choice_index: int | None = None
    response_text: str | None = None


def respond(pause: Pause, choice_index: int, text: str | None, now: Instant) -> Ending | None:
    """(a) The person's answer, or None where it comes too late or second."""
    if pause.status.is_final or now >= pause.expires_at:
        return None
    return Ending(PauseStatus.RESPONDED, ResolvedBy.HUMAN, choice_index, text)


def time_out(pause: Pause, now: Instant) -> Ending | None:
    """(b) The deadline has come, or None before it and where the pause has ended."""
    return timed_out(pause.default_index) if pause.is_overdue(now) else None


def timed_out(default_index: int | None) -> Ending:
    """Of an overdue pause: the default, if there is one, is taken and never called human."""
    return Ending(PauseStatus.TIMED_OUT, ResolvedBy.TIMEOUT, default_index)


def cancel(pause: Pause, now: Instant) -> Ending | None:
    """(c) The developer withdraws the question, or None where it has ended."""
    if pause.status.is_final or now >= pause.expires_at:
        return None
    return Ending(PauseStatus.CANCELLED, ResolvedBy.DEVELOPER)


def ended(pause: Pause, ending: Ending, now: Instant) -> Pause:
    """The pause after `ending` was written at `now`."""
    content = pause.content
    if content is not None and ending.response_text is not None:
        content = replace(content, response_text=ending.response_text)
    return replace(
        pause,
        status=ending.status,
        resolved_by=ending.resolved_by,
        choice_index=ending.choice_index,
        responded_at=now if ending.status is PauseStatus.RESPONDED else None,
        content=content,
    )
