"""A question as the API takes it. The server judges it; here is only what the server cannot see."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import msgspec

from pausepoint.client.channels import CHANNELS
from pausepoint.client.environment import new_idempotency_key
from pausepoint.client.errors import FieldProblem, InvalidRequest
from pausepoint.client.exchange import Request
from pausepoint.client.results import Action

MESSAGE_LIMIT = 2000
"""Characters that the server takes as a message."""


def question(
    recipient: str,
    message: str,
    options: Sequence[str],
    channel: str | None,
    timeout: timedelta | None,
    default: str | None,
    metadata: Mapping[str, Any] | None,
    action: Action | None,
    allow_text: bool,
    idempotency_key: str | None,
) -> Request:
    """Raises InvalidRequest for what cannot be sent, TypeError for what was mixed up."""
    if isinstance(options, str):
        raise TypeError('options is a list of texts, such as ["Approve", "Reject"].')
    body: dict[str, Any] = {
        "recipient": recipient,
        "channel": channel or channel_of(recipient),
        "message": message,
        "options": list(options),
        "allow_text_response": allow_text,
        "timeout_default": default,
        "metadata": None if metadata is None else dict(metadata),
    }
    if action is not None:
        body["action"] = action
    if timeout is not None:
        body["timeout_hours"] = seconds(timeout) / 3600
    key = new_idempotency_key() if idempotency_key is None else _checked(idempotency_key)
    return Request(method="POST", path="/v1/pause", content=encoded(body), idempotency_key=key)


def channel_of(recipient: str) -> str:
    """The channel that this recipient's form belongs to. Raises InvalidRequest."""
    for channel, form in CHANNELS.items():
        if re.fullmatch(form, recipient.strip()):
            return channel
    *first, last = (f'"{channel}"' for channel in CHANNELS)
    raise InvalidRequest(
        f"The channel cannot be told from this recipient: give channel={', '.join(first)} or"
        f' {last}. A phone number begins with "+".',
        code="INVALID_CHANNEL",
    )


def seconds(timeout: timedelta) -> float:
    """Raises TypeError for a number: it has no unit."""
    if not isinstance(timeout, timedelta):
        raise TypeError("timeout is a timedelta, such as timedelta(hours=4).")
    return timeout.total_seconds()


def encoded(body: Mapping[str, Any]) -> bytes:
    """As JSON. Raises InvalidRequest."""
    try:
        return msgspec.json.encode(body)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise _refused("body", f"Cannot be written as JSON: {type(error).__name__}.") from None


def _checked(idempotency_key: str) -> str:
    """It goes into a header."""
    is_visible = all("!" <= character <= "~" for character in idempotency_key)
    if not is_visible or not 1 <= len(idempotency_key) <= 255:
        raise _refused("idempotency_key", "Must be 1 to 255 visible ASCII characters.")
    return idempotency_key


def _refused(field: str, sentence: str) -> InvalidRequest:
    return InvalidRequest(
        "Something here cannot be sent, so nothing was.", detail=(FieldProblem(field, sentence),)
    )
