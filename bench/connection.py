"""One HTTP connection, spoken by hand: the client must not be what is measured."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Self, cast
from urllib.parse import urlsplit

from bench.clock import epoch

QUESTION: dict[str, Any] = {
    "recipient": "+15550100199",
    "channel": "sms",
    "message": "Wire $8,400 to Meridian Supplies for invoice 2281?",
    "options": ["Approve", "Reject"],
    "timeout_default": "Reject",
    "metadata": {"amount": 8400, "vendor": "Meridian Supplies"},
}

ANSWER: dict[str, Any] = {"choice": "Approve"}


class Connection(asyncio.Protocol):
    """Sends one request at a time. `answered_at` is `epoch()` when the last answer began to arrive."""

    def __init__(self, key: str) -> None:
        self.answered_at = 0.0
        self._authorization = f"Authorization: Bearer {key}\r\n" if key else ""
        self._buffer = b""
        self._waiting: asyncio.Future[tuple[int, bytes]] | None = None
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def open(cls, url: str, key: str = "") -> Self:
        """To the host and port of `url`."""
        host, _, port = urlsplit(url).netloc.rpartition(":")
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(lambda: cls(key), host, int(port))
        return connection

    def send(self, method: str, path: str, body: Any = None) -> asyncio.Future[tuple[int, bytes]]:
        """A future of the answer's status and body."""
        assert self._transport is not None
        payload = b"" if body is None else json.dumps(body).encode()
        kind = "Content-Type: application/json\r\n" if body is not None else ""
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{self._authorization}{kind}"
            f"Content-Length: {len(payload)}\r\n\r\n"
        )
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(head.encode() + payload)
        return self._waiting

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The answer's JSON, None for an empty one. Raises RuntimeError for a status of 400 and above."""
        status, answer = await self.send(method, path, body)
        if status >= 400:
            raise RuntimeError(f"{method} {path}: {status} {answer[:500].decode()}")
        return json.loads(answer) if answer else None

    def close(self) -> None:
        assert self._transport is not None
        if self._waiting is not None:
            self._waiting.cancel()
        self._transport.close()

    # ── asyncio.Protocol ──

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transport is one without being a subclass.
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if not self._buffer:
            self.answered_at = epoch()
        self._buffer += data
        head, end, body = self._buffer.partition(b"\r\n\r\n")
        if not end:
            return
        lowered = head.lower()
        if b"content-length: " in lowered:
            length = int(lowered.split(b"content-length: ")[1].split(b"\r\n")[0])
            if len(body) < length:
                return
        elif b"chunked" in lowered:
            if not body.endswith(b"0\r\n\r\n"):
                return
            body = _unchunked(body)
        self._buffer = b""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result((int(head[9:12]), body))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(exc or ConnectionError("closed before it answered"))


def _unchunked(body: bytes) -> bytes:
    whole = b""
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size, 16)
        whole, body = whole + rest[:length], rest[length + 2 :]
        if not length:
            break
    return whole
