"""The full cycle: an agent asks and waits, a person answers, the agent goes on."""

from __future__ import annotations

import time
from typing import Final

import uvloop

from bench.agents import for_seconds
from bench.connection import ANSWER, QUESTION, Connection
from bench.engines import Engine
from bench.figures import Figure, Row
from bench.plan import Plan
from bench.server import a_server

CLIENTS: Final = (1, 16, 64)


def measure_cycle(plan: Plan) -> None:
    for engine in plan.engines:
        with plan.on(engine, "the full cycle"):
            _measure(plan, engine)


def _measure(plan: Plan, engine: Engine) -> None:
    rates: dict[int, list[float]] = {clients: [] for clients in CLIENTS}
    with a_server(engine) as (server, _, keys):
        for _ in plan.rounds:
            for clients in CLIENTS:
                rates[clients].append(
                    uvloop.run(cycles_per_second(server.url, keys.test, clients, plan.seconds))
                )
    for clients, found in rates.items():
        name = f"create, answer, resumed: {clients} clients"
        plan.report.add(Row(name, engine.name, Figure.of(found, "/s")))


async def cycles_per_second(url: str, key: str, clients: int, seconds: float) -> float:
    """Each client is an agent with a connection to ask and wait by, and a person with another."""
    until = time.perf_counter() + seconds

    async def repeat() -> int:
        agent, person = await Connection.open(url, key), await Connection.open(url)
        done = 0
        while time.perf_counter() < until:
            await one_cycle(agent, person)
            done += 1
        agent.close()
        person.close()
        return done

    return await for_seconds(seconds, [repeat() for _ in range(clients)])


async def one_cycle(agent: Connection, person: Connection) -> None:
    pause = await agent.ask("POST", "/v1/pause", QUESTION)
    resumed = agent.send("GET", f"/v1/pause/{pause['pause_id']}?wait=60")
    token = pause["respond_url"].rpartition("/")[2]
    await person.ask("POST", f"/v1/respond/{token}", ANSWER)
    status, body = await resumed
    assert (status, b'"responded"' in body) == (200, True), body
