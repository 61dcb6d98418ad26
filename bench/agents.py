"""Agents that wait, people who answer, and how soon the one hears of the other."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from bench.clock import epoch
from bench.connection import ANSWER, QUESTION, Connection

T = TypeVar("T")

AT_ONCE: Final = 64
"""How many requests are under way while pauses are made or agents begin to wait."""

GIVE_UP: Final = 30
"""Seconds that the last request may take."""

PACE: Final = 0.02
"""Seconds from one answer to the next: people do not answer as fast as a machine can."""


@dataclass(frozen=True)
class Waiting:
    """One agent's long poll that is held."""

    connection: Connection
    answer: asyncio.Future[tuple[int, bytes]]
    pause: dict[str, Any]

    @property
    def answer_path(self) -> str:
        token: str = self.pause["respond_url"].rpartition("/")[2]
        return f"/v1/respond/{token}"


async def make_pauses(
    url: str, key: str, count: int, **changed: Any
) -> tuple[list[Connection], list[dict[str, Any]]]:
    """`count` pauses, and the connections that made them, still open."""
    question = {**QUESTION, **changed}
    connections = [await Connection.open(url, key) for _ in range(min(AT_ONCE, count))]
    pauses: list[dict[str, Any]] = []

    async def make(connection: Connection, own: int) -> None:
        pauses.extend([await connection.ask("POST", "/v1/pause", question) for _ in range(own)])

    shares = [len(range(i, count, len(connections))) for i in range(len(connections))]
    await asyncio.gather(*(make(c, own) for c, own in zip(connections, shares, strict=True)))
    return connections, pauses


async def begin_to_wait(url: str, key: str, pauses: Iterable[dict[str, Any]]) -> list[Waiting]:
    """Returns once the server holds every long poll."""
    agents = []
    for pause in pauses:
        connection = await Connection.open(url, key)
        answer = connection.send("GET", f"/v1/pause/{pause['pause_id']}?wait=60")
        agents.append(Waiting(connection, answer, pause))
        if len(agents) % AT_ONCE == 0:
            await is_alive(url)
    await is_alive(url)
    return agents


async def is_alive(url: str) -> None:
    """Returns when the server has read what was sent before: it answers in order of arrival."""
    connection = await Connection.open(url)
    await connection.ask("GET", "/health/live")
    connection.close()


async def answer_latencies_ms(url: str, agents: Iterable[Waiting], pace: float) -> list[float]:
    """From sending each answer (to `url`) until the waiting agent has its own."""
    person = await Connection.open(url)
    began = time.perf_counter()
    latencies = []
    for number, agent in enumerate(agents):
        await asyncio.sleep(max(0.0, began + number * pace - time.perf_counter()))
        sent_at = epoch()
        await person.ask("POST", agent.answer_path, ANSWER)
        status, body = await agent.answer
        assert (status, b"Approve" in body) == (200, True), body
        latencies.append((agent.connection.answered_at - sent_at) * 1000)
    person.close()
    return latencies


def close_all(connections: Iterable[Connection]) -> None:
    for connection in connections:
        connection.close()


async def for_seconds(seconds: float, workers: Iterable[Awaitable[int]]) -> float:
    """What the workers did a second; each runs until about `seconds` have passed."""
    began = time.perf_counter()
    async with asyncio.timeout(seconds + GIVE_UP):
        done = sum(await asyncio.gather(*workers))
    return done / max(seconds, time.perf_counter() - began)
