"""An agent asks: the pause, its audit entry and its delivery are written together."""

from __future__ import annotations

from collections.abc import Iterator

from pausepoint.domain.account import Principal
from pausepoint.domain.delivery import Delivery, DeliveryKind, DeliveryState
from pausepoint.domain.events import Actor, Event
from pausepoint.domain.ids import DELIVERY, PAUSE, new_id
from pausepoint.domain.mode import Mode
from pausepoint.domain.pause import Callback, Contact, Content, Pause, PauseStatus
from pausepoint.domain.question import Question, check_question
from pausepoint.domain.record import record
from pausepoint.domain.time import Instant, milliseconds
from pausepoint.operations.callback import checked_callback
from pausepoint.operations.contacts import (
    channels_of,
    checked_fallback,
    checked_recipient,
    unknown_channel,
)
from pausepoint.operations.idempotency import IdempotencyKey, claim, earlier_pause
from pausepoint.operations.quota import within_quota
from pausepoint.operations.recipient_policy import may_be_asked
from pausepoint.operations.services import Services
from pausepoint.operations.simulate_person import has_simulated_person
from pausepoint.security.callback_target import callback_target
from pausepoint.security.display_safe import skeleton
from pausepoint.store.changes import (
    Applied,
    Change,
    InsertAuditEntry,
    InsertDelivery,
    InsertPause,
    Row,
    audit_entry,
)


@record(frozen=True, slots=True)
class Created:
    pause: Pause
    is_replay: bool = False


async def create_pause(
    services: Services,
    principal: Principal,
    question: Question,
    metadata_size: int,
    idempotency: IdempotencyKey | None = None,
) -> Created:
    """The new pause, or the one that this idempotency key made before.

    Raises ValidationFailed, InvalidChannel, InvalidOptions, InvalidRecipient, IdempotencyMismatch,
    InvalidWebhookUrl, ChannelNotConfigured, ChannelNotAllowed, PlanLimitReached,
    RecipientNotAllowed, RecipientMuted, RecipientBusy, ScopeMissing.
    """
    if idempotency and (earlier := await earlier_pause(services, principal, idempotency)):
        return Created(earlier, is_replay=True)
    pause = _new_pause(services, principal, question, metadata_size)
    guard = None
    if idempotency:
        guard = claim(principal, idempotency, pause, pause.created_at)
    async with (
        within_quota(services, principal, channels_of(pause)),
        may_be_asked(services, principal, pause),
    ):
        result = await services.store.apply(Change(rows=creation_rows(pause), guard=guard))
    if isinstance(result, Applied):
        return Created(pause)
    assert idempotency is not None
    first = await earlier_pause(services, principal, idempotency)
    assert first is not None
    return Created(first, is_replay=True)


def _new_pause(
    services: Services, principal: Principal, question: Question, metadata_size: int
) -> Pause:
    if question.channel not in services.channels:
        raise unknown_channel(services)
    check_question(question, metadata_size, skeleton)
    mode = principal.mode
    contact = Contact(question.channel, question.recipient)
    recipient = checked_recipient(services, mode, question, contact)
    fallback = checked_fallback(services, mode, question, recipient)
    callback = checked_callback(services, principal, question)
    now = services.clock.now()
    default, remind_after = question.timeout_default, question.remind_after
    is_sent = question.channel in services.transports[mode] or (
        mode is Mode.TEST and has_simulated_person(recipient, fallback)
    )
    return Pause(
        pause_id=new_id(PAUSE, now),
        developer_id=principal.developer_id,
        mode=mode,
        status=PauseStatus.PENDING,
        channel=question.channel,
        allow_text_response=question.allow_text_response,
        default_index=None if default is None else question.options.index(default),
        created_at=now,
        expires_at=now + milliseconds(question.timeout),
        content=Content(
            recipient,
            question.message,
            question.options,
            question.metadata,
            callback=callback,
            fallback=fallback,
            action=question.action,
        ),
        delivery_state=DeliveryState.QUEUED if is_sent else DeliveryState.SIMULATED,
        callback_target=_target(services, principal, callback) if callback else None,
        remind_at=None if remind_after is None else now + milliseconds(remind_after),
        fallbacks=len(fallback),
    )


def _target(services: Services, principal: Principal, callback: Callback) -> str:
    key = services.policy.secret_keys[0]
    return callback_target(key, principal.developer_id, callback.url)


def creation_rows(pause: Pause) -> tuple[Row, ...]:
    def entry(event: Event, actor: Actor, **detail: str) -> InsertAuditEntry:
        return audit_entry(pause, event, actor, pause.created_at, **detail)

    created = entry(Event.PAUSE_CREATED, Actor.DEVELOPER, channel=pause.channel)
    if pause.delivery_state is DeliveryState.SIMULATED:
        sent = entry(Event.NOTIFICATION_SENT, Actor.SYSTEM, code=DeliveryState.SIMULATED.value)
        return (InsertPause(pause), created, sent)
    first = InsertDelivery(_message(pause, pause.channel, pause.created_at))
    if not pause.has_several_messages:
        return (InsertPause(pause), created, first)
    return (InsertPause(pause), created, first, *_later_messages(pause))


def _later_messages(pause: Pause) -> Iterator[InsertDelivery]:
    """The reminder, and the fallback: that is asked at the reminder's time too, if not before."""
    assert pause.content is not None
    if pause.remind_at is not None:
        reminder = _message(pause, pause.channel, pause.remind_at, is_reminder=True)
        yield InsertDelivery(reminder)
    for index, contact in enumerate(pause.content.fallback, 1):
        yield InsertDelivery(_message(pause, contact.channel, pause.remind_at, index))


def _message(
    pause: Pause,
    channel: str,
    due_at: Instant | None,
    recipient_index: int = 0,
    *,
    is_reminder: bool = False,
) -> Delivery:
    return Delivery(
        delivery_id=new_id(DELIVERY, pause.created_at),
        developer_id=pause.developer_id,
        mode=pause.mode,
        kind=DeliveryKind.NOTIFICATION,
        target=channel,
        pause_id=pause.pause_id,
        created_at=pause.created_at,
        due_at=due_at,
        recipient_index=recipient_index,
        is_reminder=is_reminder,
    )
