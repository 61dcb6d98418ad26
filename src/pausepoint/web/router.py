"""Paths and methods to handlers; whatever they raise becomes an answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from pausepoint.domain.errors import InternalError, MethodNotAllowed, NotFound, Unavailable
from pausepoint.web.errors import as_error, error_response
from pausepoint.web.waiting import ClientGone

RequestHandler: TypeAlias = Callable[[Request], Awaitable[Response]]
ROUTE = "pausepoint.route"
"""Where the scope says which route answered: logs show it instead of the path."""

_BROKEN_OFF = (
    "PausePoint stopped before this had ended: it may have been done. Look before you try again, or"
    " use an Idempotency-Key."
)

log = structlog.get_logger("pausepoint.web")


class PathApp:
    """Everything at one path: one handler a method, and the same answers for every mistake."""

    def __init__(self, path: str, handlers: Mapping[str, RequestHandler]) -> None:
        self._path = path
        self._handlers = dict(handlers)
        if "GET" in handlers:
            self._handlers["HEAD"] = handlers["GET"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[ROUTE] = self._path
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except ClientGone:
            return
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        handler = self._handlers.get(request.method)
        if handler is None:
            response = error_response(MethodNotAllowed())
            response.headers["allow"] = ", ".join(sorted(self._handlers))
            return response
        try:
            return await handler(request)
        except ClientGone:
            raise
        except asyncio.CancelledError:
            # The server stops, and has waited for this as long as it can.
            return error_response(Unavailable(_BROKEN_OFF))
        except Exception as error:
            answer = as_error(error)
            if isinstance(answer, InternalError):
                log.exception("a request failed inside", route=self._path)
            return error_response(answer)


async def not_found(scope: Scope, receive: Receive, send: Send) -> None:
    scope[ROUTE] = "(none)"
    await error_response(NotFound())(scope, receive, send)
