"""The messages of a pause that has several: their combined state, and the next fallback (escalation)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pausepoint.domain.delivery import Delivery, DeliveryState
from pausepoint.domain.pause import Pause
from pausepoint.domain.time import Instant

_REACHED = (DeliveryState.SENT, DeliveryState.DELIVERED)


def together(pause: Pause, messages: Sequence[Delivery]) -> Pause:
    """The pause with the attempts of all its messages, by time, and their common state."""
    attempts = [
        replace(
            attempt,
            channel=each.target,
            recipient_index=each.recipient_index,
            is_reminder=each.is_reminder,
        )
        for each in messages
        for attempt in each.attempts
    ]
    attempts.sort(key=lambda attempt: (attempt.at, attempt.recipient_index, attempt.number))
    numbered = (replace(attempt, number=n) for n, attempt in enumerate(attempts, 1))
    state = DeliveryState.FAILED if pause.is_default_withheld else common_state(messages)
    return replace(pause, delivery_state=state, attempts=tuple(numbered))


def common_state(messages: Sequence[Delivery]) -> DeliveryState:
    """Return the best state of all messages; failed only if no fallback is left."""
    states = {each.state for each in messages}
    if DeliveryState.DELIVERED in states:
        return DeliveryState.DELIVERED
    if DeliveryState.SENT in states:
        return DeliveryState.SENT
    return DeliveryState.FAILED if have_all_failed(messages) else DeliveryState.QUEUED


def have_all_failed(messages: Sequence[Delivery]) -> bool:
    """A reminder is no way of its own."""
    return all(each.state is DeliveryState.FAILED for each in messages if not each.is_reminder)


def is_reached(messages: Sequence[Delivery], recipient_index: int) -> bool:
    """Return True if the first message to that recipient was sent."""
    return any(
        each.state in _REACHED
        for each in messages
        if each.recipient_index == recipient_index and not each.is_reminder
    )


def next_to_ask(messages: Sequence[Delivery], now: Instant) -> Delivery | None:
    """Return the next fallback to send, if no earlier message was delivered or is in flight."""
    first_messages = [each for each in messages if not each.is_reminder]
    waiting = [each for each in first_messages if _waits(each, now)]
    others = [each for each in first_messages if each not in waiting]
    if not waiting or any(each.state is not DeliveryState.FAILED for each in others):
        return None
    return min(waiting, key=lambda each: each.recipient_index)


def _waits(delivery: Delivery, now: Instant) -> bool:
    is_untouched = delivery.state is DeliveryState.QUEUED and delivery.attempt == 0
    return is_untouched and (delivery.due_at is None or delivery.due_at > now)
