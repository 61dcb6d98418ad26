"""What may stand between a client and PausePoint: passes on, or answers in its own way, as scripted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import httpx2
import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pausepoint.client import Pause
from tests.doubles.server import Served, until_gone

METHODS = ["GET", "POST", "DELETE"]


@dataclass(frozen=True)
class Says:
    """An answer of the proxy's own."""

    status: int
    body: bytes | str = b""
    headers: dict[str, str] = field(default_factory=dict)


Act = Says | Literal["pass", "lose the request", "lose the answer"]


class Broken(Response):
    """Promises more than it sends, so that the line breaks in the middle of the answer."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        headers = [(b"content-type", b"application/json"), (b"content-length", b"99")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"{", "more_body": False})


class Proxy(Served):
    """`script` holds what becomes of the next requests; after it all are passed on.

    `asked` is told of every pause that was created, before the client is.
    """

    def __init__(self, target: str) -> None:
        self.target = target
        self.script: list[Act] = []
        self.seen: list[httpx2.Request] = []
        self.asked: Callable[[Pause], object] = lambda pause: None
        super().__init__(Starlette(routes=[Route("/{path:path}", self._take, methods=METHODS)]))

    async def _take(self, request: Request) -> Response:
        headers = {k: v for k, v in request.headers.items() if k not in ("host", "connection")}
        url = f"{self.target}{request.url.path}?{request.url.query}".rstrip("?")
        sent = httpx2.Request(request.method, url, headers=headers, content=await request.body())
        self.seen.append(sent)
        act = self.script.pop(0) if self.script else "pass"
        if isinstance(act, Says):
            return Response(act.body, act.status, act.headers)
        if act == "lose the request":
            return Broken()
        answer = await _passed_on(sent, request)
        if answer is None:
            return Broken()
        if answer.status_code == 201 and request.url.path == "/v1/pause":
            self.asked(msgspec.json.decode(answer.content, type=Pause))
        if act == "lose the answer":
            return Broken()
        kept = ("content-type", "retry-after", "x-request-id")
        passed = {name: answer.headers[name] for name in kept if name in answer.headers}
        return Response(answer.content, answer.status_code, passed)


async def _passed_on(sent: httpx2.Request, request: Request) -> httpx2.Response | None:
    """The server's answer; None once nobody waits for it any more, and then the server is told."""
    async with httpx2.AsyncClient(timeout=90, trust_env=False) as onwards:
        answer = asyncio.create_task(onwards.send(sent))
        gone = asyncio.create_task(until_gone(request))
        await asyncio.wait((answer, gone), return_when=asyncio.FIRST_COMPLETED)
        gone.cancel()
        if not answer.done():
            answer.cancel()
            await asyncio.wait((answer,))
            return None
        return answer.result()
