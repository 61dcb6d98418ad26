"""An answer that takes minutes: blanks first, which JSON may begin with, so that nobody in between
takes the connection for dead."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, Final

import msgspec
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from pausepoint.web.waiting import ClientGone

BEAT_SECONDS: Final = 15.0
"""Shorter than the usual proxy waits for a byte."""

_HEADERS: Final = (
    (b"content-type", b"application/json"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # nginx would keep the blanks back
)


class HeldAnswer(Response):
    """`deciding` never raises but ClientGone: the answer's head has left when it ends."""

    media_type = "application/json"

    def __init__(
        self, deciding: Awaitable[dict[str, Any]], beat_seconds: float = BEAT_SECONDS
    ) -> None:
        self.status_code = 200
        self.background = None
        self.body = b""
        self.raw_headers = list(_HEADERS)
        self._deciding = deciding
        self._beat_seconds = beat_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def write(body: bytes, *, is_last: bool = False) -> None:
            await send({"type": "http.response.body", "body": body, "more_body": not is_last})

        deciding = asyncio.ensure_future(self._deciding)
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            while not (await asyncio.wait([deciding], timeout=self._beat_seconds))[0]:
                await write(b" ")
            await write(msgspec.json.encode(deciding.result()), is_last=True)
        except ClientGone:
            return
        finally:
            deciding.cancel()
