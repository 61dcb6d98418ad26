"""What both HTTP clients make of real servers' answers, and of none."""

from __future__ import annotations

import asyncio
import gzip
import ssl
from datetime import timedelta

import pytest
import trustme

from pausepoint.channels.base import ChannelError, Reply, retry_after
from pausepoint.channels.outbound import (
    READ_LIMIT,
    GuardedClient,
    OperatorClient,
)
from pausepoint.domain.time import Instant
from tests.channels.raw_server import (
    LOOPBACK,
    OK,
    Answer,
    closing,
    code_of,
    post,
    resolving,
    saying,
    serving,
)

pytestmark = pytest.mark.anyio

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
    sent = 0

    async def endless(writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
        for _ in range(1500):
            writer.write(b"x" * 65_536)
            await writer.drain()
            sent += 65_536

    async with serving(endless) as server, closing(OperatorClient()) as client:
        reply = await post(client, f"http://127.0.0.1:{server.port}/")
        assert reply.body == b"x" * READ_LIMIT
        assert sent < 20_000_000  # what the kernel's buffers took, not the whole of it


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
