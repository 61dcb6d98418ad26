"""Pages as responses, with their headers; and errors as pages, for those who come by a browser."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from pausepoint.domain.errors import PausePointError, RateLimited
from pausepoint.web.errors import error_response
from pausepoint.web.pages import headers
from pausepoint.web.pages.respond import render_problem
from pausepoint.web.request_errors import NotFound


def too_often(error: RateLimited) -> Response:
    answer = page(render_problem("Too often, just now", f"{error.message} Nothing was lost."), 429)
    answer.headers["retry-after"] = str(error.retry_after)
    return answer


def error_answer(request: Request, error: PausePointError) -> Response:
    """The error as a page for a browser, as JSON for everybody else and for the API's paths."""
    if not _is_browsing(request):
        return error_response(error)
    if isinstance(error, RateLimited):
        return too_often(error)
    if error.status == NotFound.status:
        return page(render_problem("There is nothing at this address", _LOST), error.status)
    answer = page(render_problem("This did not work", error.message), error.status)
    if error.retry_after is not None:
        answer.headers["retry-after"] = str(error.retry_after)
    return answer


def _is_browsing(request: Request) -> bool:
    path = request.scope["path"]
    return "text/html" in request.headers.get("accept", "") and not path.startswith(_FOR_PROGRAMS)


_FOR_PROGRAMS: Final = (
    "/v1/",
    "/mcp",
    "/health",
    "/openapi.json",
    "/static/",
    "/dev/inbox/messages",
)
_LOST: Final = (
    "Did a message bring you here? Open its link again, so that none of it is missing. If it still"
    " leads here, the question is gone and there is nothing to do."
)


def page(html: str, status: int = 200, with_headers: Mapping[str, str] | None = None) -> Response:
    return HTMLResponse(html, status, with_headers or headers.RESPONSE_PAGE)
