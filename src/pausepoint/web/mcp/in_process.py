"""The API's own endpoints, called by the MCP tools without HTTP between."""

from __future__ import annotations

import asyncio
import json
from typing import Final

from starlette.requests import Request
from starlette.types import Message, Receive, Scope

from pausepoint.mcp.api import ApiAnswer, ApiRequest
from pausepoint.web.access_control import AccessControl
from pausepoint.web.routes import Routes

_JSON: Final = (b"content-type", b"application/json")


class InProcessApi:
    """Sends API requests in process, with the key, checks, limits and answers of HTTP."""

    def __init__(self, routes: Routes, access_control: AccessControl) -> None:
        self._routes = routes
        self._access_control = access_control

    async def perform(self, asked: ApiRequest, authorization: bytes, receive: Receive) -> ApiAnswer:
        """`receive` reports a disconnect. Raises ClientGone where that ends a wait."""
        clock = asyncio.get_running_loop().time
        path, _, query = asked.path.partition("?")
        resource, values = self._routes.find(path)
        headers = [(b"authorization", authorization)]
        if asked.body is not None:
            headers.append(_JSON)
            receive = _with_body(json.dumps(asked.body, ensure_ascii=False).encode(), receive)
        if asked.idempotency_key is not None:
            headers.append((b"idempotency-key", asked.idempotency_key.encode("ascii")))
        scope: Scope = {
            "type": "http",
            "method": asked.method,
            "path": path,
            "query_string": query.encode("ascii"),
            "headers": headers,
            "path_params": values,
        }
        began = clock()
        try:
            response = await resource.answer(Request(scope, receive))
        finally:
            self._access_control.release(scope)
        return ApiAnswer(
            response.status_code,
            json.loads(bytes(response.body)),
            seconds=clock() - began,
            retry_after=response.headers.get("retry-after"),
        )


def _with_body(body: bytes, receive: Receive) -> Receive:
    """The body first, then what the client sends."""
    unread = [body]

    async def received() -> Message:
        if unread:
            return {"type": "http.request", "body": unread.pop(), "more_body": False}
        return await receive()

    return received
