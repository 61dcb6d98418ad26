"""How errors leave by HTTP: always the one shape, never a trace of the inside."""

from __future__ import annotations

from starlette.responses import Response

from pausepoint.domain.errors import InternalError, PausePointError, Unavailable, ValidationFailed
from pausepoint.store.base import DatabaseGone, OutcomeUnknown, StoreUnavailable
from pausepoint.web.answers import JsonResponse
from pausepoint.web.schemas import ErrorBody, FieldProblem, ValidationErrorBody


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
    response = JsonResponse(body, error.status)
    if error.retry_after is not None:
        response.headers["retry-after"] = str(error.retry_after)
    if error.status == 401:
        response.headers["www-authenticate"] = "Bearer"
    return response


def as_error(error: Exception) -> PausePointError:
    """Return the error response for any exception."""
    if isinstance(error, PausePointError):
        return error
    if isinstance(error, OutcomeUnknown):
        return Unavailable(
            "The database went away while this was written: it may have been done. Look before"
            " you try again, or use an Idempotency-Key."
        )
    if isinstance(error, DatabaseGone):
        return Unavailable(
            "The database's file was moved, replaced or deleted while it was in use. Nothing was"
            " done. Put it back, or stop PausePoint, put the right one there, and start it again."
        )
    if isinstance(error, StoreUnavailable):
        return Unavailable()
    return InternalError()
