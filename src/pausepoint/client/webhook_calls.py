"""The methods of `client.webhooks`, each once for both drivers; as `calls.py`."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from pausepoint.client import matching
from pausepoint.client.errors import NotFound
from pausepoint.client.paths import path, query
from pausepoint.client.protocol import Request, Steps
from pausepoint.client.question import encoded
from pausepoint.client.results import Page, Webhook, WebhookDelivery
from pausepoint.client.retrying import RetryPolicy, request_with_retries

WEBHOOK_EVENTS = (
    "pause.responded",
    "pause.timed_out",
    "pause.cancelled",
    "pause.undeliverable",
)


class _Webhooks(Struct):
    """The one list that comes whole."""

    items: tuple[Webhook, ...]


def create(
    policy: RetryPolicy, url: str, secret: str, *, events: Sequence[str] = WEBHOOK_EVENTS
) -> Steps[Webhook]:
    """Register a URL for these events, or for all. `secret` has at least 16 characters."""
    if isinstance(events, str):
        raise TypeError('events is a list of texts, such as ["pause.responded"].')
    body = encoded({"url": url, "events": list(events), "secret": secret})
    # Without an idempotency key: not sent a second time where the first may have arrived.
    request = Request(method="POST", path=path("webhooks"), content=body)
    webhook = (yield from request_with_retries(request, Webhook, policy.for_a_call())).value
    matching.check_webhook(webhook.events, events)
    return webhook


def list_webhooks(policy: RetryPolicy) -> Steps[Page[Webhook]]:
    """List all webhooks of this key's account and mode."""
    request = Request(method="GET", path=path("webhooks"))
    found = (yield from request_with_retries(request, _Webhooks, policy.for_a_call())).value
    return Page(found.items, len(found.items), 0, has_more=False)


def delete(policy: RetryPolicy, webhook_id: str) -> Steps[None]:
    """Delete the webhook; no further event is sent to it."""
    request = Request(method="DELETE", path=path("webhooks", webhook_id))
    try:
        yield from request_with_retries(request, type(None), policy.for_a_call())
    except NotFound as error:
        # After an attempt whose answer was lost: that one did it.
        if not error.was_repeated:
            raise


def deliveries(
    policy: RetryPolicy, webhook_id: str, *, limit: int = 20, offset: int = 0
) -> Steps[Page[WebhookDelivery]]:
    """Return the deliveries to this webhook, newest first."""
    page = query({"limit": limit, "offset": offset})
    request = Request(method="GET", path=path("webhooks", webhook_id, "deliveries") + page)
    found = (
        yield from request_with_retries(request, Page[WebhookDelivery], policy.for_a_call())
    ).value
    matching.check_page(found, limit, offset)
    return found


def redeliver(policy: RetryPolicy, webhook_id: str, delivery_id: str) -> Steps[WebhookDelivery]:
    """Send an event again."""
    asked = path("webhooks", webhook_id, "deliveries", delivery_id, "redeliver")
    request = Request(method="POST", path=asked)
    delivery = (
        yield from request_with_retries(request, WebhookDelivery, policy.for_a_call())
    ).value
    matching.check_delivery(delivery, delivery_id)
    return delivery
