"""Peers that are asked over HTTP: agents that hold a request, and people who post an answer."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bench.agents import close_all
from bench.clock import epoch
from bench.connection import Connection
from bench.peers.peer import ANSWERS, PACE

GIVE_UP: Final = 60.0
"""Seconds after the deadline by which everybody must have been told."""


@dataclass(frozen=True)
class Surface:
    """A peer's public HTTP surface. Each request is a method, a path and a body."""

    url: str
    key: str
    wait: Callable[[str], tuple[str, str, Any]]
    """What an agent sends to wait for the question with this id."""

    is_over: Callable[[Any], bool]
    """Whether that request's answer is the end, and not only the end of one request."""

    answer: Callable[[str], tuple[str, str, Any]]


@dataclass
class Agent:
    """`told_at` is epoch seconds, once the wait is over."""

    question: str
    told_at: float = 0.0

    async def wait(self, surface: Surface) -> None:
        connection = await Connection.open(surface.url, surface.key)
        while True:
            status, body = await connection.send(*surface.wait(self.question))
            if status < 400 and surface.is_over(json.loads(body or b"null")):
                break
        self.told_at = connection.answered_at
        close_all([connection])


async def resumed_ms(surface: Surface, questions: Sequence[str]) -> list[float]:
    """All wait; the first ANSWERS of them are answered, one every PACE seconds."""
    agents = [Agent(question) for question in questions]
    waits = [asyncio.ensure_future(agent.wait(surface)) for agent in agents]
    await asyncio.sleep(1.5)  # until all of them wait
    person = await Connection.open(surface.url, surface.key)
    sent, began = [], time.perf_counter()
    for number, agent in enumerate(agents[:ANSWERS]):
        await asyncio.sleep(max(0.0, began + number * PACE - time.perf_counter()))
        sent.append(epoch())
        await person.ask(*surface.answer(agent.question))
    await asyncio.wait(waits[:ANSWERS], timeout=GIVE_UP)
    await _give_up(waits)
    return _since(sent, agents)


async def lateness_s(
    surface: Surface, questions: Sequence[str], due: Sequence[float]
) -> list[float]:
    """`due` is epoch seconds. Those who were not told GIVE_UP after it count as that late."""
    agents = [Agent(question) for question in questions]
    waits = [asyncio.ensure_future(agent.wait(surface)) for agent in agents]
    await asyncio.wait(waits, timeout=max(due) - epoch() + GIVE_UP)
    await _give_up(waits)
    return [late / 1000 for late in _since(due, agents)]


def _since(instants: Sequence[float], agents: Sequence[Agent]) -> list[float]:
    """Milliseconds from each instant until its agent was told."""
    return [
        (agent.told_at - instant) * 1000 if agent.told_at else GIVE_UP * 1000
        for instant, agent in zip(instants, agents, strict=False)
    ]


async def _give_up(waits: Sequence[asyncio.Future[None]]) -> None:
    for wait in waits:
        wait.cancel()
    failures = await asyncio.gather(*waits, return_exceptions=True)
    for failure in failures:
        if isinstance(failure, Exception):
            raise failure
