"""A server that answers with any bytes, and resolvers that say what a test wants."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_address, ip_network

import pytest

from pausepoint.channels.base import ChannelError, Reply
from pausepoint.channels.outbound import (
    OutboundClient,
    Resolve,
)
from pausepoint.security.address_guard import Address

LOOPBACK = [ip_network("127.0.0.0/8")]
Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class RawServer:
    """Answers each request with whatever bytes the test wants; `heads` are what it was sent."""

    answer: Answer
    port: int = 0
    heads: list[bytes] = field(default_factory=list)
    connections: int = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                self.heads.append(await reader.readuntil(b"\r\n\r\n"))
                await self.answer(writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def serving(answer: Answer, tls: ssl.SSLContext | None = None) -> AsyncIterator[RawServer]:
    served = RawServer(answer)
    server = await asyncio.start_server(served, "127.0.0.1", 0, ssl=tls)
    served.port = server.sockets[0].getsockname()[1]
    try:
        yield served
    finally:
        server.close()


@asynccontextmanager
async def closing(client: OutboundClient) -> AsyncIterator[OutboundClient]:
    try:
        yield client
    finally:
        await client.close()


def saying(head: str, body: bytes = b"") -> Answer:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body)

    return answer


OK = saying("HTTP/1.1 200 OK\nContent-Length: 2", b"ok")


def resolving(*answers: Sequence[str]) -> Resolve:
    """The first look-up gets the first answer, and so on; the last one repeats."""
    left = list(answers)

    async def resolve(host: str) -> Sequence[Address]:
        now = left.pop(0) if len(left) > 1 else left[0]
        return [ip_address(spelled) for spelled in now]

    return resolve


async def code_of(request: Awaitable[Reply]) -> str:
    with pytest.raises(ChannelError) as raised:
        await request
    assert raised.value.is_permanent == (raised.value.code in ("address_refused", "bad_url"))
    return raised.value.code


def post(client: OutboundClient, url: str, seconds: float = 5) -> Awaitable[Reply]:
    return client.request(
        "POST", url, headers={"X-Test": "1"}, body=b"{}", timeout=timedelta(seconds=seconds)
    )
