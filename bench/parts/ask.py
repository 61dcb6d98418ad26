"""What the client adds to a wait: from the answer being taken until `ask` returns, beside a bare long poll."""

from __future__ import annotations

import http.client
import json
import queue
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final
from urllib.parse import urlsplit

import httpx2

from bench.clock import wait
from bench.connection import ANSWER, QUESTION
from bench.engines import Engine
from bench.figures import Figure, Row, at_most, ratio
from bench.plan import Plan
from bench.server import Server, a_server
from pausepoint.client import Pause, PausePoint

TIMES: Final = 100
"""How often in a round, in turn with the bare long poll."""
THINKING: Final = 0.03
"""Seconds that the person takes, so that the agent's long poll is held by then."""


class Person:
    """Answers the questions whose links are put into `links`, on a thread and a connection of their own.

    `accepted` has the instant, by `time.perf_counter`, when each answer was acknowledged.
    """

    def __init__(self, url: str) -> None:
        self.links: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self.accepted: queue.SimpleQueue[float] = queue.SimpleQueue()
        self._host = urlsplit(url).netloc
        self._thread = threading.Thread(target=self._run, daemon=True)

    @classmethod
    @contextmanager
    def at(cls, url: str) -> Iterator[Person]:
        person = cls(url)
        person._thread.start()
        yield person
        person.links.put(None)
        person._thread.join()

    def is_asked(self, pause: Pause) -> None:
        if pause.respond_url is not None:
            self.links.put(pause.respond_url)

    def _run(self) -> None:
        connection = http.client.HTTPConnection(self._host)
        while (link := self.links.get()) is not None:
            wait(THINKING)
            path = "/v1/respond/" + link.rpartition("/")[2]
            body = json.dumps(ANSWER)
            connection.request("POST", path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            self.accepted.put(time.perf_counter())
            assert answer.status == 200, answer.read()
            answer.read()
        connection.close()


def measure_ask(plan: Plan) -> None:
    for engine in plan.engines[:1]:
        with plan.on(engine, "answer taken to `ask` returning"):
            _measure(plan, engine)


def _measure(plan: Plan, engine: Engine) -> None:
    ours: list[float] = []
    bare: list[float] = []
    with a_server(engine) as (server, _, keys):
        for _ in plan.rounds:
            pair = _round(server, keys.test, plan.scaled(TIMES))
            ours.append(pair[0])
            bare.append(pair[1])
    beside = "answer taken to a bare long poll returning"
    plan.report.add(Row(f"{beside}, p50", "httpx2", Figure.of(bare, "ms")))
    plan.report.add(
        Row(
            "answer taken to `ask` returning, p50",
            "client",
            Figure.of(ours, "ms"),
            beside,
            ratio(ours, bare),
            at_most(2),
        )
    )


def _round(server: Server, key: str, times: int) -> tuple[float, float]:
    """The medians in milliseconds, ours first."""
    headers = {"Authorization": f"Bearer {key}"}
    with (
        Person.at(server.url) as person,
        PausePoint(key, server.url) as client,
        httpx2.Client(base_url=server.url, headers=headers, trust_env=False, timeout=60) as http,
    ):

        def ask() -> None:
            words = (QUESTION["recipient"], QUESTION["message"], QUESTION["options"])
            assert client.ask(*words, on_pending=person.is_asked).is_("Approve")

        def poll() -> None:
            pause = http.post("/v1/pause", json=QUESTION).json()
            person.links.put(pause["respond_url"])
            answer = http.get(f"/v1/pause/{pause['pause_id']}", params={"wait": 50})
            assert answer.json()["response_choice"] == "Approve"

        pairs = [(_lag_ms(ask, person), _lag_ms(poll, person)) for _ in range(times)]
    return statistics.median(own for own, _ in pairs), statistics.median(b for _, b in pairs)


def _lag_ms(waits: Callable[[], None], person: Person) -> float:
    waits()
    returned = time.perf_counter()
    return (returned - person.accepted.get()) * 1000
