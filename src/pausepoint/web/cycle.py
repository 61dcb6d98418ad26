"""One request and its response on a connection: uvicorn's, with a whole response in one write."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from starlette.types import Message
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from pausepoint.web.write_coalescing import WriteCoalescer


class Cycle(RequestResponseCycle):
    """One request and its answer. A head waits for the body: a whole answer leaves in one write."""

    def __init__(self, write_coalescer: WriteCoalescer, **given: Any) -> None:
        super().__init__(**given)
        self._write_coalescer = write_coalescer
        self._start: Any = None
        self._whole = b""

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            if self.waiting_for_100_continue:
                # The client may leave the body out now, and its next request would be read as one.
                self.keep_alive = False
            return
        start, self._start = self._start, None
        if start is None:
            await super().send(message)
        elif message.get("more_body") or not _is_plain(start["headers"]):
            await super().send(start)
            await super().send(message)
        else:
            if self.flow.write_paused and not self.disconnected:
                await self.flow.drain()
            if not self.disconnected:
                self._complete(start, message.get("body", b""))

    def _complete(self, start: Message, body: bytes) -> None:
        headers = [*self.default_headers, *start["headers"]]
        lines = [STATUS_LINE[start["status"]]]
        for name, value in headers:
            lines += (name, b": ", value, b"\r\n")
        lines.append(b"\r\n" if self.keep_alive else b"connection: close\r\n\r\n")
        head = b"".join(lines)
        if head.count(b"\n") != len(headers) + (2 if self.keep_alive else 3):
            raise RuntimeError("A header's value holds a line break.")
        self.response_started = self.response_complete = True
        self.waiting_for_100_continue = False
        self.message_event.set()
        self._whole = head if self.scope["method"] == "HEAD" else head + body
        # uvicorn forgets what comes after the answer as soon as the application has returned.
        self._write_coalescer.add(partial(self._leave, self.on_response))

    def _leave(self, after: Callable[[], None]) -> None:
        if not self.transport.is_closing():
            self.transport.write(self._whole)
            if not self.keep_alive:
                self.transport.close()
        after()


_OF_THE_CONNECTION: Final = (b"connection", b"transfer-encoding")


def _is_plain(headers: Any) -> bool:
    """Whether it says its length, and nothing of how it is sent."""
    names = {name for name, _ in headers}
    return b"content-length" in names and names.isdisjoint(_OF_THE_CONNECTION)
