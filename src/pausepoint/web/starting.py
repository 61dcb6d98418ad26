"""What answers before the database is there: alive, not ready, and nothing else."""

from __future__ import annotations

from collections.abc import Awaitable

import msgspec
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from pausepoint import __version__
from pausepoint.domain.errors import Unavailable
from pausepoint.web.errors import error_response
from pausepoint.web.schemas.health import HealthBody


class Starting:
    """Says 503 to everybody until it becomes the application."""

    def __init__(self) -> None:
        self._app: ASGIApp = _not_yet

    def become(self, app: ASGIApp) -> None:
        self._app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return self._app(scope, receive, send)


async def _not_yet(scope: Scope, receive: Receive, send: Send) -> None:
    response = error_response(Unavailable("PausePoint is waiting for its database."))
    if scope["path"] == "/health/live":
        alive = HealthBody(status="ok", version=__version__)
        response = Response(msgspec.json.encode(alive), media_type="application/json")
    await response(scope, receive, send)
