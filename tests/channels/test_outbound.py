"""The two HTTP clients against real servers on loopback, with resolvers that lie."""

from __future__ import annotations

import asyncio
import gzip
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_address, ip_network

import pytest
import trustme

from pausepoint.channels.base import ChannelError, Reply, retry_after
from pausepoint.channels.outbound import (
    READ_LIMIT,
    GuardedClient,
    OperatorClient,
    OutboundClient,
    Resolve,
)
from pausepoint.domain.time import Instant
from pausepoint.security.address_guard import Address

pytestmark = pytest.mark.anyio

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


# ── The guard ──


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "[::ffff:127.0.0.1]", "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "localhost"],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_private_address_is_never_dialled(scheme: str, host: str) -> None:
    async with serving(OK) as server, closing(GuardedClient()) as client:
        code = await code_of(post(client, f"{scheme}://{host}:{server.port}/"))
        assert code in ("address_refused", "bad_url")
        assert server.connections == 0


@pytest.mark.parametrize(
    "answers",
    [
        ["127.0.0.1"],
        ["8.8.8.8", "127.0.0.1"],
        ["127.0.0.1", "8.8.8.8"],
        ["8.8.8.8", "::1"],
        ["2606:4700::1111", "64:ff9b::7f00:1"],
        ["100.64.0.1"],
    ],
)
async def test_one_private_answer_refuses_the_name(answers: list[str]) -> None:
    async with serving(OK) as server:
        client = GuardedClient(resolve=resolving(answers))
        async with closing(client):
            url = f"https://hooks.example.com:{server.port}/"
            assert await code_of(post(client, url)) == "address_refused"
        assert server.connections == 0


async def test_each_dial_is_resolved_and_checked_anew() -> None:
    closing_answer = saying("HTTP/1.1 200 OK\nContent-Length: 2\nConnection: close", b"ok")
    async with serving(closing_answer) as server:
        resolve = resolving(["127.0.0.1"], ["10.0.0.1"], ["127.0.0.1"])
        async with closing(GuardedClient(LOOPBACK, resolve=resolve)) as client:
            url = f"http://hooks.example.com:{server.port}/"
            assert (await post(client, url)).status == 200
            assert await code_of(post(client, url)) == "address_refused"
            assert (await post(client, url)).status == 200


async def test_the_checked_address_is_the_dialled_one() -> None:
    """A name is looked up once a dial: a second look-up would be a second, unchecked answer."""
    asked: list[str] = []

    async def resolve(host: str) -> Sequence[Address]:
        asked.append(host)
        return [ip_address("127.0.0.1")]

    async with (
        serving(OK) as server,
        closing(GuardedClient(LOOPBACK, resolve=resolve)) as client,
    ):
        await post(client, f"http://hooks.example.com:{server.port}/")
    assert asked == ["hooks.example.com"]
    assert b"Host: hooks.example.com:" in server.heads[0]


async def test_http_is_only_for_opened_networks() -> None:
    async with serving(OK) as server, closing(GuardedClient(LOOPBACK)) as client:
        assert (await post(client, f"http://127.0.0.1:{server.port}/")).body == b"ok"
        assert (await post(client, f"http://localhost:{server.port}/")).body == b"ok"
        assert await code_of(post(client, "http://8.8.8.8/")) == "address_refused"
    async with closing(GuardedClient(LOOPBACK, resolve=resolving(["8.8.8.8"]))) as client:
        assert await code_of(post(client, "http://hooks.example.com/")) == "address_refused"


async def test_the_operators_client_goes_where_it_is_told() -> None:
    async with serving(OK) as server, closing(OperatorClient()) as client:
        assert (await post(client, f"http://127.0.0.1:{server.port}/")).status == 200
        assert (await post(client, f"http://localhost:{server.port}/")).status == 200


@pytest.mark.parametrize(
    "url", ["ftp://example.com/", "file:///etc/passwd", "example.com", "", "http://", "https://["]
)
async def test_what_is_no_http_url_is_refused(url: str) -> None:
    async with closing(OperatorClient()) as client:
        assert await code_of(post(client, url)) == "bad_url"


# ── What comes back ──


async def test_redirects_are_not_followed() -> None:
    async with serving(OK) as inner:
        location = f"http://127.0.0.1:{inner.port}/"
        redirect = saying(f"HTTP/1.1 302 Found\nLocation: {location}\nContent-Length: 0")
        async with serving(redirect) as server, closing(OperatorClient()) as client:
            reply = await post(client, f"http://127.0.0.1:{server.port}/")
        assert (reply.status, reply.headers["location"]) == (302, location)
        assert inner.connections == 0


