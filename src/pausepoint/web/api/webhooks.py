"""/v1/webhooks: registration, delivery log, redelivery."""

from __future__ import annotations

from pausepoint.operations.manage_webhooks import (
    create_webhook,
    delete_webhook,
    own_webhook,
    redeliver_event,
)
from pausepoint.web.endpoint import Call
from pausepoint.web.schemas.webhooks import (
    WebhookBody,
    WebhookDelivery,
    WebhookDeliveryList,
    WebhookList,
    delivery_page,
    webhook_body,
    webhook_delivery,
)


async def create(call: Call) -> WebhookBody:
    body = call.body
    return webhook_body(
        await create_webhook(call.services, call.caller, body.url, body.events, body.secret)
    )


async def list_all(call: Call) -> WebhookList:
    found = await call.services.store.webhooks(call.caller.developer_id, call.caller.mode)
    return WebhookList(items=[webhook_body(webhook) for webhook in found])


async def delete(call: Call) -> None:
    await delete_webhook(call.services, call.caller, call.path["webhook_id"])


async def deliveries(call: Call) -> WebhookDeliveryList:
    webhook = await own_webhook(call.services, call.caller, call.path["webhook_id"])
    query = call.query
    found = await call.services.store.webhook_deliveries(
        webhook.webhook_id, query.limit + 1, query.offset
    )
    return delivery_page(found, query)


async def deliver_again(call: Call) -> WebhookDelivery:
    path = call.path
    return webhook_delivery(
        await redeliver_event(call.services, call.caller, path["webhook_id"], path["delivery_id"])
    )
