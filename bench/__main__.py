"""`make bench`: runs everything, prints a Markdown table, writes JSON beside it."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import uvloop

from bench import figures, limits
from bench.figures import Figure, Row
from bench.load import QUESTION, check_wrk, requests_per_second
from bench.server import Server
from bench.waiting import Connection, Waited, wait_and_answer
from pausepoint.web.server import raise_descriptor_limit

CLIENTS = (1, 16, 64)
WAITING = (1, 1_000, 10_000)
ANSWERS = 200


class Bench:
    def __init__(self, runs: int, seconds: float) -> None:
        self._runs = runs
        self._seconds = seconds
        self.rows: list[Row] = []

    def run(self) -> None:
        self._disk()
        self._creates()
        self._polls()
        self._waiting()
        self._at_rest()

    def _disk(self) -> None:
        with folder() as here:
            latencies = limits.fdatasync_ms(here)
        self._add(Row("fdatasync of 4 KiB", Figure.of(latencies, "ms")))

    def _creates(self) -> None:
        with folder() as here:
            limit = self._repeat(lambda: limits.bare_commits_per_second(here, self._seconds), "/s")
        self._add(Row("bare group commit of the same rows", limit))
        with a_server() as (server, here):
            for clients in CLIENTS:
                figure = self._load(server, here, "/v1/pause", clients, body=QUESTION)
                ratio = figure.median / limit.median
                bar = "≥ 0.25" if clients == 64 else ""
                name = f"creates, {clients} clients"
                self._add(Row(name, figure, "bare group commit", ratio, bar))

    def _polls(self) -> None:
        with folder() as here, limits.bare_starlette() as url:
            limit = self._repeat(
                lambda: requests_per_second(url, here, clients=64, seconds=self._seconds), "/s"
            )
        self._add(Row("bare Starlette, 64 clients", limit))
        with a_server() as (server, here):
            pause = uvloop.run(one_pause(server))
            for clients in CLIENTS:
                figure = self._load(server, here, f"/v1/pause/{pause}", clients)
                ratio = figure.median / limit.median
                bar = "≥ 0.5" if clients == 64 else ""
                self._add(Row(f"polls, {clients} clients", figure, "bare Starlette", ratio, bar))

    def _waiting(self) -> None:
        for waiting in WAITING:
            found: list[Waited] = []
            for _ in range(self._runs):
                with a_server() as (server, _):
                    found.append(
                        uvloop.run(wait_and_answer(server, waiting, min(waiting, ANSWERS)))
                    )
            for share, bar in ((0.5, "≤ 5 ms"), (0.99, "≤ 25 ms")):
                figure = Figure.of([waited.percentile(share) for waited in found], "ms")
                name = f"answer to resumed, {waiting:,} waiting, p{share * 100:.0f}"
                self._add(Row(name, figure, bar=bar if waiting == 1_000 else ""))
            if waiting > 1:
                cost = Figure.of([waited.kb_per_agent for waited in found], "KB")
                self._add(Row(f"memory a waiting agent, {waiting:,}", cost, bar="≤ 25 KB"))

    def _at_rest(self) -> None:
        memory, start = [], []
        for _ in range(self._runs):
            with a_server() as (server, _):
                memory.append(server.resident_kb / 1024)
                start.append(server.seconds_to_ready)
        self._add(Row("resident memory at rest", Figure.of(memory, "MB"), bar="≤ 80 MB"))
        self._add(Row("cold start, fresh database, to ready", Figure.of(start, "s"), bar="≤ 1 s"))

    def _load(
        self, server: Server, here: Path, path: str, clients: int, body: object = None
    ) -> Figure:
        def once() -> float:
            return requests_per_second(
                server.url + path,
                here,
                clients=clients,
                seconds=self._seconds,
                key=server.key,
                body=body,
            )

        return self._repeat(once, "/s")

    def _repeat(self, measure: Callable[[], float], unit: str) -> Figure:
        return Figure.of([measure() for _ in range(self._runs)], unit)

    def _add(self, row: Row) -> None:
        print(f"  {row.name}: {row.figure}", file=sys.stderr)
        self.rows.append(row)


@contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="pausepoint-bench-") as path:
        yield Path(path)


@contextmanager
def a_server() -> Iterator[tuple[Server, Path]]:
    with folder() as here, Server(here) as server:
        yield server, here


async def one_pause(server: Server) -> str:
    connection = await Connection.open(server)
    pause = await connection.ask("POST", "/v1/pause", QUESTION)
    connection.close()
    pause_id: str = pause["pause_id"]
    return pause_id


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="how often each figure is measured")
    parser.add_argument("--seconds", type=float, default=4, help="how long each load lasts")
    parser.add_argument("--output", type=Path, default=Path("bench/results/latest.json"))
    options = parser.parse_args()
    check_wrk()
    raise_descriptor_limit()
    bench = Bench(options.runs, options.seconds)
    bench.run()
    machine = figures.machine()
    print(figures.show(bench.rows, machine))
    figures.write(bench.rows, machine, options.output)


if __name__ == "__main__":
    main()
