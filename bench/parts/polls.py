"""Polls a second: `GET /v1/pause/{id}` of a pending pause, beside a bare Starlette app."""

from __future__ import annotations

from typing import Final

import uvloop

from bench.agents import close_all, make_pauses
from bench.engines import Engine
from bench.figures import Figure, Row, at_least, ratio
from bench.limits import bare_starlette
from bench.load import Load
from bench.plan import Plan
from bench.server import LIMITS_OFF, a_server

CLIENTS: Final = (1, 16, 64)
BARE: Final = "bare Starlette"


def measure_polls(plan: Plan) -> None:
    for engine in plan.engines:
        with plan.on(engine, "polls"):
            _measure(plan, engine)
            _what_limits_cost(plan, engine)


def _what_limits_cost(plan: Plan, engine: Engine) -> None:
    counted: list[float] = []
    uncounted: list[float] = []
    clients = CLIENTS[-1]
    with a_server(engine) as one, a_server(engine, **LIMITS_OFF) as other:
        for (server, place, keys), rates in ((one, counted), (other, uncounted)):
            pause = uvloop.run(_one_pause(server.url, keys.test))
            load = Load(f"{server.url}/v1/pause/{pause}", keys.test)
            for _ in plan.rounds:
                rates.append(load.run(place.folder, clients, plan.seconds).per_second)
    plan.report.add(
        Row(
            f"polls, {clients} clients, counted by the rate limits",
            engine.name,
            Figure.of(counted, "/s"),
            "the same with the limits off",
            ratio(counted, uncounted),
        )
    )


def _measure(plan: Plan, engine: Engine) -> None:
    limits: dict[int, list[float]] = {clients: [] for clients in CLIENTS}
    rates: dict[int, list[float]] = {clients: [] for clients in CLIENTS}
    with bare_starlette() as bare, a_server(engine) as (server, place, keys):
        pause = uvloop.run(_one_pause(server.url, keys.test))
        load = Load(f"{server.url}/v1/pause/{pause}", keys.test)
        for _ in plan.rounds:
            for clients in CLIENTS:
                limit = Load(bare).run(place.folder, clients, plan.seconds)
                limits[clients].append(limit.per_second)
                rates[clients].append(load.run(place.folder, clients, plan.seconds).per_second)
    for clients, found in rates.items():
        if plan.report.find(_bare_name(clients), "Starlette") is None:
            limit_row = Row(_bare_name(clients), "Starlette", Figure.of(limits[clients], "/s"))
            plan.report.add(limit_row)
        bar = at_least(0.5) if clients == CLIENTS[-1] else None
        compared = ratio(found, limits[clients])
        figure = Figure.of(found, "/s")
        plan.report.add(Row(f"polls, {clients} clients", engine.name, figure, BARE, compared, bar))


def _bare_name(clients: int) -> str:
    return f"{BARE}, {clients} clients"


async def _one_pause(url: str, key: str) -> str:
    connections, pauses = await make_pauses(url, key, 1)
    close_all(connections)
    pause_id: str = pauses[0]["pause_id"]
    return pause_id