async def test_a_huge_body_is_read_to_the_limit_and_no_further() -> None:
    async def endless(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        while True:
            writer.write(b"x" * 65_536)
            await writer.drain()

    async with serving(endless) as server, closing(OperatorClient()) as client:
        reply = await post(client, f"http://127.0.0.1:{server.port}/")
        assert reply.body == b"x" * READ_LIMIT


async def test_compressed_bodies_stay_compressed() -> None:
    bomb = gzip.compress(b"0" * 10_000_000)
    head = f"HTTP/1.1 200 OK\nContent-Encoding: gzip\nContent-Length: {len(bomb)}"
    async with serving(saying(head, bomb)) as server, closing(OperatorClient()) as client:
        assert (await post(client, f"http://127.0.0.1:{server.port}/")).body == bomb
    assert b"Accept-Encoding: identity" in server.heads[0]


async def test_cookies_are_not_kept() -> None:
    biscuit = saying("HTTP/1.1 200 OK\nSet-Cookie: a=b\nContent-Length: 0")
    async with serving(biscuit) as server, closing(OperatorClient()) as client:
        for _ in range(2):
            await post(client, f"http://localhost:{server.port}/")
    assert b"cookie" not in server.heads[1].lower()


async def test_no_proxy_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(OK) as proxy, serving(OK) as server, closing(OperatorClient()) as client:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
        await post(client, f"http://127.0.0.1:{server.port}/")
        assert (proxy.connections, server.connections) == (0, 1)


async def test_connections_are_used_again() -> None:
    async with serving(OK) as server, closing(OperatorClient()) as client:
        for _ in range(3):
            await post(client, f"http://127.0.0.1:{server.port}/")
        assert (server.connections, len(server.heads)) == (1, 3)


async def test_a_closed_client_can_be_used_again() -> None:
    async with serving(OK) as server, closing(OperatorClient()) as client:
        await post(client, f"http://127.0.0.1:{server.port}/")
        await client.close()
        assert (await post(client, f"http://127.0.0.1:{server.port}/")).status == 200


# ── When nothing comes back ──


async def silence(writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def slowly(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx")
    await writer.drain()
    await silence(writer)


async def hanging_up(writer: asyncio.StreamWriter) -> None:
    writer.close()


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (silence, "timeout"),
        (slowly, "too_slow"),
        (hanging_up, "connection_lost"),
        (saying("SMTP/1.0 hello"), "connection_lost"),
        (saying("HTTP/1.1 200 OK\nX: " + "x" * 100_000), "connection_lost"),
        (saying("HTTP/1.1 200 OK\nTransfer-Encoding: chunked", b"zz\r\n"), "connection_lost"),
    ],
)
async def test_a_bad_answer_is_a_passing_error(answer: Answer, code: str) -> None:
    async with serving(answer) as server, closing(OperatorClient()) as client:
        request = post(client, f"http://127.0.0.1:{server.port}/secret", seconds=0.3)
        assert await code_of(request) == code


async def test_an_error_never_names_the_url() -> None:
    async with serving(hanging_up) as server, closing(OperatorClient()) as client:
        with pytest.raises(ChannelError) as raised:
            await post(client, f"http://127.0.0.1:{server.port}/secret-path")
        assert "secret" not in repr(raised.value) + str(raised.value.__cause__)
        assert raised.value.__suppress_context__


async def test_a_port_where_nobody_listens() -> None:
    async with serving(OK) as server:
        port = server.port
    async with closing(OperatorClient()) as client:
        assert await code_of(post(client, f"http://127.0.0.1:{port}/")) == "connect_failed"


@pytest.mark.parametrize("host", ["nowhere.invalid", "a" * 70 + ".example"])
async def test_a_name_that_does_not_resolve(host: str) -> None:
    async with closing(GuardedClient()) as client:
        assert await code_of(post(client, f"https://{host}/")) == "dns_failed"


async def test_a_name_with_no_address() -> None:
    async with closing(GuardedClient(resolve=resolving([]))) as client:
        assert await code_of(post(client, "https://hooks.example.com/")) == "dns_failed"


# ── TLS ──


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def contexts(authority: trustme.CA, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    server, client = (
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH),
        ssl.create_default_context(),
    )
    authority.issue_cert(name).configure_cert(server)
    authority.configure_trust(client)
    return server, client


async def test_tls_checks_the_name_not_the_address(authority: trustme.CA) -> None:
    server_tls, client_tls = contexts(authority, "hooks.example.com")
    client = GuardedClient(LOOPBACK, resolve=resolving(["127.0.0.1"]), ssl_context=client_tls)
    async with serving(OK, server_tls) as server, closing(client):
        right = await post(client, f"https://hooks.example.com:{server.port}/")
        assert right.body == b"ok"
        assert (
            await code_of(post(client, f"https://other.example.com:{server.port}/")) == "tls_failed"
        )
        assert await code_of(post(client, f"https://127.0.0.1:{server.port}/")) == "tls_failed"


async def test_an_unknown_authority_is_not_trusted(authority: trustme.CA) -> None:
    server_tls, _ = contexts(authority, "hooks.example.com")
    client = GuardedClient(LOOPBACK, resolve=resolving(["127.0.0.1"]))
    async with serving(OK, server_tls) as server, closing(client):
        url = f"https://hooks.example.com:{server.port}/"
        assert await code_of(post(client, url)) == "tls_failed"
        assert server.heads == []


async def test_a_server_that_speaks_no_tls() -> None:
    async with serving(OK) as server, closing(OperatorClient()) as client:
        request = post(client, f"https://127.0.0.1:{server.port}/", seconds=0.3)
        assert await code_of(request) in ("tls_failed", "timeout")


# ── Retry-After ──


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7),
        (" 0 ", 0),
        ("Thu, 01 Jan 1970 00:01:00 GMT", 30),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("99999999999999999999", 999_999_999),
        ("", None),
        ("soon", None),
        ("-1", None),
        ("٧", None),
        ("1.5", None),
        ("Thu, 99 Jan 1970 00:00:00 GMT", None),
    ],
)
def test_retry_after(value: str, seconds: int | None) -> None:
    now: Instant = 30_000
    asked = retry_after(Reply(429, {"Retry-After": value}, b""), now)
    assert asked == (None if seconds is None else timedelta(seconds=seconds))
    assert retry_after(Reply(429, {}, b""), now) is None
