"""Concurrent clients, `kill -9` in between: every pause's history has one moment of its end."""

from __future__ import annotations

import itertools
import math
import random
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any, Final

import httpx2
import pytest

from tests.doubles.postgres import PostgresServer
from tests.e2e.api import Api, token_of
from tests.e2e.server import LIMITS_OFF, Server
from tests.reliability.history import Seen, problem_in

CLIENTS: Final = 8
PAUSES: Final = 60
KILLS: Final = 5
LIVES: Final = 3.0
"""Seconds that a server lives between two kills."""

REFUSED: Final = {
    "TOKEN_USED": "responded",
    "PAUSE_CANCELLED": "cancelled",
    "ALREADY_RESPONDED": "responded",
    "ALREADY_CANCELLED": "cancelled",
}
SETTINGS: Final = LIMITS_OFF


class Histories:
    """What was seen of each pause, from all threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._of: dict[str, list[Seen]] = defaultdict(list)

    def add(self, pause_id: str, seen: Seen) -> None:
        with self._lock:
            self._of[pause_id].append(seen)

    def of(self, pause_id: str) -> list[Seen]:
        return self._of[pause_id]


class Client(Thread):
    """Looks, answers and cancels at random until it is told to stop, at whichever server it finds."""

    def __init__(
        self,
        servers: list[Server],
        pauses: dict[str, str],
        histories: Histories,
        stop: Event,
        chance: random.Random,
    ) -> None:
        super().__init__()
        self._servers, self._pauses, self._histories = servers, pauses, histories
        self._told_to_stop, self._chance = stop, chance
        self.problem: BaseException | None = None

    def run(self) -> None:
        try:
            with ExitStack() as stack:
                apis = [
                    stack.enter_context(Api(server.base_url, self._servers[0].test_api_key))
                    for server in self._servers
                ]
                while not self._told_to_stop.is_set():
                    self._act(self._chance.choice(apis), self._chance.choice(list(self._pauses)))
        except BaseException as problem:
            self.problem = problem

    def _act(self, api: Api, pause_id: str) -> None:
        act = self._chance.choices(["look", "Approve", "Reject", "cancel"], [30, 1, 1, 1])[0]
        begin = time.monotonic()
        try:
            if act == "look":
                response = api.http.get(f"/v1/pause/{pause_id}")
            elif act == "cancel":
                response = api.cancel(pause_id)
            else:
                response = api.respond(token_of(self._pauses[pause_id]), act)
        except httpx2.TransportError:
            self._note(pause_id, begin, act, None)
        else:
            self._note(pause_id, begin, act, response)

    def _note(
        self, pause_id: str, begin: float, act: str, response: httpx2.Response | None
    ) -> None:
        wrote = None if act == "look" else "cancelled" if act == "cancel" else "responded"
        if response is None or response.status_code >= 500:
            if wrote:
                seen = Seen(begin, math.inf, None, wrote, is_known=False)
                self._histories.add(pause_id, seen)
            return
        body = response.json()
        if response.status_code == 200:
            outcome = None if body["status"] == "pending" else body["status"]
        else:
            outcome = REFUSED[body["error"]]
        won = response.status_code == 200 and wrote is not None
        self._histories.add(pause_id, Seen(begin, time.monotonic(), outcome, wrote, won))


@pytest.fixture(params=["sqlite", "postgresql"])
def servers(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[Server]]:
    with ExitStack() as stack:
        if request.param == "sqlite":
            yield [stack.enter_context(Server(tmp_path, **SETTINGS))]
            return
        database = PostgresServer()
        stack.callback(database.close)
        url = database.url(database.create_database())
        found = []
        for name in ("one", "other"):
            (tmp_path / name).mkdir()
            server = Server(tmp_path / name, PAUSEPOINT_DATABASE_URL=url, **SETTINGS)
            if found:
                server.api_key, server.test_api_key = found[0].api_key, found[0].test_api_key
            found.append(stack.enter_context(server))
        yield found


def test_every_history_is_linearizable(servers: list[Server], seed: int) -> None:
    chance, histories, stop = random.Random(seed), Histories(), Event()
    with Api(servers[0].base_url, servers[0].test_api_key) as api:
        made = [api.create(timeout_hours=2) for _ in range(PAUSES)]
    pauses = {pause["pause_id"]: pause["respond_url"] for pause in made}
    clients = [
        Client(servers, pauses, histories, stop, random.Random(chance.random()))
        for _ in range(CLIENTS)
    ]
    for client in clients:
        client.start()
    for _, server in zip(range(KILLS), itertools.cycle(servers), strict=False):
        stop.wait(chance.uniform(0.2, LIVES))
        server.kill()
        server.start()
    stop.set()
    for client in clients:
        client.join(60)
        assert client.problem is None, client.problem
    with Api(servers[0].base_url, servers[0].test_api_key) as api:
        ended = {pause_id: api.pause(pause_id) for pause_id in pauses}
    problems = {
        pause_id: problem
        for pause_id, pause in ended.items()
        if (problem := problem_in(histories.of(pause_id), _final(pause)))
    }
    assert problems == {}
    looks = sum(len(histories.of(pause_id)) for pause_id in pauses)
    print(f"{looks} calls on {len(pauses)} pauses, {KILLS} kills")
    assert sum(_final(pause) is not None for pause in ended.values()) > PAUSES // 2


def _final(pause: dict[str, Any]) -> str | None:
    return None if pause["status"] == "pending" else str(pause["status"])


# ── The check itself ──


@pytest.mark.parametrize(
    ("calls", "final", "problem"),
    [
        ([], None, None),
        ([Seen(0, 1, None), Seen(0.5, 2, "responded", "responded", won=True)], "responded", None),
        (
            [Seen(0, 1, "responded", "responded", won=True), Seen(2, 3, None)],
            "responded",
            "pending after",
        ),
        (
            [
                Seen(0, 1, "responded", "responded", won=True),
                Seen(0, 1, "responded", "responded", won=True),
            ],
            "responded",
            "2 calls",
        ),
        ([Seen(0, 1, "responded", "responded", won=True)], None, "stands at None"),
        ([Seen(0, math.inf, None, "cancelled", is_known=False)], "cancelled", None),
        ([Seen(5, math.inf, None, "cancelled", is_known=False), Seen(0, 1, "cancelled")],
         "cancelled", "pending after"),
        ([Seen(0, 1, "cancelled")], "cancelled", "nobody wrote"),
        ([Seen(0, 1, "cancelled"), Seen(0, 1, "responded")], "responded", "it ended as"),
    ],
)  # fmt: skip
def test_the_check_knows_right_from_wrong(
    calls: list[Seen], final: str | None, problem: str | None
) -> None:
    found = problem_in(calls, final)
    assert (found is None) if problem is None else (problem in (found or ""))
