"""Asking, and what becomes of a question."""

from __future__ import annotations

from typing import Final

from pausepoint.domain import errors as e
from pausepoint.domain.scopes import Scope
from pausepoint.web.access_control import LONG_WAIT
from pausepoint.web.api import pause
from pausepoint.web.endpoint import ACTION_BODY_LIMIT, Endpoint
from pausepoint.web.schemas import PageQuery
from pausepoint.web.schemas.pause import (
    CreatedPauseBody,
    CreatePauseRequest,
    PauseBody,
    PauseList,
    PauseListQuery,
    PauseQuery,
)
from pausepoint.web.schemas.webhooks import WebhookDelivery, WebhookDeliveryList

ENDPOINTS: Final = (
    Endpoint(
        method="POST",
        path="/v1/pause",
        handler=pause.create,
        operation_id="createPause",
        summary="Ask a person",
        tag="Pauses",
        scope=Scope.PAUSES_CREATE,
        request=CreatePauseRequest,
        example={
            "recipient": "+15550100199",
            "channel": "sms",
            "message": "Wire $8,400 to Meridian Supplies?",
            "options": ["Approve", "Reject"],
            "timeout_hours": 4,
            "timeout_default": "Reject",
            "metadata": {"invoice": 2281},
        },
        response=CreatedPauseBody,
        status=201,
        again="Done before, under the same key.",
        errors=(
            e.InvalidChannel,
            e.InvalidOptions,
            e.InvalidRecipient,
            e.InvalidWebhookUrl,
            e.IdempotencyMismatch,
            e.PlanLimitReached,
            e.ChannelNotAllowed,
            e.RecipientNotAllowed,
            e.RecipientMuted,
            e.RecipientBusy,
            e.ChannelNotConfigured,
        ),
        headers={
            "Idempotency-Key": "The same key and body give the same pause, until seven days after its deadline."
        },
        body_limit=ACTION_BODY_LIMIT,
    ),
    Endpoint(
        method="GET",
        path="/v1/pause/{pause_id}",
        handler=pause.get,
        operation_id="getPause",
        summary="Look at a pause, or wait for its answer",
        tag="Pauses",
        scope=Scope.PAUSES_READ,
        query=PauseQuery,
        waits=lambda query: query.wait >= LONG_WAIT,
        response=PauseBody,
        errors=(e.PauseNotFound,),
    ),
    Endpoint(
        method="DELETE",
        path="/v1/pause/{pause_id}",
        handler=pause.cancel,
        operation_id="cancelPause",
        summary="Withdraw a question",
        tag="Pauses",
        scope=Scope.PAUSES_CANCEL,
        response=PauseBody,
        errors=(e.PauseNotFound, e.AlreadyResponded, e.AlreadyCancelled, e.AlreadyTimedOut),
    ),
    Endpoint(
        method="GET",
        path="/v1/pause",
        handler=pause.list_all,
        operation_id="listPauses",
        summary="List pauses, newest first",
        tag="Pauses",
        scope=Scope.PAUSES_READ,
        query=PauseListQuery,
        response=PauseList,
    ),
    Endpoint(
        method="DELETE",
        path="/v1/pause/{pause_id}/content",
        handler=pause.erase,
        operation_id="erasePause",
        summary="Erase what was asked and answered",
        tag="Pauses",
        scope=Scope.PAUSES_CANCEL,
        response=PauseBody,
        errors=(e.PauseNotFound, e.PauseStillPending),
    ),
    Endpoint(
        method="GET",
        path="/v1/pause/{pause_id}/callbacks",
        handler=pause.callbacks,
        operation_id="listCallbacks",
        summary="How the deliveries to a pause's callback fared",
        tag="Pauses",
        scope=Scope.PAUSES_READ,
        query=PageQuery,
        response=WebhookDeliveryList,
        errors=(e.PauseNotFound,),
    ),
    Endpoint(
        method="POST",
        path="/v1/pause/{pause_id}/callbacks/{delivery_id}/redeliver",
        handler=pause.call_back_again,
        operation_id="redeliverCallback",
        summary="Send an event to the callback again",
        tag="Pauses",
        scope=Scope.WEBHOOKS_WRITE,
        tells_answers=True,
        response=WebhookDelivery,
        status=202,
        errors=(e.PauseNotFound, e.DeliveryNotFound),
    ),
)
