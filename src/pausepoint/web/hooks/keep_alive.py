"""An answer that takes minutes: blanks first, which JSON may begin with, so that no proxy in between
takes the connection for dead."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

import msgspec
from starlette.types import Receive, Scope, Send

from pausepoint.web.streaming import HEARTBEAT, HeldOpen
from pausepoint.web.waiting import ClientGone


class HeldAnswer(HeldOpen):
    """`deciding` never raises but ClientGone: the answer's head has left when it ends."""

    def __init__(
        self,
        deciding: Awaitable[dict[str, Any]],
        beat_seconds: float = HEARTBEAT.total_seconds(),
    ) -> None:
        super().__init__("application/json")
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
