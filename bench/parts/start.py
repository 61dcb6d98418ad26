"""Cold start, and memory at rest."""

from __future__ import annotations

import time

import uvloop

from bench.agents import close_all, make_pauses
from bench.engines import Engine
from bench.figures import Figure, Row, at_most
from bench.plan import Plan
from bench.server import Server, a_place, a_server


def measure_start(plan: Plan) -> None:
    for engine in plan.engines:
        with plan.on(engine, "cold start"):
            _measure(plan, engine)


def _measure(plan: Plan, engine: Engine) -> None:
    memory: list[float] = []
    ready: list[float] = []
    created: list[float] = []
    for _ in plan.rounds:
        with a_server(engine) as (server, _, _):
            memory.append(server.resident_kb / 1024)
        # `dev` makes the first account itself, and says its key as soon as it is ready.
        with a_place(engine) as place, Server(place, "dev") as server:
            uvloop.run(_create(server.url, server.ready["test_api_key"]))
            created.append(time.perf_counter() - server.began)
            ready.append(server.seconds_to_ready)
    report = plan.report
    report.add(
        Row("resident memory at rest", engine.name, Figure.of(memory, "MB"), bar=at_most(80))
    )
    report.add(Row("start on a fresh database to ready", engine.name, Figure.of(ready, "s")))
    name = "start on a fresh database to first create"
    report.add(Row(name, engine.name, Figure.of(created, "s"), bar=at_most(1)))


async def _create(url: str, key: str) -> None:
    connections, _ = await make_pauses(url, key, 1)
    close_all(connections)
