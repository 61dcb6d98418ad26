"""/v1/respond: what the holder of a response token sees and sends."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Struct

from pausepoint.domain.pause import Pause
from pausepoint.domain.time import Instant, to_rfc3339
from pausepoint.web.schemas import Timestamp, described, optional_time
from pausepoint.web.schemas.pause import ActionBody, action_body


class QuestionBody(Struct, kw_only=True):
    """What the holder of a response token sees: the question, while it waits."""

    pause_id: str
    status: str
    sender: Annotated[str, described("Whose agent asks.")]
    message: str | None
    options: list[str] | None
    allow_text_response: bool
    timeout_default: str | None
    metadata: dict[str, Any] | None
    action: Annotated[ActionBody | None, described("What is to be done.")]
    action_sha256: str | None
    created_at: Timestamp
    expires_at: Timestamp
    response_choice: str | None
    response_text: str | None
    response_at: Timestamp | None
    resolved_by: str | None


class RespondRequest(Struct, kw_only=True):
    choice: Annotated[str, described("Exactly one of the options.")]
    text: Annotated[str | None, described("A note, where the question takes one.")] = None


class RespondResponse(Struct, kw_only=True):
    pause_id: str
    status: str
    response_choice: str | None
    response_text: str | None
    response_at: Timestamp | None
    resolved_by: str | None


def question_body(pause: Pause, sender: str, now: Instant) -> QuestionBody:
    """Of a question that has ended no more than the page shows: the link is worth nothing now."""
    content = None if pause.status.is_final or pause.is_overdue(now) else pause.content
    action = content.action if content else None
    return QuestionBody(
        pause_id=pause.pause_id,
        status=pause.status,
        sender=sender,
        message=content.message if content else None,
        options=list(content.options) if content else None,
        allow_text_response=pause.allow_text_response,
        timeout_default=pause.timeout_default if content else None,
        metadata=content.metadata if content else None,
        action=action_body(action),
        action_sha256=action.sha256 if action else None,
        created_at=to_rfc3339(pause.created_at),
        expires_at=to_rfc3339(pause.expires_at),
        response_choice=pause.choice,
        response_text=pause.content.response_text if pause.content else None,
        response_at=optional_time(pause.responded_at),
        resolved_by=pause.resolved_by,
    )


def respond_response(pause: Pause) -> RespondResponse:
    return RespondResponse(
        pause_id=pause.pause_id,
        status=pause.status,
        response_choice=pause.choice,
        response_text=pause.content.response_text if pause.content else None,
        response_at=optional_time(pause.responded_at),
        resolved_by=pause.resolved_by,
    )
