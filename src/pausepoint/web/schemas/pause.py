"""/v1/pause: the types of pauses."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Raw, Struct

from pausepoint.domain.action import Action
from pausepoint.domain.delivery import Attempt, DeliveryState
from pausepoint.domain.pause import Pause, PauseStatus
from pausepoint.domain.question import MAX_TIMEOUT_HOURS, MESSAGE_LIMIT
from pausepoint.domain.time import to_rfc3339
from pausepoint.web.schemas import (
    AttemptBody,
    Limit,
    Offset,
    Timestamp,
    described,
    one_of,
    optional_time,
    shaped,
)


class ActionBody(Struct):
    """What the agent is about to do."""

    tool: Annotated[str, described("The tool's name, 1 to 200 characters.")]
    arguments: Annotated[Any, described("Its arguments, any JSON.")]


class CreatePauseRequest(Struct, kw_only=True):
    recipient: Annotated[
        str,
        described(
            "A {recipients}; with a test key also a simulated person, such as approve@people.test."
        ),
    ]
    channel: Annotated[str, Meta(description="{channels}.", examples=["sms"])]
    message: Annotated[
        str, shaped("The question, 1 to 2000 characters.", minLength=1, maxLength=MESSAGE_LIMIT)
    ]
    options: Annotated[
        list[str],
        shaped("2 to 5 answers to choose from.", minItems=2, maxItems=5, uniqueItems=True),
    ]
    allow_text_response: bool = False
    timeout_hours: Annotated[
        float,
        shaped("More than 0, at most 8760.", exclusiveMinimum=0, maximum=MAX_TIMEOUT_HOURS),
    ] = 24
    timeout_default: Annotated[
        str | None, described("The option taken if nobody answers in time.")
    ] = None
    metadata: Annotated[
        dict[str, Any] | None, described("Anything of yours, at most 16 KiB as JSON.")
    ] = None
    callback_url: Annotated[
        str | None, described("Where this pause's events are posted. https, and public.")
    ] = None
    callback_secret: Annotated[
        str | None,
        described("16 to 512 characters; signs what is posted there. Needed with callback_url."),
    ] = None
    remind_after_hours: Annotated[
        float | None, described("When to send the question once more. Less than timeout_hours.")
    ] = None
    fallback: Annotated[
        list[WayBody] | None,
        described(
            "At most 3 others, asked if the message fails or nobody answers by the reminder."
        ),
    ] = None
    action: Annotated[
        ActionBody | None,
        described("What is to be done, shown whole on the page. At most 256 KiB as JSON."),
    ] = None


class WayBody(Struct):
    """A recipient and its channel."""

    recipient: Annotated[str, described("As of the pause itself.")]
    channel: Annotated[str, Meta(description="{channels}.", examples=["email"])]


class MessageAttempt(AttemptBody, kw_only=True):
    channel: str
    recipient: Annotated[str | None, described("Whom it was to; null once erased.")]
    reminder: bool


class DeliveryStatus(Struct, kw_only=True):
    state: Annotated[str, one_of(DeliveryState)]
    attempts: Annotated[list[MessageAttempt], described("Of all messages, by time.")]


class PauseBody(Struct, kw_only=True):
    """A pause, everywhere. Fields of content are null once erased."""

    pause_id: str
    status: Annotated[str, one_of(PauseStatus)]
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
    remind_at: Annotated[Timestamp | None, described("When the question is sent once more.")]
    fallback: Annotated[list[WayBody] | None, described("Who else is asked, in this order.")]
    action: Annotated[
        ActionBody | None, described("What is to be done. In a list it is null: get the one pause.")
    ]
    action_sha256: Annotated[
        str | None, described("Of the action's canonical JSON; null where there is no action.")
    ]


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
    status: Annotated[str | None, shaped("Only pauses with this status.")] = None
    limit: Limit = 20
    offset: Offset = 0


def pause_fields(
    pause: Pause, recipient: str | None, fallback: list[WayBody] | None
) -> dict[str, Any]:
    """The pause's fields by their names in the API; `recipient` and `fallback` as they may be shown."""
    content = pause.content
    action = content.action if content else None
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
        "response_at": optional_time(pause.responded_at),
        "resolved_by": pause.resolved_by,
        "test": pause.mode == "test",
        "delivery": DeliveryStatus(
            state=pause.delivery_state,
            attempts=[_attempt(a, pause, recipient, fallback) for a in pause.attempts],
        ),
        "remind_at": None if pause.remind_at is None else to_rfc3339(pause.remind_at),
        "fallback": fallback,
        "action": action_body(action),
        "action_sha256": action.sha256 if action else None,
    }


def action_body(action: Action | None) -> ActionBody | None:
    """None, too, where the arguments were not read."""
    if action is None or action.arguments_json is None:
        return None
    return ActionBody(action.tool, Raw(action.arguments_json))


def _attempt(
    attempt: Attempt, pause: Pause, recipient: str | None, fallback: list[WayBody] | None
) -> MessageAttempt:
    index = attempt.recipient_index
    if index:
        recipient = fallback[index - 1].recipient if fallback else None
    return MessageAttempt(
        number=attempt.number,
        at=to_rfc3339(attempt.at),
        outcome=attempt.outcome,
        code=attempt.code,
        channel=attempt.channel or pause.channel,
        recipient=recipient,
        reminder=attempt.is_reminder,
    )
