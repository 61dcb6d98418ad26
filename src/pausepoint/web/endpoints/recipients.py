"""The recipients of an account."""

from __future__ import annotations

from typing import Final

from pausepoint.domain import errors as e
from pausepoint.domain.scopes import Scope
from pausepoint.web.api import recipients
from pausepoint.web.endpoint import Endpoint
from pausepoint.web.schemas import PageQuery
from pausepoint.web.schemas.recipients import AddRecipientRequest, RecipientBody, RecipientList

ENDPOINTS: Final = (
    Endpoint(
        method="POST",
        path="/v1/recipients",
        handler=recipients.add,
        operation_id="addRecipient",
        summary="Add a recipient, who is asked to confirm",
        tag="Recipients",
        scope=Scope.RECIPIENTS_WRITE,
        request=AddRecipientRequest,
        example={"recipient": "you@example.com", "channel": "email"},
        response=RecipientBody,
        status=201,
        again="It was there already, and nothing is sent.",
        errors=(
            e.InvalidChannel,
            e.InvalidRecipient,
            e.ChannelNotConfigured,
            e.RecipientNotAllowed,
            e.RecipientMuted,
        ),
    ),
    Endpoint(
        method="GET",
        path="/v1/recipients",
        handler=recipients.list_all,
        operation_id="listRecipients",
        summary="List recipients, newest first",
        tag="Recipients",
        scope=Scope.RECIPIENTS_WRITE,
        query=PageQuery,
        response=RecipientList,
    ),
    Endpoint(
        method="GET",
        path="/v1/recipients/{recipient_id}",
        handler=recipients.get,
        operation_id="getRecipient",
        summary="Look at a recipient",
        tag="Recipients",
        scope=Scope.RECIPIENTS_WRITE,
        response=RecipientBody,
        errors=(e.RecipientNotFound,),
    ),
    Endpoint(
        method="POST",
        path="/v1/recipients/{recipient_id}/verification",
        handler=recipients.send_again,
        operation_id="sendConfirmation",
        summary="Send the confirmation again",
        tag="Recipients",
        scope=Scope.RECIPIENTS_WRITE,
        response=RecipientBody,
        errors=(
            e.RecipientNotFound,
            e.ChannelNotConfigured,
            e.RecipientNotAllowed,
            e.RecipientMuted,
        ),
    ),
    Endpoint(
        method="DELETE",
        path="/v1/recipients/{recipient_id}",
        handler=recipients.remove,
        operation_id="removeRecipient",
        summary="Remove a recipient",
        tag="Recipients",
        scope=Scope.RECIPIENTS_WRITE,
        status=204,
        errors=(e.RecipientNotFound,),
    ),
)
