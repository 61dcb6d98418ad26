"""A message to a person: rendered from the pause as it is now, and sent once."""

from __future__ import annotations

from datetime import timedelta

from pausepoint.channels.base import ChannelError, Notification, Receipt
from pausepoint.domain.delivery import STATUS_CHECKS, Delivery, DeliveryState, Outcome
from pausepoint.domain.messages import is_reached
from pausepoint.domain.mode import Mode
from pausepoint.domain.pause import Contact, Content, Pause
from pausepoint.domain.simulated_people import SimulatedPerson
from pausepoint.operations.attempt_result import AttemptResult
from pausepoint.operations.recipient_policy import count_reminder
from pausepoint.operations.respond_to_pause import mute_url, respond_url
from pausepoint.operations.services import Services
from pausepoint.operations.simulate_person import person_asked
from pausepoint.operations.time_out_pauses import is_default_withheld


async def notify(services: Services, delivery: Delivery, pause: Pause) -> AttemptResult:
    """Make one attempt. Ended pauses are not sent, nor reminders to contacts that were not reached."""
    channel = delivery.target
    transport = services.transports[pause.mode].get(channel)
    if transport is None and pause.mode is Mode.LIVE:
        return AttemptResult(Outcome.FAILED, "channel_not_configured")
    if pause.content is None:
        return AttemptResult(Outcome.FAILED, "content_erased")
    if delivery.is_reminder:
        messages = await services.store.messages(pause.pause_id)
        if not is_reached(messages, delivery.recipient_index):
            return AttemptResult(Outcome.SKIPPED, "not_reached")
    contact = pause.contact(delivery.recipient_index)
    assert contact is not None
    if await services.store.is_muted(pause.developer_id, pause.mode, contact):
        outcome = Outcome.SKIPPED if delivery.is_reminder else Outcome.FAILED
        return AttemptResult(outcome, "recipient_muted")
    notification = await _notification(services, delivery, pause, pause.content, contact)
    message = services.channels[channel].render(notification)
    now = services.clock.now()
    # Read again just before sending: a decided question must not be sent.
    current = await services.store.pause(pause.pause_id)
    if current is None or current.status.is_final or now >= current.expires_at:
        return AttemptResult(Outcome.SKIPPED, "no_longer_pending")
    person = person_asked(pause, delivery)
    if person is not None and not person.is_reachable:
        return AttemptResult(Outcome.FAILED, "bounced")
    receipt = Receipt(code=DeliveryState.SIMULATED)
    try:
        if transport is not None:
            receipt = await transport.send(message, notification, now)
    except ChannelError as error:
        outcome = Outcome.FAILED if error.is_permanent else Outcome.RETRYING
        return AttemptResult(outcome, error.code, error.retry_after)
    if delivery.is_reminder:
        count_reminder(services, pause, contact)
    return AttemptResult(
        Outcome.SENT,
        receipt.code,
        provider_id=receipt.provider_id,
        look_again_after=_look_again_after(delivery, person, receipt),
        facts=receipt.facts,
    )


def _look_again_after(
    delivery: Delivery, person: SimulatedPerson | None, receipt: Receipt
) -> timedelta | None:
    if person is not None:
        return None if delivery.is_reminder else person.answers_after
    return STATUS_CHECKS[0] if receipt.is_checkable else None


async def _notification(
    services: Services, delivery: Delivery, pause: Pause, content: Content, contact: Contact
) -> Notification:
    developer = await services.store.developer(pause.developer_id)
    is_withheld = await is_default_withheld(services, pause)
    is_first = delivery.recipient_index == 0 and not delivery.is_reminder
    first_tried_at = delivery.attempts[0].at if delivery.attempts else services.clock.now()
    return Notification(
        delivery_id=delivery.delivery_id,
        pause_id=pause.pause_id,
        sender=developer.name if developer else "",
        recipient=contact.recipient,
        message=content.message,
        options=content.options,
        timeout_default=None if is_withheld else pause.timeout_default,
        created_at=pause.created_at if is_first else first_tried_at,
        expires_at=pause.expires_at,
        respond_url=respond_url(services, pause, delivery.recipient_index),
        is_reminder=delivery.is_reminder,
        tool=content.action.tool if content.action else None,
        mute_url=mute_url(services, pause, delivery.recipient_index),
    )
