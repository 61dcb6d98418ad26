"""A stream of server-sent events from the application in this process, read frame by frame."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from pausepoint.web.app import create_app
from tests.harness import World

SECONDS = 5
"""More than any of it takes, so that a test that would hang fails instead."""


@dataclass(frozen=True)
class Frame:
    """What came up to an empty line, or a comment."""

    fields: dict[str, str]
    comment: str | None = None

    @property
    def data(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.fields["data"])
        return found


@dataclass
class Stream:
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    is_over: bool = False
    _frames: asyncio.Queue[Frame | None] = field(default_factory=asyncio.Queue)
    _gone: asyncio.Event = field(default_factory=asyncio.Event)
    _unread: str = ""

    async def next(self) -> Frame:
        frame = await asyncio.wait_for(self._frames.get(), SECONDS)
        assert frame is not None, "the stream ended"
        return frame

    async def events(self, count: int) -> list[Frame]:
        """The next ones that are events."""
        found: list[Frame] = []
        while len(found) < count:
            frame = await self.next()
            if "event" in frame.fields:
                found.append(frame)
        return found

    async def end(self) -> list[Frame]:
        """All that still came before the server ended it."""
        found = []
        while (frame := await asyncio.wait_for(self._frames.get(), SECONDS)) is not None:
            found.append(frame)
        return found

    def leave(self) -> None:
        self._gone.set()

    async def receive(self) -> dict[str, Any]:
        if not self._unread and not self.status:
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            return
        self.body += message["body"]
        self._take(message["body"].decode())
        if not message.get("more_body"):
            self.is_over = True
            self._frames.put_nowait(None)

    def _take(self, text: str) -> None:
        lines = (self._unread + text).split("\n")
        fields: dict[str, str] = {}
        self._unread = ""
        for line in lines[:-1]:
            if line.startswith(":"):
                self._frames.put_nowait(Frame({}, line[1:].strip()))
            elif line:
                name, _, value = line.partition(": ")
                fields[name] = value
            elif fields:
                self._frames.put_nowait(Frame(fields))
                fields = {}
        assert not fields, "every write ends a frame"
        assert lines[-1] == "", "every write ends a line"


@asynccontextmanager
async def a_stream(
    world: World,
    path: str = "/v1/events",
    *,
    key: str | None = None,
    last_event_id: str | None = None,
    method: str = "GET",
) -> AsyncIterator[Stream]:
    """Ends it at the latest with the `with`, as a client that goes away does."""
    app = create_app(world.services, world.running.inbox)
    parts = urlsplit(path)
    headers = [
        (b"host", b"127.0.0.1:8000"),
        (b"authorization", f"Bearer {key or world.alice.live_key}".encode()),
    ]
    if last_event_id is not None:
        headers.append((b"last-event-id", last_event_id.encode()))
    scope = {
        "type": "http", "method": method, "path": parts.path, "raw_path": parts.path.encode(),
        "query_string": parts.query.encode(), "headers": headers, "http_version": "1.1",
        "scheme": "http", "server": ("127.0.0.1", 8000), "client": ("127.0.0.1", 1),
    }  # fmt: skip
    stream = Stream()
    answering = asyncio.ensure_future(app(scope, stream.receive, stream.send))
    try:
        yield stream
    finally:
        stream.leave()
        await asyncio.wait_for(answering, SECONDS)
