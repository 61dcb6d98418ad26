"""An HTTP server that answers every POST with 204 and keeps a count, as a process of its own.

It prints its port, and then the count for every line that it reads.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import AbstractContextManager

from bench.smtp_sink import Sink, a_process

_ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"


class Counter(asyncio.Protocol):
    """Reads only as much HTTP as a request with Content-Length needs: the sink must not be the limit."""

    taken = 0

    def __init__(self) -> None:
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while True:
            head, end, rest = self._buffer.partition(b"\r\n\r\n")
            if not end:
                return
            fields = head.lower().split(b"content-length:")
            length = int(fields[1].split(b"\r\n")[0]) if len(fields) > 1 else 0
            if len(rest) < length:
                return
            self._buffer = rest[length:]
            Counter.taken += 1
            self._transport.write(_ANSWER)


def an_http_sink() -> AbstractContextManager[Sink]:
    return a_process("bench.http_sink")


async def serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Counter, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    while await asyncio.to_thread(sys.stdin.readline):
        print(Counter.taken, flush=True)


if __name__ == "__main__":
    asyncio.run(serve())
