"""One attempt of one claimed delivery: read again, send outside any transaction, record the outcome."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Final, TypeVar

import structlog

from pausepoint.channels.base import ChannelError
from pausepoint.domain.delivery import (
    NOTIFICATION_RETRIES,
    WEBHOOK_RETRIES,
    Attempt,
    Delivery,
    DeliveryKind,
    DeliveryState,
    Outcome,
    next_check_at,
)
from pausepoint.domain.events import Actor, Event
from pausepoint.domain.pause import Pause
from pausepoint.domain.time import Instant, milliseconds
from pausepoint.operations.ask_next import RETRY_DELAY as ASK_NEXT_RETRY_DELAY
from pausepoint.operations.ask_next import ask_next, undeliverable
from pausepoint.operations.attempt_result import AttemptResult
from pausepoint.operations.notify import notify
from pausepoint.operations.services import Services
from pausepoint.operations.simulate_person import person_asked, simulate_answer
from pausepoint.operations.webhook_event import GONE, post_event
from pausepoint.store.base import StoreUnavailable
from pausepoint.store.changes import (
    Applied,
    Change,
    DisableWebhook,
    Row,
    SetPauseDelivery,
    UpdateDelivery,
    audit_entry,
    rescheduled,
)

T = TypeVar("T")

RETRY_DELAY: Final = timedelta(seconds=1)

log = structlog.get_logger("pausepoint.deliver")


async def deliver(services: Services, delivery: Delivery) -> AttemptResult | None:
    """Process one claimed delivery; a worker that lost its lease changes nothing.

    Return how the attempt ended, or None where a vendor's status was polled and had not changed.

    Retries while the database is unavailable, until the lease ends: otherwise a person who was asked
    would be asked again because the attempt was not recorded. Raises StoreUnavailable once the lease
    has ended.
    """

    async def with_retries(step: Callable[[], Awaitable[T]]) -> T:
        while True:
            try:
                return await step()
            except StoreUnavailable:
                retry_at = services.clock.now() + milliseconds(RETRY_DELAY)
                if retry_at >= (delivery.due_at or 0):
                    raise
                await services.clock.sleep_until(retry_at)

    pause = await with_retries(lambda: services.store.pause(delivery.pause_id))
    if delivery.state is DeliveryState.FAILED:
        await with_retries(lambda: ask_next(services, delivery.delivery_id))
        return None
    if pause is None:
        attempt_result = AttemptResult(Outcome.FAILED, "pause_erased")
    elif delivery.state is DeliveryState.SENT:
        return await with_retries(lambda: _check(services, delivery, pause))
    else:
        attempt_result = await with_retries(lambda: _try(services, delivery, pause))
    return await with_retries(lambda: _end(services, delivery, attempt_result, pause))


async def release_claims(services: Services, claimed: Sequence[Delivery]) -> None:
    """Release claims before their leases end. An attempt recorded meanwhile wins."""
    now = services.clock.now()
    await services.store.apply_all([Change(guard=rescheduled(one, now)) for one in claimed])


async def _try(services: Services, delivery: Delivery, pause: Pause) -> AttemptResult:
    """Raises StoreUnavailable only before anything has left."""
    try:
        if delivery.kind is DeliveryKind.WEBHOOK:
            return await post_event(services, delivery, pause)
        return await notify(services, delivery, pause)
    except StoreUnavailable:
        raise
    except Exception:
        # A fault of ours counts as an attempt too, or it would be made again for ever.
        log.exception("an attempt broke off")
        return AttemptResult(Outcome.RETRYING, "internal_error")


async def _check(services: Services, delivery: Delivery, pause: Pause) -> AttemptResult | None:
    """Asks the vendor what became of a message it took, or lets a simulated person answer it."""
    person = person_asked(pause, delivery)
    if person is not None:
        await simulate_answer(services, delivery, pause, person)
        return None
    transport = services.transports[pause.mode].get(delivery.target)
    report = None
    if transport is not None and delivery.provider_id is not None:
        with suppress(ChannelError):
            report = await transport.fetch_status(delivery.provider_id)
    if report is not None and report.state is not DeliveryState.SENT:
        return await record_report(services, delivery, report.state, report.code)
    checks = delivery.checks + 1
    sent_at = delivery.attempts[-1].at if delivery.attempts else delivery.created_at
    again = rescheduled(delivery, next_check_at(checks, sent_at))
    await services.store.apply(Change(guard=replace(again, checks=checks)))
    return None


async def record_report(
    services: Services, delivery: Delivery, state: DeliveryState, code: str | None
) -> AttemptResult:
    """Record a vendor's final status of a message. Late and repeated reports change nothing."""
    pause = await services.store.pause(delivery.pause_id)
    outcome = Outcome.DELIVERED if state is DeliveryState.DELIVERED else Outcome.FAILED
    attempt_result = AttemptResult(outcome, code, provider_id=delivery.provider_id)
    return await _end(services, delivery, attempt_result, pause)


