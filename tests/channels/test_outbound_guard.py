"""The guard against real servers on loopback, with resolvers that lie."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address

import pytest

from pausepoint.channels.outbound import (
    GuardedClient,
    OperatorClient,
)
from pausepoint.security.address_guard import Address
from tests.channels.raw_server import (
    LOOPBACK,
    OK,
    closing,
    code_of,
    post,
    resolving,
    saying,
    serving,
)

pytestmark = pytest.mark.anyio


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
