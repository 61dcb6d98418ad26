"""An event as a developer's server gets it: the body, signed, posted once."""

from __future__ import annotations

from typing import Final

import msgspec

from pausepoint.channels.base import ChannelError, retry_after
from pausepoint.domain.account import Delivery
from pausepoint.domain.delivery import Outcome
from pausepoint.domain.events import Event
from pausepoint.domain.pause import Pause
from pausepoint.domain.time import to_rfc3339
from pausepoint.operations.services import Services
from pausepoint.operations.tried import Tried
from pausepoint.security.signatures import webhook_headers

GONE: Final = "410"
"""The receiver wants no more: the webhook is disabled."""


async def post_event(services: Services, delivery: Delivery, pause: Pause) -> Tried:
    """One attempt. Success is any 2xx; the attempt's code is the HTTP status."""
    assert delivery.webhook_id is not None
    assert delivery.event is not None
    webhook = await services.store.webhook(delivery.webhook_id)
    if webhook is None or webhook.disabled_at is not None:
        return Tried(Outcome.FAILED, "webhook_disabled")
    body = event_body(delivery, pause)
    now = services.clock.now()
    headers = webhook_headers(webhook.secret, delivery.event, delivery.delivery_id, now, body)
    try:
        reply = await services.http.request("POST", webhook.url, headers=headers, body=body)
    except ChannelError as error:
        # A webhook's name may be pointed elsewhere later, so a refusal is worth another attempt.
        return Tried(Outcome.RETRYING, error.code, error.retry_after)
    if 200 <= reply.status < 300:
        return Tried(Outcome.DELIVERED, str(reply.status))
    if str(reply.status) == GONE:
        return Tried(Outcome.FAILED, GONE)
    return Tried(Outcome.RETRYING, str(reply.status), retry_after(reply, now))


def event_body(delivery: Delivery, pause: Pause) -> bytes:
    """The same bytes at every attempt: what is in it no longer changes."""
    is_final = delivery.event is not Event.PAUSE_UNDELIVERABLE
    content = pause.content
    return msgspec.json.encode(
        {
            "event": delivery.event,
            "pause_id": pause.pause_id,
            "developer_id": pause.developer_id,
            "timestamp": to_rfc3339(delivery.created_at),
            "data": {
                "choice": pause.choice if is_final else None,
                "text": content.response_text if content and is_final else None,
                "response_at": to_rfc3339(pause.responded_at)
                if pause.responded_at and is_final
                else None,
                "metadata": content.metadata if content else None,
                "resolved_by": pause.resolved_by if is_final else None,
            },
        }
    )
