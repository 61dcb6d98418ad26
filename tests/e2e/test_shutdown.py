"""Many agents that wait: woken by an answer, forgotten when they go, answered when the server stops."""

from __future__ import annotations

import asyncio
import json
import resource
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from tests.e2e.api import Api, eventually, token_of
from tests.e2e.server import LIMITS_OFF, Server, StartServer

pytestmark = [pytest.mark.e2e, pytest.mark.anyio]

WAIT = 60
"""Seconds that each asks for; whoever is answered much sooner was woken."""

GET_PAUSE = '"route":"/v1/pause/{pause_id}"'
"""How the log names these requests, once they have ended."""

WOKEN_WITHIN = 30


@pytest.fixture(scope="module", autouse=True)
def many_descriptors() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 4096 if hard == resource.RLIM_INFINITY else min(4096, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


@pytest.fixture
def server(start_server: StartServer) -> Server:
    return start_server(**LIMITS_OFF)


class Waiter:
    """One agent's long poll on a connection of its own."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def answer(self) -> tuple[int, dict[str, Any]]:
        head = await self._reader.readuntil(b"\r\n\r\n")
        lines = head.decode("latin-1").lower().split("\r\n")
        length = next(line for line in lines if line.startswith("content-length:"))
        body = await self._reader.readexactly(int(length.partition(":")[2]))
        return int(lines[0].split()[1]), json.loads(body)

    async def go_away(self) -> None:
        self._writer.transport.abort()


@asynccontextmanager
async def waiting(server: Server, pause_id: str, count: int) -> AsyncIterator[list[Waiter]]:
    """So many long polls, all of them held by the server."""
    request = (
        f"GET /v1/pause/{pause_id}?wait={WAIT} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
        f"Authorization: Bearer {server.test_api_key}\r\n\r\n"
    ).encode()
    waiters: list[Waiter] = []
    async with AsyncExitStack() as stack:
        for _ in range(count):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            waiters.append(Waiter(reader, writer))
            stack.push_async_callback(waiters[-1].go_away)
            writer.write(request)
            await writer.drain()
        await asyncio.to_thread(eventually, lambda: server.connections() >= count)
        with Api(server.base_url, server.test_api_key) as api:
            # What the server has read before this, it has begun when this is answered.
            assert api.pause(pause_id)["status"] == "pending"
        yield waiters


async def answers(waiters: list[Waiter]) -> list[tuple[int, dict[str, Any]]]:
    async with asyncio.timeout(WOKEN_WITHIN):
        return await asyncio.gather(*(waiter.answer() for waiter in waiters))


@pytest.fixture
def pause(server: Server) -> dict[str, Any]:
    with Api(server.base_url, server.test_api_key) as api:
        return api.create()


async def test_a_stop_answers_a_thousand_waiters_with_the_pause_as_it_is(
    server: Server, pause: dict[str, Any]
) -> None:
    """Each gets a 200, and the process is gone within five seconds of SIGTERM."""
    async with waiting(server, pause["pause_id"], 1000) as waiters:
        told = asyncio.create_task(answers(waiters))
        await asyncio.to_thread(server.stop)
        got = await told
    assert {status for status, _ in got} == {200}
    assert {(body["pause_id"], body["status"]) for _, body in got} == {
        (pause["pause_id"], "pending")
    }


async def test_an_answer_wakes_five_hundred_waiters(server: Server, pause: dict[str, Any]) -> None:
    """All of them at once, each with the answer in its pause."""
    async with waiting(server, pause["pause_id"], 500) as waiters:
        with Api(server.base_url, None) as person:
            assert person.respond(token_of(pause["respond_url"]), "Approve").status_code == 200
        got = await answers(waiters)
    assert {(status, body["response_choice"]) for status, body in got} == {(200, "Approve")}


async def test_waiters_that_go_away_are_forgotten(server: Server, pause: dict[str, Any]) -> None:
    """Each request ends at once, its socket closes, and nothing of it delays the server's end."""
    ended = server.log(10_000).count(GET_PAUSE)
    async with waiting(server, pause["pause_id"], 300) as waiters:
        for waiter in waiters:
            await waiter.go_away()
        await asyncio.to_thread(eventually, lambda: server.connections() == 0)
        await asyncio.to_thread(
            eventually, lambda: server.log(10_000).count(GET_PAUSE) >= ended + len(waiters)
        )
    await asyncio.to_thread(server.stop)
