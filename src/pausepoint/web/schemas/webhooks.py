"""/v1/webhooks: the types of webhooks and deliveries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from msgspec import Struct

from pausepoint.domain.delivery import Delivery
from pausepoint.domain.time import to_rfc3339
from pausepoint.domain.webhook import Webhook
from pausepoint.web.schemas import (
    AttemptBody,
    PageQuery,
    Timestamp,
    attempt_body,
    described,
    optional_time,
    page_of,
)


class CreateWebhookRequest(Struct, kw_only=True):
    url: Annotated[str, described("https, and public.")]
    events: Annotated[
        list[str],
        described("pause.responded, pause.timed_out, pause.cancelled, pause.undeliverable."),
    ]
    secret: Annotated[str, described("At least 16 characters; signs what we send.")]


class WebhookBody(Struct, kw_only=True):
    webhook_id: str
    url: str
    events: list[str]
    created_at: Timestamp
    disabled_at: Timestamp | None


class WebhookList(Struct, kw_only=True):
    items: list[WebhookBody]


class WebhookDelivery(Struct, kw_only=True):
    delivery_id: str
    event: str | None
    pause_id: str
    state: str
    attempts: list[AttemptBody]
    created_at: Timestamp
    next_attempt_at: Timestamp | None


class WebhookDeliveryList(Struct, kw_only=True):
    items: list[WebhookDelivery]
    limit: int
    offset: int
    has_more: bool


def webhook_body(webhook: Webhook) -> WebhookBody:
    return WebhookBody(
        webhook_id=webhook.webhook_id,
        url=webhook.url,
        events=[event.value for event in webhook.events],
        created_at=to_rfc3339(webhook.created_at),
        disabled_at=optional_time(webhook.disabled_at),
    )


def webhook_delivery(delivery: Delivery) -> WebhookDelivery:
    return WebhookDelivery(
        delivery_id=delivery.delivery_id,
        event=delivery.event,
        pause_id=delivery.pause_id,
        state=delivery.state,
        attempts=[attempt_body(a) for a in delivery.attempts],
        created_at=to_rfc3339(delivery.created_at),
        next_attempt_at=optional_time(delivery.due_at),
    )


def delivery_page(found: Sequence[Delivery], query: PageQuery) -> WebhookDeliveryList:
    shown, place = page_of(found, query)
    return WebhookDeliveryList(items=[webhook_delivery(each) for each in shown], **place)
