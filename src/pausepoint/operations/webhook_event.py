"""An event as a developer's server gets it: the body, signed, posted once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pausepoint.channels.base import ChannelError, retry_after
from pausepoint.domain.delivery import Delivery, Outcome
from pausepoint.domain.pause import Pause
from pausepoint.operations.attempt_result import AttemptResult
from pausepoint.operations.event_body import event_body
from pausepoint.operations.services import Services
from pausepoint.security.signatures import webhook_headers

GONE: Final = "410"
"""The receiver wants no more: the webhook is disabled, and a callback hears nothing else of its pause."""

CALLBACK_DELIVERIES: Final = 8
"""More than the events of one pause."""


@dataclass(frozen=True, slots=True)
class _Receiver:
    url: str
    secret: str


async def post_event(services: Services, delivery: Delivery, pause: Pause) -> AttemptResult:
    """One attempt. Success is any 2xx; the attempt's code is the HTTP status."""
    assert delivery.event is not None
    receiver = await _receiver(services, delivery, pause)
    if isinstance(receiver, str):
        return AttemptResult(Outcome.FAILED, receiver)
    body = event_body(delivery.event, delivery.created_at, pause)
    now = services.clock.now()
    headers = webhook_headers(receiver.secret, delivery.event, delivery.delivery_id, now, body)
    try:
        reply = await services.http.request("POST", receiver.url, headers=headers, body=body)
    except ChannelError as error:
        # A receiver's name may be pointed elsewhere later, so a refusal is worth another attempt.
        return AttemptResult(Outcome.RETRYING, error.code, error.retry_after)
    if 200 <= reply.status < 300:
        return AttemptResult(Outcome.DELIVERED, str(reply.status))
    if str(reply.status) == GONE:
        return AttemptResult(Outcome.FAILED, GONE)
    return AttemptResult(Outcome.RETRYING, str(reply.status), retry_after(reply, now))


async def _receiver(services: Services, delivery: Delivery, pause: Pause) -> _Receiver | str:
    """Return the receiver of the event, or the code of the reason for none."""
    if delivery.webhook_id is not None:
        webhook = await services.store.webhook(delivery.webhook_id)
        if webhook is None or webhook.disabled_at is not None:
            return "webhook_disabled"
        return _Receiver(webhook.url, webhook.secret)
    if pause.content is None or pause.content.callback is None:
        return "content_erased"
    siblings = await services.store.callback_deliveries(pause.pause_id, CALLBACK_DELIVERIES)
    others = (each for each in siblings if each.delivery_id != delivery.delivery_id)
    if any(attempt.code == GONE for other in others for attempt in other.attempts):
        return "callback_gone"
    return _Receiver(pause.content.callback.url, pause.content.callback.secret)
