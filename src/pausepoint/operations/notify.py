"""A message to a person: rendered from the pause as it is now, and sent once."""

from __future__ import annotations

from pausepoint.channels.base import ChannelError, Notification
from pausepoint.domain.account import Delivery
from pausepoint.domain.delivery import Outcome
from pausepoint.domain.pause import Content, Pause
from pausepoint.domain.time import Instant
from pausepoint.domain.ways import is_reached
from pausepoint.operations.respond_to_pause import respond_url
from pausepoint.operations.services import Services
from pausepoint.operations.tried import Tried


async def notify(services: Services, delivery: Delivery, pause: Pause) -> Tried:
    """One attempt. Nobody is asked what has ended, nor reminded of what never reached them."""
    channel = delivery.target
    transport = services.transports[pause.mode].get(channel)
    if transport is None:
        return Tried(Outcome.FAILED, "channel_not_configured")
    if pause.content is None:
        return Tried(Outcome.FAILED, "content_erased")
    if delivery.is_reminder:
        messages = await services.store.messages(pause.pause_id)
        if not is_reached(messages, delivery.recipient_index):
            return Tried(Outcome.SKIPPED, "not_reached")
    notification = await _notification(services, delivery, pause, pause.content)
    message = services.channels[channel].render(notification)
    now = services.clock.now()
    # Read once more, with nothing between it and the sending: nobody is asked what is decided.
    current = await services.store.pause(pause.pause_id)
    if current is None or current.status.is_final or now >= current.expires_at:
        return Tried(Outcome.SKIPPED, "no_longer_pending")
    try:
        receipt = await transport.send(message, notification, now)
    except ChannelError as error:
        outcome = Outcome.FAILED if error.is_permanent else Outcome.RETRYING
        return Tried(outcome, error.code, error.retry_after)
    return Tried(
        Outcome.SENT,
        receipt.code,
        provider_id=receipt.provider_id,
        is_checkable=receipt.is_checkable,
        facts=receipt.facts,
    )


async def _notification(
    services: Services, delivery: Delivery, pause: Pause, content: Content
) -> Notification:
    developer = await services.store.developer(pause.developer_id)
    way = pause.way(delivery.recipient_index)
    assert way is not None
    is_first = delivery.recipient_index == 0 and not delivery.is_reminder
    return Notification(
        delivery_id=delivery.delivery_id,
        pause_id=pause.pause_id,
        sender=developer.name if developer else "",
        recipient=way.recipient,
        message=content.message,
        options=content.options,
        timeout_default=pause.timeout_default,
        created_at=pause.created_at if is_first else _first_tried_at(services, delivery),
        expires_at=pause.expires_at,
        respond_url=respond_url(services, pause),
        is_reminder=delivery.is_reminder,
        tool=content.action.tool if content.action else None,
    )


def _first_tried_at(services: Services, delivery: Delivery) -> Instant:
    return delivery.attempts[0].at if delivery.attempts else services.clock.now()
