"""An answer as a stream of server-sent events: progress, then the message that answers."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Final

from starlette.types import Receive, Scope, Send

from pausepoint.mcp.messages import encoded
from pausepoint.web.streaming import HeldOpen
from pausepoint.web.waiting import ClientGone

_OPENING: Final = b":\n\n"
"""A comment, so that the answer's head leaves at once."""


class EventStream(HeldOpen):
    """One event a message. It ends with the messages, or when the client has gone."""

    def __init__(self, messages: AsyncGenerator[dict[str, Any]]) -> None:
        super().__init__("text/event-stream")
        self._messages = messages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def write(body: bytes, *, is_last: bool = False) -> None:
            await send({"type": "http.response.body", "body": body, "more_body": not is_last})

        head = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(head)
        await write(_OPENING)
        try:
            async with aclosing(self._messages) as messages:
                async for message in messages:
                    await write(b"data: " + encoded(message) + b"\n\n")
        except ClientGone:
            return
        await write(b"", is_last=True)
