"""PausePoint itself, asked as its peers are asked."""

from __future__ import annotations

import uvloop

from bench.agents import answer_latencies_ms, begin_to_wait, close_all, make_pauses
from bench.connection import QUESTION
from bench.engines import Engine
from bench.load import Load
from bench.parts.timeouts import lateness_s
from bench.peers.peer import ANSWERS, CLIENTS, PACE
from bench.server import a_server


class Ours:
    def __init__(self, engine: Engine) -> None:
        self.name = f"PausePoint on {engine.name}"
        self._engine = engine

    def creates_per_second(self, seconds: float) -> float:
        with a_server(self._engine) as (server, place, keys):
            load = Load(server.url + "/v1/pause", keys.test, QUESTION)
            return load.run(place.folder, CLIENTS, seconds).per_second

    def resumed_ms(self, waiting: int) -> list[float]:
        with a_server(self._engine) as (server, _, keys):
            return uvloop.run(_resumed_ms(server.url, keys.test, waiting))

    def lateness_s(self, together: int) -> list[float]:
        with a_server(self._engine) as (server, _, keys):
            return uvloop.run(lateness_s(server, keys.test, together))


async def _resumed_ms(url: str, key: str, waiting: int) -> list[float]:
    connections, pauses = await make_pauses(url, key, waiting)
    agents = await begin_to_wait(url, key, pauses)
    latencies = await answer_latencies_ms(url, agents[:ANSWERS], PACE)
    close_all([*connections, *(agent.connection for agent in agents)])
    return latencies
