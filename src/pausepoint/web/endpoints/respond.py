"""The person's side of a question: no key, but the token of the link."""

from __future__ import annotations

from typing import Final

from pausepoint.domain import errors as e
from pausepoint.web.access_control import AccessControl
from pausepoint.web.api import respond
from pausepoint.web.endpoint import Endpoint
from pausepoint.web.request_errors import CrossSite
from pausepoint.web.schemas.respond import QuestionBody, RespondRequest, RespondResponse

ENDPOINTS: Final = (
    Endpoint(
        method="GET",
        path="/v1/respond/{token}",
        handler=respond.get,
        operation_id="getQuestion",
        summary="What a person is asked",
        tag="Responding",
        needs_key=False,
        entry=AccessControl.by_link,
        response=QuestionBody,
        errors=(e.TokenInvalid,),
    ),
    Endpoint(
        method="POST",
        path="/v1/respond/{token}",
        handler=respond.post,
        operation_id="respondToPause",
        summary="Answer",
        tag="Responding",
        needs_key=False,
        entry=AccessControl.by_link,
        request=RespondRequest,
        example={"choice": "Approve"},
        response=RespondResponse,
        errors=(
            e.TokenInvalid,
            e.TokenUsed,
            e.PauseCancelled,
            e.TokenExpired,
            e.InvalidChoice,
            CrossSite,
        ),
    ),
)
