"""Webhooks and their deliveries."""

from __future__ import annotations

from typing import Final

from pausepoint.domain import errors as e
from pausepoint.domain.scopes import Scope
from pausepoint.web.api import webhooks
from pausepoint.web.endpoint import Endpoint
from pausepoint.web.schemas import PageQuery
from pausepoint.web.schemas.webhooks import (
    CreateWebhookRequest,
    WebhookBody,
    WebhookDelivery,
    WebhookDeliveryList,
    WebhookList,
)

ENDPOINTS: Final = (
    Endpoint(
        method="POST",
        path="/v1/webhooks",
        handler=webhooks.create,
        operation_id="createWebhook",
        summary="Register a webhook",
        tag="Webhooks",
        scope=Scope.WEBHOOKS_WRITE,
        tells_answers=True,
        request=CreateWebhookRequest,
        example={
            "url": "https://example.com/pausepoint",
            "events": ["pause.responded", "pause.timed_out"],
            "secret": "at least sixteen characters",
        },
        response=WebhookBody,
        status=201,
        errors=(e.InvalidWebhookUrl, e.TooManyWebhooks),
    ),
    Endpoint(
        method="GET",
        path="/v1/webhooks",
        handler=webhooks.list_all,
        operation_id="listWebhooks",
        summary="List webhooks",
        tag="Webhooks",
        scope=Scope.WEBHOOKS_WRITE,
        response=WebhookList,
    ),
    Endpoint(
        method="DELETE",
        path="/v1/webhooks/{webhook_id}",
        handler=webhooks.delete,
        operation_id="deleteWebhook",
        summary="Delete a webhook",
        tag="Webhooks",
        scope=Scope.WEBHOOKS_WRITE,
        status=204,
        errors=(e.WebhookNotFound,),
    ),
    Endpoint(
        method="GET",
        path="/v1/webhooks/{webhook_id}/deliveries",
        handler=webhooks.deliveries,
        operation_id="listWebhookDeliveries",
        summary="How a webhook's deliveries fared",
        tag="Webhooks",
        scope=Scope.WEBHOOKS_WRITE,
        tells_answers=True,
        query=PageQuery,
        response=WebhookDeliveryList,
        errors=(e.WebhookNotFound,),
    ),
    Endpoint(
        method="POST",
        path="/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver",
        handler=webhooks.deliver_again,
        operation_id="redeliverEvent",
        summary="Send a delivery again",
        tag="Webhooks",
        scope=Scope.WEBHOOKS_WRITE,
        tells_answers=True,
        response=WebhookDelivery,
        status=202,
        errors=(e.WebhookNotFound, e.DeliveryNotFound),
    ),
)
