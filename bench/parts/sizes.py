"""What one whole pause leaves behind: bytes of tables and indexes, of the log, and work done.

These are the costs that `bench/simulate_scale.py` reckons with.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any, Final

import uvloop

from bench.agents import close_all, make_pauses
from bench.connection import ANSWER, Connection
from bench.engines import Database, Engine, SqliteDatabase
from bench.figures import Figure, Row
from bench.limits import wal_bytes_a_create
from bench.parts.delivery import BY_MAIL
from bench.plan import Plan
from bench.server import Server, a_folder, a_place
from bench.smtp_sink import Sink, a_sink

PAUSES: Final = 4_000
CLIENTS: Final = 16
BATCHES: Final = (1, 64)
GIVE_UP: Final = 60
"""Seconds for the last mail to leave."""

_TABLES: Final = ("pauses", "contents", "audit", "deliveries")


def measure_sizes(plan: Plan) -> None:
    for engine in plan.engines:
        with plan.on(engine, "sizes"):
            _measure(plan, engine, plan.scaled(PAUSES))


def _measure(plan: Plan, engine: Engine, count: int) -> None:
    with a_sink() as sink:
        settings = {**sink.settings, "PAUSEPOINT_REVEAL_RESPOND_URL": "on"}
        with a_place(engine, **settings) as place:
            keys = place.make_account()
            with Server(place) as server:
                wal_before = _wal_position(place.database)
                cpu, began = server.cpu_seconds, time.perf_counter()
                uvloop.run(_whole_pauses(server.url, keys.live, count, sink))
                took = time.perf_counter() - began
                cpu = server.cpu_seconds - cpu
                wal = _wal_position(place.database) - wal_before
            sizes = place.database.sizes()
    costs = {
        "bytes_a_pause": sum(sizes.values()) / count,
        "table_bytes_a_pause": sum(sizes.get(table, 0) for table in _TABLES) / count,
        "cpu_ms_a_pause": cpu * 1000 / count,
        "pauses_per_second": count / took,
    }
    costs["index_bytes_a_pause"] = costs["bytes_a_pause"] - costs["table_bytes_a_pause"]
    if isinstance(place.database, SqliteDatabase):
        with a_folder() as folder:
            for batch in BATCHES:
                found = wal_bytes_a_create(folder, batch)
                costs[f"wal_bytes_a_create_in_batches_of_{batch}"] = found
        costs["wal_bytes_a_pause"] = 3 * costs[f"wal_bytes_a_create_in_batches_of_{BATCHES[-1]}"]
    else:
        costs["wal_bytes_a_pause"] = wal / count
    plan.report.costs[engine.name] = costs
    for name, cost, unit in (
        ("a whole pause on disk", costs["bytes_a_pause"] / 1024, "KB"),
        ("indexes' part of it", costs["index_bytes_a_pause"] / 1024, "KB"),
        ("log written for a whole pause", costs["wal_bytes_a_pause"] / 1024, "KB"),
        ("processor time of a whole pause", costs["cpu_ms_a_pause"], "ms"),
    ):
        plan.report.add(Row(name, engine.name, Figure.of([cost], unit)))


def _wal_position(database: Database) -> int:
    """Bytes of log that PostgreSQL has written; SQLite keeps no such count."""
    if isinstance(database, SqliteDatabase):
        return 0
    return int(database.rows("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn")[0][0])


async def _whole_pauses(url: str, key: str, count: int, sink: Sink) -> None:
    """Asked, delivered by mail, answered after that, and read by the agent who waited."""
    connections, pauses = await make_pauses(url, key, count, **BY_MAIL)
    close_all(connections)
    until = time.monotonic() + GIVE_UP
    while sink.taken() < count and time.monotonic() < until:  # noqa: ASYNC110 - another process
        await asyncio.sleep(0.05)

    async def answer(own: list[dict[str, Any]]) -> None:
        agent, person = await Connection.open(url, key), await Connection.open(url)
        for pause in own:
            resumed = agent.send("GET", f"/v1/pause/{pause['pause_id']}?wait=60")
            token = pause["respond_url"].rpartition("/")[2]
            await person.ask("POST", f"/v1/respond/{token}", ANSWER)
            await resumed
        close_all([agent, person])

    await asyncio.gather(*(answer(pauses[i::CLIENTS]) for i in range(CLIENTS)))
