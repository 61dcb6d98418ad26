"""Time-outs that fall due together: how late the agents who wait for them hear of it."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any, Final

import uvloop

from bench.agents import begin_to_wait, close_all, make_pauses
from bench.clock import epoch
from bench.engines import Engine
from bench.figures import Figure, Row, at_most, percentile
from bench.plan import Plan
from bench.server import Server, a_server

TOGETHER: Final = 1_000
LEAD: Final = 4.0
"""Seconds from the first create to the common deadline: the agents must be waiting by then."""

COMMITTED: Final = (
    "SELECT a.created_at - p.expires_at FROM audit a JOIN pauses p ON p.pause_id = a.pause_id"
    " WHERE a.event = 'pause.timed_out'"
)
BARS: Final = {0.5: None, 0.99: at_most(0.1)}


def measure_timeouts(plan: Plan) -> None:
    for engine in plan.engines:
        with plan.on(engine, "time-outs"):
            _measure(plan, engine, plan.scaled(TOGETHER))


def _measure(plan: Plan, engine: Engine, together: int) -> None:
    heard: list[list[float]] = []
    committed: list[list[float]] = []
    for _ in plan.rounds:
        with a_server(engine) as (server, place, keys):
            heard.append(uvloop.run(lateness_s(server, keys.test, together)))
            committed.append([float(late) / 1000 for (late,) in place.database.rows(COMMITTED)])
    for what, found in (("committed", committed), ("heard by the agents", heard)):
        for share, bar in BARS.items():
            figure = Figure.of([percentile(each, share) for each in found], "s")
            name = f"lateness of {together:,} time-outs together, {what}, p{share * 100:.0f}"
            row = Row(name, engine.name, figure, bar=bar if found is heard else None)
            plan.report.add(row)


async def lateness_s(server: Server, key: str, together: int) -> list[float]:
    """Seconds from each pause's deadline until the agent that waits for it was told."""
    due_at = epoch() + LEAD
    connections, pauses = [], []
    for _ in range(0, together, 100):  # the duration is relative, so it is read anew
        hours = (due_at - epoch()) / 3600
        made = await make_pauses(server.url, key, min(100, together), timeout_hours=hours)
        connections += made[0]
        pauses += made[1]
    agents = await begin_to_wait(server.url, key, pauses)
    assert epoch() < due_at, "the machine is too slow: the agents came after the deadline"
    await asyncio.wait([agent.answer for agent in agents])
    close_all([*connections, *(agent.connection for agent in agents)])
    return [agent.connection.answered_at - _deadline(agent.pause) for agent in agents]


def _deadline(pause: dict[str, Any]) -> float:
    return datetime.fromisoformat(pause["expires_at"]).timestamp()
