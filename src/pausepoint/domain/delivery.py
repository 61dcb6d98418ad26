"""Deliveries: the durable intent to send one thing to one place, and when to try it again."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Final

from pausepoint.domain.events import Event
from pausepoint.domain.mode import Mode
from pausepoint.domain.record import record
from pausepoint.domain.time import Instant, milliseconds
from pausepoint.retry import RetryPolicy


class DeliveryState(StrEnum):
    QUEUED = "queued"  # not yet accepted by the next system
    SENT = "sent"  # the next system took it
    DELIVERED = "delivered"  # the vendor reported its arrival
    FAILED = "failed"  # given up
    SIMULATED = "simulated"  # a test key's message: no real person was asked


class DeliveryKind(StrEnum):
    NOTIFICATION = "notification"  # a message to a person
    WEBHOOK = "webhook"  # an event to a developer's URL


class Outcome(StrEnum):
    SENT = "sent"
    DELIVERED = "delivered"
    RETRYING = "retrying"  # failed, and will be tried again
    FAILED = "failed"  # failed for good
    UNKNOWN = "unknown"  # the process ended before the answer came
    SKIPPED = "skipped"  # the pause had ended: nothing was sent


@record(frozen=True, slots=True)
class Attempt:
    """One try. `at` is epoch milliseconds; `code` is the vendor's own, where there is one.

    The recipient is known from its delivery; it stands here where attempts of several are put
    together: by which channel, and whether to the pause's recipient, which is 0, or to a place in
    the fallback, from 1 on.
    """

    number: int
    at: Instant
    outcome: str
    code: str | None = None
    channel: str | None = None
    recipient_index: int = 0
    is_reminder: bool = False


NOTIFICATION_RETRIES: Final = RetryPolicy(
    delays=(
        timedelta(seconds=2),
        timedelta(seconds=10),
        timedelta(seconds=30),
        timedelta(minutes=2),
        timedelta(minutes=5),
        timedelta(minutes=10),
    ),
    jitter=(0.9, 1.1),
    max_attempts=10,
)
WEBHOOK_RETRIES: Final = RetryPolicy(
    delays=(
        timedelta(seconds=5),
        timedelta(minutes=5),
        timedelta(minutes=30),
        timedelta(hours=2),
        timedelta(hours=5),
        timedelta(hours=10),
        timedelta(hours=10),
    ),
    jitter=(0.9, 1.1),
    max_attempts=8,
)
STATUS_CHECKS: Final = (timedelta(seconds=10), timedelta(seconds=60), timedelta(minutes=5))
"""When to ask a vendor what became of a message, where it cannot call us back."""


def next_check_at(checks: int, sent_at: Instant) -> Instant | None:
    """Return when to poll a sent message's status for the `checks`+1st time, or None to stop."""
    return sent_at + milliseconds(STATUS_CHECKS[checks]) if checks < len(STATUS_CHECKS) else None


@record(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One thing to send to one place. `attempt` counts the tries begun, `attempts` those ended.

    `due_at` is when the worker processes it next; None when there is nothing left to do.
    `target` is a webhook's id, a channel's name or a callback's place: deliveries to one may delay
    each other. An event without a `webhook_id` goes to the pause's own callback. A message goes to
    the pause's recipient, which is 0, or to a place in the fallback, from 1 on.
    """

    delivery_id: str
    developer_id: str
    mode: Mode
    kind: DeliveryKind
    target: str
    pause_id: str
    created_at: Instant
    due_at: Instant | None
    webhook_id: str | None = None
    event: Event | None = None
    state: DeliveryState = DeliveryState.QUEUED
    attempt: int = 0
    attempts: tuple[Attempt, ...] = ()
    checks: int = 0
    provider_id: str | None = None
    ended_at: Instant | None = None
    recipient_index: int = 0
    is_reminder: bool = False

    @property
    def is_callback(self) -> bool:
        """An event for the pause's own callback, not for a registered webhook."""
        return self.kind is DeliveryKind.WEBHOOK and self.webhook_id is None

    @property
    def via(self) -> str:
        """Return the channel's name, or `webhook`: the label in metrics and log lines."""
        return self.target if self.kind is DeliveryKind.NOTIFICATION else self.kind.value
