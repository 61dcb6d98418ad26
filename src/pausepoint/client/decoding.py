"""What an HTTP answer says: a result of the wanted type, or which error. Garbage is an error too."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import TypeVar

import msgspec

from pausepoint.client.errors import (
    ApiError,
    Conflict,
    FieldProblem,
    InvalidRequest,
    NotAllowed,
    NotFound,
    RateLimited,
    ServerError,
    Unauthorized,
    UnexpectedAnswer,
)
from pausepoint.client.protocol import Response

T = TypeVar("T")

_LONGEST_TEXT = 1000
_KINDS: dict[int, type[ApiError]] = {
    401: Unauthorized,
    402: NotAllowed,
    403: NotAllowed,
    404: NotFound,
    409: Conflict,
    410: Conflict,
    421: NotAllowed,
    429: RateLimited,
}


class _ErrorBody(msgspec.Struct):
    error: str
    message: str
    status_code: int


class _Detail(msgspec.Struct):
    detail: tuple[FieldProblem, ...] = ()


def decoded(response: Response, kind: type[T]) -> T:
    """Decode a response's body; an empty one is None. Raises ApiError, UnexpectedAnswer."""
    if not 200 <= response.status < 300:
        raise refusal(response)
    try:
        return msgspec.json.decode(response.content or b"null", type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise _unexpected(response) from None


def refusal(response: Response) -> ApiError | UnexpectedAnswer:
    """Return the exception for a response without success."""
    try:
        body = msgspec.json.decode(response.content, type=_ErrorBody)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return _unexpected(response)
    error = _kind(response.status)(
        body.message[:_LONGEST_TEXT],
        code=body.error[:_LONGEST_TEXT],
        status_code=response.status,
        detail=_detail(response),
        request_id=response.headers.get("x-request-id"),
    )
    error.retry_after = retry_after(response)
    return error


def retry_after(response: Response) -> float | None:
    """Return the seconds of Retry-After. A date is compared with the response's own Date."""
    text = response.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        until = parsedate_to_datetime(text)
        now = parsedate_to_datetime(response.headers.get("date", ""))
        return max(0.0, (until - now).total_seconds())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _kind(status: int) -> type[ApiError]:
    if status >= 500:
        return ServerError
    return _KINDS.get(status, InvalidRequest)


def _detail(response: Response) -> tuple[FieldProblem, ...]:
    try:
        return msgspec.json.decode(response.content, type=_Detail).detail
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return ()


def _unexpected(response: Response) -> UnexpectedAnswer:
    return UnexpectedAnswer(
        f"An answer with status {response.status} came that PausePoint does not give."
        " Is the base URL right, and what is in between?",
        status_code=response.status,
        request_id=response.headers.get("x-request-id"),
    )
