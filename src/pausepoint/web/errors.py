"""How errors leave by HTTP: always the one shape, never a trace of the inside."""

from __future__ import annotations

import msgspec
from starlette.responses import Response

from pausepoint.domain.errors import InternalError, PausePointError, Unavailable, ValidationFailed
from pausepoint.store.base import OutcomeUnknown, StoreUnavailable
from pausepoint.web.schemas import ErrorBody, FieldProblem, ValidationErrorBody

_encode = msgspec.json.Encoder().encode


def error_response(error: PausePointError) -> Response:
    body = ErrorBody(error=error.code, message=error.message, status_code=error.status)
    if error.status == 422:
        problems = error.detail if isinstance(error, ValidationFailed) else ()
        body = ValidationErrorBody(
            error=error.code,
            message=error.message,
            status_code=error.status,
            detail=[FieldProblem(field, message) for field, message in problems],
        )
    headers = {}
    if error.retry_after is not None:
        headers["retry-after"] = str(error.retry_after)
    if error.status == 401:
        headers["www-authenticate"] = "Bearer"
    return Response(_encode(body), error.status, headers, "application/json")


def as_error(error: Exception) -> PausePointError:
    """What a caller is told of any exception."""
    if isinstance(error, PausePointError):
        return error
    if isinstance(error, OutcomeUnknown):
        return Unavailable(
            "The database went away while this was written: it may have been done. Look before"
            " you try again, or use an Idempotency-Key."
        )
    if isinstance(error, StoreUnavailable):
        return Unavailable()
    return InternalError()
