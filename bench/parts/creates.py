"""Creates a second with a test key, beside what the same rows cost with nothing around them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench.connection import QUESTION
from bench.engines import Engine, PostgresEngine
from bench.figures import Figure, Row, at_least, ratio
from bench.limits import bare_commits_per_second
from bench.load import Load
from bench.pgbench import Pgbench
from bench.plan import Plan
from bench.server import a_folder, a_place, a_server

CLIENTS: Final = (1, 16, 64)
BARE: Final = "bare group commit of the same rows"
PGBENCH: Final = "pgbench of the same inserts"


def measure_creates(plan: Plan) -> None:
    for engine in plan.engines:
        with plan.on(engine, "creates"):
            _measure(plan, engine)


def _measure(plan: Plan, engine: Engine) -> None:
    limits: list[float] = []
    rates: dict[int, list[float]] = defaultdict(list)
    with a_limit(engine) as (name, limit), a_server(engine) as (server, place, keys):
        load = Load(server.url + "/v1/pause", keys.test, QUESTION)
        for _ in plan.rounds:
            limits.append(limit(plan.seconds))
            for clients in CLIENTS:
                rates[clients].append(load.run(place.folder, clients, plan.seconds).per_second)
    plan.report.add(Row(name, engine.name, Figure.of(limits, "/s")))
    for clients, found in rates.items():
        bar = at_least(0.5 if isinstance(engine, PostgresEngine) else 0.25)
        plan.report.add(
            Row(
                f"creates, {clients} clients",
                engine.name,
                Figure.of(found, "/s"),
                name,
                ratio(found, limits),
                bar if clients == CLIENTS[-1] else None,
            )
        )


@contextmanager
def a_limit(engine: Engine) -> Iterator[tuple[str, Callable[[float], float]]]:
    """What the limit is called, and creates a second without PausePoint, by seconds to measure."""
    if not isinstance(engine, PostgresEngine):
        with a_folder() as folder:
            yield BARE, lambda seconds: _bare(folder, seconds)
        return
    with a_place(engine) as place:
        place.make_account()
        pgbench = Pgbench(engine, place.database.url, place.folder)
        clients = pgbench.best_client_count()
        name = f"{PGBENCH}, {clients} clients"
        yield name, lambda seconds: pgbench.per_second(clients, seconds)


def _bare(folder: Path, seconds: float) -> float:
    return bare_commits_per_second(folder, min(seconds, 2))