async def _end(
    services: Services, delivery: Delivery, attempt_result: AttemptResult, pause: Pause | None
) -> AttemptResult:
    now = services.clock.now()
    due_at = None
    if attempt_result.outcome is Outcome.RETRYING:
        due_at = _next_attempt_at(services, delivery, attempt_result, pause, now)
        if due_at is None:
            attempt_result = AttemptResult(Outcome.FAILED, attempt_result.code)
    elif attempt_result.look_again_after is not None:
        due_at = now + milliseconds(attempt_result.look_again_after)
    state = _state_after(attempt_result, delivery)
    asks_next = state is DeliveryState.FAILED and _may_be_followed(delivery, pause)
    if asks_next:
        due_at = now + milliseconds(ASK_NEXT_RETRY_DELAY)
    attempts = _recorded(delivery, attempt_result, now)
    guard = UpdateDelivery(
        read=delivery,
        state=state,
        attempts=attempts,
        due_at=due_at,
        checks=delivery.checks,
        provider_id=attempt_result.provider_id or delivery.provider_id,
        ended_at=None if due_at else now,
    )
    rows = await _consequences(services, delivery, attempt_result, state, pause)
    result = await services.store.apply(Change(guard=guard, rows=rows))
    if isinstance(result, Applied):
        # Recorded attempts are counted; a vendor's later report is counted again.
        for attempt in attempts[min(len(delivery.attempts), len(attempts) - 1) :]:
            services.observer.attempt_ended(delivery.via, attempt.outcome)
        if asks_next:
            await ask_next(services, delivery.delivery_id)
    return attempt_result


def _may_be_followed(delivery: Delivery, pause: Pause | None) -> bool:
    """Return True if the fallback or a reminder may follow this failed delivery."""
    is_first = delivery.kind is DeliveryKind.NOTIFICATION and not delivery.is_reminder
    return is_first and pause is not None and pause.has_several_messages


def _next_attempt_at(
    services: Services,
    delivery: Delivery,
    attempt_result: AttemptResult,
    pause: Pause | None,
    now: Instant,
) -> Instant | None:
    is_notification = delivery.kind is DeliveryKind.NOTIFICATION
    policy = NOTIFICATION_RETRIES if is_notification else WEBHOOK_RETRIES
    delay = policy.delay(
        delivery.attempt,
        chance=services.chance(),
        retry_after=attempt_result.retry_after,
        left=timedelta(milliseconds=pause.expires_at - now) if pause and is_notification else None,
    )
    return None if delay is None else now + milliseconds(delay)


def _state_after(attempt_result: AttemptResult, delivery: Delivery) -> DeliveryState:
    match attempt_result.outcome:
        case Outcome.SENT:
            return DeliveryState.SENT
        case Outcome.DELIVERED:
            return DeliveryState.DELIVERED
        case Outcome.FAILED:
            return DeliveryState.FAILED
        case _:
            return delivery.state


def _recorded(
    delivery: Delivery, attempt_result: AttemptResult, now: Instant
) -> tuple[Attempt, ...]:
    """Return the attempts with this one; attempts of dead processes have the outcome unknown."""
    if delivery.state is DeliveryState.SENT:
        last = delivery.attempts[-1]
        return (
            *delivery.attempts[:-1],
            Attempt(last.number, last.at, attempt_result.outcome, attempt_result.code),
        )
    is_first_of_later = delivery.attempt == 1 and (
        delivery.is_reminder or delivery.recipient_index > 0
    )
    if attempt_result.outcome is Outcome.SKIPPED and is_first_of_later:
        return ()  # the answer came before the message was due, so this is no attempt
    known = delivery.attempts
    lost = tuple(
        Attempt(number, now, Outcome.UNKNOWN) for number in range(len(known) + 1, delivery.attempt)
    )
    return (
        *known,
        *lost,
        Attempt(delivery.attempt, now, attempt_result.outcome, attempt_result.code),
    )


async def _consequences(
    services: Services,
    delivery: Delivery,
    attempt_result: AttemptResult,
    state: DeliveryState,
    pause: Pause | None,
) -> tuple[Row, ...]:
    if attempt_result.outcome in (Outcome.RETRYING, Outcome.SKIPPED):
        return ()
    message_place: dict[str, str | int | bool | None] = {}
    if pause is not None and pause.has_several_messages:
        message_place = {"channel": delivery.target, "reminder": delivery.is_reminder}
    entry = audit_entry(
        delivery,
        _AUDITED[delivery.kind, state],
        Actor.SYSTEM,
        delivery_id=delivery.delivery_id,
        attempt=delivery.attempt,
        code=attempt_result.code,
        **message_place,
        **attempt_result.facts,
    )
    if delivery.kind is DeliveryKind.WEBHOOK:
        if attempt_result.code == GONE and delivery.webhook_id is not None:
            return (entry, DisableWebhook(delivery.webhook_id))
        return (entry,)
    if pause is not None and pause.has_several_messages:
        return (entry,)  # the combined state is computed on reading
    told: Row = SetPauseDelivery(delivery.pause_id, state)
    if state is DeliveryState.FAILED and pause is not None and not pause.status.is_final:
        return (entry, told, *await undeliverable(services, pause))
    return (entry, told)


_AUDITED = {
    (DeliveryKind.NOTIFICATION, DeliveryState.SENT): Event.NOTIFICATION_SENT,
    (DeliveryKind.NOTIFICATION, DeliveryState.DELIVERED): Event.NOTIFICATION_DELIVERED,
    (DeliveryKind.NOTIFICATION, DeliveryState.FAILED): Event.NOTIFICATION_FAILED,
    (DeliveryKind.WEBHOOK, DeliveryState.DELIVERED): Event.WEBHOOK_DELIVERED,
    (DeliveryKind.WEBHOOK, DeliveryState.FAILED): Event.WEBHOOK_FAILED,
}
