"""Build the body of a question. The server validates it; checked here is what it cannot see."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, TypedDict

import msgspec

from pausepoint.channel_list import CHANNELS
from pausepoint.client.environment import new_idempotency_key
from pausepoint.client.errors import FieldProblem, InvalidRequest
from pausepoint.client.protocol import Request
from pausepoint.client.results import Action, Fallback

MESSAGE_LIMIT = 2000
"""Characters that the server takes as a message."""


class Details(TypedDict, total=False):
    """What a question may have besides its recipient, message and options."""

    channel: str | None
    timeout: timedelta | None
    default: str | None
    metadata: Mapping[str, Any] | None
    action: Action | None
    allow_text: bool
    remind_after: timedelta | None
    fallback: Sequence[str | Fallback] | None
    callback_url: str | None
    callback_secret: str | None
    idempotency_key: str | None


def question(recipient: str, message: str, options: Sequence[str], details: Details) -> Request:
    """Build the request's body. Raises InvalidRequest for unusable values, TypeError for wrong types."""
    if unknown := set(details) - set(Details.__annotations__):
        raise TypeError(f"got an unexpected keyword argument {min(unknown)!r}")
    if isinstance(options, str):
        raise TypeError('options is a list of texts, such as ["Approve", "Reject"].')
    metadata = details.get("metadata")
    body: dict[str, Any] = {
        "recipient": recipient,
        "channel": details.get("channel") or channel_of(recipient),
        "message": message,
        "options": list(options),
        "allow_text_response": details.get("allow_text", False),
        "timeout_default": details.get("default"),
        "metadata": None if metadata is None else dict(metadata),
    }
    # What only newer servers know is sent only where it is given.
    if (action := details.get("action")) is not None:
        body["action"] = action
    if (timeout := details.get("timeout")) is not None:
        body["timeout_hours"] = seconds(timeout) / 3600
    if (remind_after := details.get("remind_after")) is not None:
        body["remind_after_hours"] = seconds(remind_after, "remind_after") / 3600
    if fallback := details.get("fallback"):
        body["fallback"] = [_fallback(each) for each in _listed(fallback)]
    for name in ("callback_url", "callback_secret"):
        if (value := details.get(name)) is not None:
            body[name] = value
    given = details.get("idempotency_key")
    key = new_idempotency_key() if given is None else _check_key(given)
    return Request(method="POST", path="/v1/pause", content=encoded(body), idempotency_key=key)


def _listed(fallback: Sequence[str | Fallback]) -> Sequence[str | Fallback]:
    if isinstance(fallback, str | Fallback):
        raise TypeError('fallback is a list, such as ["bob@example.com"].')
    return fallback


def _fallback(given: str | Fallback) -> Fallback:
    return given if isinstance(given, Fallback) else Fallback(given, channel_of(given))


def channel_of(recipient: str) -> str:
    """Return the channel that matches the recipient's form. Raises InvalidRequest."""
    for channel, form in CHANNELS.items():
        if re.fullmatch(form, recipient.strip()):
            return channel
    *first, last = (f'"{channel}"' for channel in CHANNELS)
    raise InvalidRequest(
        f"The channel cannot be told from this recipient: give channel={', '.join(first)} or"
        f' {last}. A phone number begins with "+".',
        code="INVALID_CHANNEL",
    )


def seconds(timeout: timedelta, name: str = "timeout") -> float:
    """Return a timedelta in seconds. Raises TypeError for a number, which has no unit."""
    if not isinstance(timeout, timedelta):
        raise TypeError(f"{name} is a timedelta, such as timedelta(hours=4).")
    return timeout.total_seconds()


def encoded(body: Mapping[str, Any]) -> bytes:
    """Encode as JSON. Raises InvalidRequest."""
    try:
        return msgspec.json.encode(body)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise _invalid("body", f"Cannot be written as JSON: {type(error).__name__}.") from None


def _check_key(idempotency_key: str) -> str:
    """Check that the key can be sent as a header."""
    is_visible = all("!" <= character <= "~" for character in idempotency_key)
    if not is_visible or not 1 <= len(idempotency_key) <= 255:
        raise _invalid("idempotency_key", "Must be 1 to 255 visible ASCII characters.")
    return idempotency_key


def _invalid(field: str, sentence: str) -> InvalidRequest:
    return InvalidRequest(
        "Something here cannot be sent, so nothing was.", detail=(FieldProblem(field, sentence),)
    )
