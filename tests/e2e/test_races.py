"""Two answers, a cancel and the deadline, all at once: whatever happens, exactly one of them wins."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from threading import Barrier
from typing import Any

import httpx2
import pytest

from tests.e2e.api import FINAL, Api, token_of
from tests.e2e.receiver import Received, Receiver
from tests.e2e.server import LIMITS_OFF, Server

pytestmark = pytest.mark.e2e

# Not a setting of the program. `make reliability` runs 1,000.
PAUSES = int(os.environ.get("PAUSEPOINT_TEST_RACES", "200"))  # noqa: TID251
AT_ONCE = 8
RACERS = ("Approve", "Reject", "cancel")
SHORTEST, LONGEST = 0.002, 0.5
"""Seconds to the deadline; some fall before anybody can answer, some after everybody has."""

ENDINGS = {f"pause.{status}" for status in FINAL}
TOO_LATE = {
    "responded": ("TOKEN_USED", "ALREADY_RESPONDED"),
    "timed_out": ("TOKEN_EXPIRED", "ALREADY_TIMED_OUT"),
    "cancelled": ("PAUSE_CANCELLED", "ALREADY_CANCELLED"),
}
"""What the losing answers and the losing cancel are told, by who won."""


@dataclass(frozen=True)
class Race:
    """One pause after its race: what each racer was told, and the pause as it was then."""

    pause: dict[str, Any]
    told: dict[str, httpx2.Response]

    @property
    def winners(self) -> list[str]:
        return [racer for racer, response in self.told.items() if response.is_success]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {"PAUSEPOINT_OUTBOUND_ALLOW": "127.0.0.0/8", **LIMITS_OFF}
    with Server(tmp_path_factory.mktemp("races"), **settings) as ready:
        yield ready


@pytest.fixture(scope="module")
def api(server: Server) -> Iterator[Api]:
    with Api(server.base_url, server.test_api_key) as client:
        yield client


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with Receiver() as ready:
        yield ready


@pytest.fixture(scope="module")
def webhook_id(api: Api, receiver: Receiver) -> str:
    return api.add_webhook(receiver.url, "a secret of the races", sorted(ENDINGS))


@pytest.fixture(scope="module")
def races(api: Api, webhook_id: str, seed: int) -> list[Race]:
    chance = random.Random(seed)
    deadlines = [SHORTEST + (LONGEST - SHORTEST) * chance.random() ** 2 for _ in range(PAUSES)]
    orders = [chance.sample(RACERS, len(RACERS)) for _ in range(PAUSES)]
    with ThreadPoolExecutor(AT_ONCE) as pool, ThreadPoolExecutor(AT_ONCE * len(RACERS)) as racers:
        run = list(pool.map(partial(race, api, racers), deadlines, orders))
    print(Counter(one.pause["status"] for one in run))
    return run


def race(api: Api, racers: ThreadPoolExecutor, seconds: float, order: list[str]) -> Race:
    """Asks, lets all of them go at the same moment, and waits for the pause's end."""
    pause = api.create(timeout_hours=seconds / 3600, timeout_default="Reject")
    start = Barrier(len(order))

    def run(racer: str) -> httpx2.Response:
        start.wait(60)
        if racer == "cancel":
            return api.cancel(pause["pause_id"])
        return api.respond(token_of(pause["respond_url"]), racer)

    running = {racer: racers.submit(run, racer) for racer in order}
    told = {racer: future.result() for racer, future in running.items()}
    return Race(api.pause(pause["pause_id"], wait=30), told)


def test_every_kind_of_winner_was_seen(races: list[Race]) -> None:
    """Else it was no race, and what follows says little."""
    assert {one.pause["status"] for one in races} == set(FINAL)


def test_nobody_or_one_racer_is_told_of_success(races: list[Race]) -> None:
    """And that one is whom the pause names."""
    for one in races:
        match one.pause["status"], one.pause["resolved_by"]:
            case "timed_out", "timeout":
                assert one.winners == []
                assert one.pause["response_choice"] == "Reject"
            case "cancelled", "developer":
                assert one.winners == ["cancel"]
                assert one.pause["response_choice"] is None
            case "responded", "human":
                assert one.winners == [one.pause["response_choice"]]
            case ending:
                pytest.fail(f"{ending} is no ending")


def test_the_losers_are_told_who_was_first(races: list[Race]) -> None:
    for one in races:
        too_late, already = TOO_LATE[one.pause["status"]]
        for racer in set(RACERS) - set(one.winners):
            status, code = (409, already) if racer == "cancel" else (410, too_late)
            response = one.told[racer]
            assert (response.status_code, response.json()["error"]) == (status, code)


def test_the_ending_never_changes(api: Api, races: list[Race]) -> None:
    """Looked at again after all the races, and after a last try to answer and to cancel each."""
    first = {one.pause["pause_id"]: without_delivery(one.pause) for one in races}
    for pause_id in first:
        assert api.cancel(pause_id).status_code == 409
    again = {pause["pause_id"]: without_delivery(pause) for pause in api.every("/v1/pause")}
    assert again == first


def test_each_ending_is_in_the_audit_log_once(api: Api, races: list[Race]) -> None:
    logged = [
        (entry["pause_request_id"], entry["event_type"])
        for event in sorted(ENDINGS)
        for entry in api.audit(event_type=event)
    ]
    assert sorted(logged) == sorted(expected_endings(races))


def test_each_ending_is_told_to_the_webhook_once(
    api: Api, races: list[Race], receiver: Receiver, webhook_id: str
) -> None:
    """One event a pause is made, and it arrives; a repeated attempt would have the same id."""
    received = receiver.wait_for(has(PAUSES))
    events = {one.event_id: (one.json["pause_id"], one.json["event"]) for one in received}
    assert sorted(events.values()) == sorted(expected_endings(races))
    made = api.every(f"/v1/webhooks/{webhook_id}/deliveries")
    assert {delivery["delivery_id"] for delivery in made} == set(events)
    assert len(made) == PAUSES


def expected_endings(races: list[Race]) -> list[tuple[str, str]]:
    return [(one.pause["pause_id"], f"pause.{one.pause['status']}") for one in races]


def without_delivery(pause: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in pause.items() if name != "delivery"}


def has(count: int) -> Callable[[list[Received]], bool]:
    return lambda received: len({one.event_id for one in received}) >= count
