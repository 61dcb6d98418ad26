"""Pages as responses, with their headers; and the page for 429."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import HTMLResponse, Response

from pausepoint.domain.errors import RateLimited
from pausepoint.web.pages import headers
from pausepoint.web.pages.respond import render_problem


def too_often(error: RateLimited) -> Response:
    answer = page(render_problem("Too often, just now", f"{error.message} Nothing was lost."), 429)
    answer.headers["retry-after"] = str(error.retry_after)
    return answer


def page(html: str, status: int = 200, with_headers: Mapping[str, str] | None = None) -> Response:
    return HTMLResponse(html, status, with_headers or headers.RESPONSE_PAGE)
