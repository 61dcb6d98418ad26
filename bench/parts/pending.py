"""A million pending pauses: memory, the idle sweep, a start on them, and many due at once."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any, Final

import uvloop

from bench.agents import close_all, make_pauses
from bench.clock import wait
from bench.connection import QUESTION
from bench.engines import Database, Engine, SqliteDatabase
from bench.figures import Figure, Row, at_least, at_most, ratio
from bench.fill import fill_pending, pause_id
from bench.load import Load, Loaded, read
from bench.plan import Plan
from bench.server import Keys, Place, Server, a_place
from pausepoint.clock import SystemClock
from pausepoint.store import pauses
from pausepoint.worker.deadlines import BATCH

PENDING: Final = 1_000_000
DUE: Final = 100_000
CLIENTS: Final = 64
LEAD_MS: Final = 3_000
"""From changing the deadlines to their instant: the server must have started by then."""

GIVE_UP: Final = 120
SWEEPS: Final = 200


def measure_pending(plan: Plan) -> None:
    for engine in plan.engines:
        with plan.on(engine, "a million pending"), a_place(engine) as place:
            _Pending(plan, engine, place).measure()


class _Pending:
    def __init__(self, plan: Plan, engine: Engine, place: Place) -> None:
        self._plan = plan
        self._of = engine.name
        self._place = place
        self._pending = plan.scaled(PENDING)
        self._due = plan.scaled(DUE)
        self._keys: Keys = place.make_account()
        self._filled_at = SystemClock().now()

    def measure(self) -> None:
        empty = [memory for _, memory in self._starts()]
        self._fill()
        starts, full = zip(*self._starts(), strict=True)
        growth = [(after - before) / 1024 for before, after in zip(empty, full, strict=True)]
        named = f"{self._pending:,} pending"
        self._add(f"resident memory more than with none, {named}", growth, "MB")
        self._add(f"start to first create, {named}", starts, "s")
        sweeps = [idle_sweep_ms(self._place.database) for _ in self._plan.rounds]
        self._add(f"idle sweep, {named}", sweeps, "ms", at_most(1))
        self._measure_due()

    def _fill(self) -> None:
        owner = self._place.database.rows("SELECT developer_id FROM developers")[0][0]
        fill_pending(self._place.database, owner, self._pending, self._filled_at)

    def _starts(self) -> Iterator[tuple[float, int]]:
        """Seconds from the process's start to its first create; KB resident after it."""
        for _ in self._plan.rounds:
            with Server(self._place) as server:
                uvloop.run(_create(server.url, self._keys.test))
                yield time.perf_counter() - server.began, server.resident_kb

    def _measure_due(self) -> None:
        alone: list[Loaded] = []
        beside: list[Loaded] = []
        rates: list[float] = []
        for number in self._plan.rounds:
            due_at = self._set_due(number)
            with Server(self._place) as server:
                beside.append(self._creates_at(server, due_at))
                rates.append(self._due / self._seconds_to_expire(due_at))
                alone.append(self._load(server).run(self._place.folder, CLIENTS, 3))
        name = f"{self._due:,} due at once of {self._pending:,}, expired"
        self._add(name, rates, "/s", at_least(10_000))
        during = [each.p99_ms for each in beside]
        before = [each.p99_ms for each in alone]
        name = f"creates' p99 while {self._due:,} expire, {CLIENTS} clients"
        row = Row(
            name,
            self._of,
            Figure.of(during, "ms"),
            "the same without",
            ratio(during, before),
            at_most(3),
        )
        self._plan.report.add(row)
        rate = [each.per_second for each in beside]
        self._add(f"creates meanwhile, {CLIENTS} clients", rate, "/s")

    def _set_due(self, number: int) -> int:
        """Lets another hundred thousand fall due together, soon; returns when."""
        first = pause_id(number * self._due, self._filled_at)
        last = pause_id((number + 1) * self._due - 1, self._filled_at)
        change = (
            "UPDATE pauses SET expires_at = {} WHERE status = 'pending'"
            f" AND pause_id BETWEEN '{first}' AND '{last}'"
        )
        far = SystemClock().now() + 10**9
        self._place.database.change(change.format(far))  # the slow part
        due_at = SystemClock().now() + LEAD_MS + self._due // 20
        self._place.database.change(change.format(due_at))
        return due_at

    def _creates_at(self, server: Server, due_at: int) -> Loaded:
        """Creates from just before the deadline on."""
        seconds = max(0.0, (due_at - SystemClock().now()) / 1000 - 0.1)
        assert seconds > 0, "the machine is too slow: the deadline passed before the start"
        words = self._load(server).command(self._place.folder, CLIENTS, 3)
        wait(seconds)
        return read(subprocess.run(words, capture_output=True, text=True, check=True).stdout)

    def _seconds_to_expire(self, due_at: int) -> float:
        """From the common deadline to the last time-out's commit."""
        left = f"SELECT 1 FROM pauses WHERE status = 'pending' AND expires_at <= {due_at} LIMIT 1"
        until = time.monotonic() + GIVE_UP
        while self._place.database.rows(left):
            if time.monotonic() > until:
                raise RuntimeError(f"after {GIVE_UP} s some of {self._due:,} are still pending")
            wait(0.1)
        last = "SELECT created_at FROM audit WHERE event = 'pause.timed_out'"
        newest = self._place.database.rows(f"{last} ORDER BY entry_id DESC LIMIT 1")[0][0]
        return float(newest - due_at) / 1000

    def _load(self, server: Server) -> Load:
        return Load(server.url + "/v1/pause", self._keys.test, QUESTION)

    def _add(self, name: str, runs: Any, unit: str, bar: Any = None) -> None:
        self._plan.report.add(Row(name, self._of, Figure.of(list(runs), unit), bar=bar))


async def _create(url: str, key: str) -> None:
    connections, _ = await make_pauses(url, key, 1)
    close_all(connections)


def idle_sweep_ms(database: Database) -> float:
    """Both queries of a sweep that finds nothing due, with their way there and back."""
    if isinstance(database, SqliteDatabase):
        now = SystemClock().now()
        with closing(sqlite3.connect(database.path)) as connection:
            began = time.perf_counter()
            for _ in range(SWEEPS):
                connection.execute(pauses.DUE_SQLITE.sql, (now, BATCH)).fetchall()
                connection.execute(pauses.NEXT_DEADLINE.sql).fetchone()
            return (time.perf_counter() - began) / SWEEPS * 1000
    return asyncio.run(_idle_sweep_postgres_ms(database.url))


async def _idle_sweep_postgres_ms(url: str) -> float:
    from pausepoint.store.postgres.connection import connect, with_numbers  # noqa: PLC0415

    connection = await connect(url)
    try:
        due = await connection.prepare(with_numbers(pauses.DUE_POSTGRES.sql))
        nearest = await connection.prepare(with_numbers(pauses.NEXT_DEADLINE.sql))
        now = SystemClock().now()
        began = time.perf_counter()
        for _ in range(SWEEPS):
            await due.fetch(now, BATCH)
            await nearest.fetchval()
        return (time.perf_counter() - began) / SWEEPS * 1000
    finally:
        await connection.close()
