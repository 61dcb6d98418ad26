"""From answer to resumed: how soon a waiting agent hears, and what it costs to let it wait."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import uvloop

from bench.agents import (
    PACE,
    answer_latencies_ms,
    begin_to_wait,
    close_all,
    is_alive,
    make_pauses,
)
from bench.engines import Engine, PostgresEngine
from bench.figures import Figure, Row, at_most, percentile, ratio
from bench.plan import Plan
from bench.server import Server, a_server

WAITING: Final = (1, 1_000, 10_000)
MEASURED: Final = 1_000
"""How many wait where a bar is set, and where two processes share the work."""

ANSWERS: Final = 200
BARS: Final = {0.5: at_most(5), 0.99: at_most(25)}


@dataclass(frozen=True)
class Waited:
    """`kb_per_agent` is how much the server's resident memory grew for each long poll."""

    latencies_ms: list[float]
    kb_per_agent: float


def measure_waiting(plan: Plan) -> None:
    for engine in plan.engines:
        with plan.on(engine, "answer to resumed"):
            for waiting in WAITING:
                _measure(plan, engine, plan.scaled(waiting), has_bar=waiting == MEASURED)
            if isinstance(engine, PostgresEngine):
                _measure_two_processes(plan, engine, plan.scaled(MEASURED))


def _measure(plan: Plan, engine: Engine, waiting: int, *, has_bar: bool) -> None:
    found: list[Waited] = []
    for _ in plan.rounds:
        with a_server(engine) as (server, _, keys):
            found.append(uvloop.run(wait_and_answer(server, server, keys.test, waiting)))
    for share, bar in BARS.items():
        figure = Figure.of([percentile(each.latencies_ms, share) for each in found], "ms")
        name = f"answer to resumed, {waiting:,} waiting, p{share * 100:.0f}"
        plan.report.add(Row(name, engine.name, figure, bar=bar if has_bar else None))
    if waiting > 1:
        cost = Figure.of([each.kb_per_agent for each in found], "KB")
        name = f"memory a waiting agent, {waiting:,} waiting"
        plan.report.add(Row(name, engine.name, cost, bar=at_most(25)))


def _measure_two_processes(plan: Plan, engine: Engine, waiting: int) -> None:
    alone: list[Waited] = []
    across: list[Waited] = []
    for _ in plan.rounds:
        with a_server(engine) as (first, place, keys), Server(place) as second:
            alone.append(uvloop.run(wait_and_answer(first, first, keys.test, waiting)))
            across.append(uvloop.run(wait_and_answer(first, second, keys.test, waiting)))
    for share in BARS:
        one = [percentile(each.latencies_ms, share) for each in alone]
        two = [percentile(each.latencies_ms, share) for each in across]
        name = f"the same across two processes, {waiting:,} waiting, p{share * 100:.0f}"
        figure, compared = Figure.of(two, "ms"), ratio(two, one)
        plan.report.add(Row(name, engine.name, figure, "one process", compared, at_most(2)))


async def wait_and_answer(asked: Server, answered: Server, key: str, waiting: int) -> Waited:
    """`waiting` agents hold a long poll at `asked`; some are answered at `answered`, in turn."""
    connections, pauses = await make_pauses(asked.url, key, waiting)
    await is_alive(asked.url)
    before = asked.resident_kb
    agents = await begin_to_wait(asked.url, key, pauses)
    cost = (asked.resident_kb - before) / waiting
    latencies = await answer_latencies_ms(answered.url, agents[:ANSWERS], PACE)
    close_all([*connections, *(agent.connection for agent in agents)])
    return Waited(latencies, cost)
