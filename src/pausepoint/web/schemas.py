"""The JSON that travels: names as the contract has them, and the domain's objects in those names."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from pausepoint.domain.account import AuditEntry, Delivery, Webhook
from pausepoint.domain.delivery import Attempt
from pausepoint.domain.pause import Pause
from pausepoint.domain.time import Instant, to_rfc3339


def described(text: str) -> Meta:
    return Meta(description=text)


Timestamp = Annotated[str, Meta(description="RFC 3339, UTC.", examples=["2026-11-22T18:00:00Z"])]
Limit = Annotated[int, Meta(ge=1, le=100)]
Offset = Annotated[int, Meta(ge=0, le=2**53)]


class ErrorBody(Struct, kw_only=True):
    """Every error, whatever went wrong."""

    error: Annotated[str, described("A code that programs can rely on.")]
    message: Annotated[str, described("What happened and what to do, for people.")]
    status_code: int


class FieldProblem(Struct):
    field: str
    message: str


class ValidationErrorBody(ErrorBody, kw_only=True):
    """With 422: what is wrong with which field."""

    detail: list[FieldProblem] = []


# ── Accounts ──


class RegisterRequest(Struct, kw_only=True):
    email: str
    name: Annotated[str, described("Shown to the people you ask: “An AI agent of Acme …”.")]
    password: Annotated[str, described("8 to 200 characters.")]


class RegisterResponse(Struct, kw_only=True):
    developer_id: str
    api_key: Annotated[str, described("The live key. Shown once.")]
    test_api_key: Annotated[str, described("The test key: nobody outside is asked. Shown once.")]
    plan: str
    message: str


class Usage(Struct, kw_only=True):
    pauses_this_month: int


class KeyPrefix(Struct, kw_only=True):
    key_id: str
    name: str
    mode: str
    prefix: str
    created_at: Timestamp


class MeResponse(Struct, kw_only=True):
    developer_id: str
    email: str
    name: str
    plan: str
    created_at: Timestamp
    usage: Usage
    keys: list[KeyPrefix]


class RotateResponse(Struct, kw_only=True):
    """The new key, once, under the name that registration gave it."""

    api_key: str | UnsetType = UNSET
    test_api_key: str | UnsetType = UNSET


# ── Pauses ──


class CreatePauseRequest(Struct, kw_only=True):
    recipient: Annotated[str, described("A phone number, e-mail address or Slack webhook URL.")]
    channel: Annotated[str, Meta(description="sms, email or slack.", examples=["sms"])]
    message: Annotated[str, described("The question, 1 to 2000 characters.")]
    options: Annotated[list[str], described("2 to 5 answers to choose from.")]
    allow_text_response: bool = False
    timeout_hours: Annotated[float, described("More than 0, at most 8760.")] = 24
    timeout_default: Annotated[
        str | None, described("The option taken if nobody answers in time.")
    ] = None
    metadata: Annotated[
        dict[str, Any] | None, described("Anything of yours, at most 16 KiB as JSON.")
    ] = None


class AttemptBody(Struct, kw_only=True):
    number: int
    at: Timestamp
    outcome: str
    code: str | None


class DeliveryStatus(Struct, kw_only=True):
    state: Annotated[str, described("queued, sent, delivered, failed or simulated.")]
    attempts: list[AttemptBody]


class PauseBody(Struct, kw_only=True):
    """A pause, everywhere. Fields of content are null once erased."""

    pause_id: str
    status: Annotated[str, described("pending, responded, timed_out or cancelled.")]
    channel: str
    recipient: str | None
    message: str | None
    options: list[str] | None
    allow_text_response: bool
    timeout_default: str | None
    metadata: dict[str, Any] | None
    created_at: Timestamp
    expires_at: Timestamp
    response_choice: str | None
    response_text: str | None
    response_at: Timestamp | None
    resolved_by: Annotated[str | None, described("human, timeout, developer, or null.")]
    test: bool
    delivery: DeliveryStatus


class CreatedPauseBody(PauseBody, kw_only=True):
    """A new pause, with the person's link where the caller may see it."""

    respond_url: str | None


class PauseList(Struct, kw_only=True):
    items: list[PauseBody]
    limit: int
    offset: int
    has_more: bool


class PauseQuery(Struct, kw_only=True):
    wait: Annotated[
        float, Meta(ge=0, le=60, description="Hold the answer for up to so many seconds.")
    ] = 0


class PauseListQuery(Struct, kw_only=True):
    status: str | None = None
    limit: Limit = 20
    offset: Offset = 0


# ── The person ──


class QuestionBody(Struct, kw_only=True):
    """What the holder of a response token sees."""

    pause_id: str
    status: str
    sender: Annotated[str, described("Whose agent asks.")]
    message: str | None
    options: list[str] | None
    allow_text_response: bool
    timeout_default: str | None
    metadata: dict[str, Any] | None
    created_at: Timestamp
    expires_at: Timestamp
    response_choice: str | None
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


# ── Webhooks ──


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


class PageQuery(Struct, kw_only=True):
    limit: Limit = 20
    offset: Offset = 0


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


# ── Audit, health ──


class AuditQuery(Struct, kw_only=True):
    pause_id: str | None = None
    event_type: str | None = None
    from_date: Annotated[str | None, described("RFC 3339, or a date. Inclusive.")] = None
    to_date: Annotated[str | None, described("RFC 3339, or a date. Inclusive.")] = None
    limit: Limit = 20
    offset: Offset = 0


class AuditItem(Struct, kw_only=True):
    id: int
    developer_id: str
    pause_request_id: str | None
    event_type: str
    actor: str
    detail: dict[str, Any]
    created_at: Timestamp


class AuditList(Struct, kw_only=True):
    items: list[AuditItem]
    limit: int
    offset: int
    has_more: bool


class HealthBody(Struct, kw_only=True):
    status: str
    version: str


# ── From the domain ──


def _optional(instant: Instant | None) -> str | None:
    return None if instant is None else to_rfc3339(instant)


def attempt_body(attempt: Attempt) -> AttemptBody:
    return AttemptBody(
        number=attempt.number,
        at=to_rfc3339(attempt.at),
        outcome=attempt.outcome,
        code=attempt.code,
    )


def pause_fields(pause: Pause, recipient: str | None) -> dict[str, Any]:
    """The pause's fields by their names in the API; `recipient` as it may be shown."""
    content = pause.content
    return {
        "pause_id": pause.pause_id,
        "status": pause.status,
        "channel": pause.channel,
        "recipient": recipient,
        "message": content.message if content else None,
        "options": list(content.options) if content else None,
        "allow_text_response": pause.allow_text_response,
        "timeout_default": pause.timeout_default,
        "metadata": content.metadata if content else None,
        "created_at": to_rfc3339(pause.created_at),
        "expires_at": to_rfc3339(pause.expires_at),
        "response_choice": pause.choice,
        "response_text": content.response_text if content else None,
        "response_at": _optional(pause.responded_at),
        "resolved_by": pause.resolved_by,
        "test": pause.mode == "test",
        "delivery": DeliveryStatus(
            state=pause.delivery_state, attempts=[attempt_body(a) for a in pause.attempts]
        ),
    }


def question_body(pause: Pause, sender: str) -> QuestionBody:
    content = pause.content
    return QuestionBody(
        pause_id=pause.pause_id,
        status=pause.status,
        sender=sender,
        message=content.message if content else None,
        options=list(content.options) if content else None,
        allow_text_response=pause.allow_text_response,
        timeout_default=pause.timeout_default,
        metadata=content.metadata if content else None,
        created_at=to_rfc3339(pause.created_at),
        expires_at=to_rfc3339(pause.expires_at),
        response_choice=pause.choice,
        response_at=_optional(pause.responded_at),
        resolved_by=pause.resolved_by,
    )


def respond_response(pause: Pause) -> RespondResponse:
    return RespondResponse(
        pause_id=pause.pause_id,
        status=pause.status,
        response_choice=pause.choice,
        response_text=pause.content.response_text if pause.content else None,
        response_at=_optional(pause.responded_at),
        resolved_by=pause.resolved_by,
    )


def webhook_body(webhook: Webhook) -> WebhookBody:
    return WebhookBody(
        webhook_id=webhook.webhook_id,
        url=webhook.url,
        events=[event.value for event in webhook.events],
        created_at=to_rfc3339(webhook.created_at),
        disabled_at=_optional(webhook.disabled_at),
    )


def webhook_delivery(delivery: Delivery) -> WebhookDelivery:
    return WebhookDelivery(
        delivery_id=delivery.delivery_id,
        event=delivery.event,
        pause_id=delivery.pause_id,
        state=delivery.state,
        attempts=[attempt_body(a) for a in delivery.attempts],
        created_at=to_rfc3339(delivery.created_at),
        next_attempt_at=_optional(delivery.due_at),
    )


def audit_item(entry: AuditEntry) -> AuditItem:
    return AuditItem(
        id=entry.entry_id,
        developer_id=entry.developer_id,
        pause_request_id=entry.pause_id,
        event_type=entry.event,
        actor=entry.actor,
        detail=entry.detail,
        created_at=to_rfc3339(entry.created_at),
    )
