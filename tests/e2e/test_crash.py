"""`kill -9` at random moments under load: what was acknowledged stays so, and everybody is asked."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import not_
from threading import Condition, Thread
from typing import Any, Final

import httpx2
import pytest

from doubles.twilio import FakeTwilio
from tests.e2e.api import Api, answer, eventually, token_of
from tests.e2e.server import LIMITS_OFF, Server
from tests.e2e.vendors import sms_settings

pytestmark = pytest.mark.e2e

ROUNDS: Final = 10
CLIENTS: Final = 6
FEWEST, MOST = 5, 150
"""How many acknowledgements a round sees before the kill."""

ASKED_WITHIN: Final = 15
"""Seconds after the last start in which every open question must have reached the vendor."""


@dataclass
class Told:
    """What the clients know of one pause. What was tried but not acknowledged may have happened."""

    respond_url: str
    acknowledged: dict[str, Any] | None = None
    attempt_result: list[str] = field(default_factory=list)


class Ledger:
    """What was acknowledged, by pause; the parent waits here for the moment to kill."""

    def __init__(self) -> None:
        self.pauses: dict[str, Told] = {}
        self._acknowledgements = 0
        self._news = Condition()

    def created(self, pause: dict[str, Any]) -> Told:
        with self._news:
            told = self.pauses[pause["pause_id"]] = Told(pause["respond_url"])
            self._count()
        return told

    def ended(self, told: Told, outcome: dict[str, Any]) -> None:
        with self._news:
            told.acknowledged = outcome
            self._count()

    def wait_for(self, more: int) -> None:
        with self._news:
            until = self._acknowledgements + more
            assert self._news.wait_for(lambda: self._acknowledgements >= until, 60)

    def _count(self) -> None:
        self._acknowledgements += 1
        self._news.notify_all()


class Client(Thread):
    """Creates, and answers or cancels some of it, until the server is gone."""

    def __init__(self, server: Server, ledger: Ledger, chance: random.Random) -> None:
        super().__init__()
        self._server = server
        self._ledger = ledger
        self._chance = chance
        self.problem: Exception | None = None

    def run(self) -> None:
        try:
            with Api(self._server.base_url, self._server.api_key) as api:
                while True:
                    self._ask_and_act(api)
        except httpx2.TransportError:
            pass
        except Exception as problem:
            self.problem = problem

    def _ask_and_act(self, api: Api) -> None:
        pause = api.create(message=f"Delete {self._chance.randrange(10**6)} records?")
        told = self._ledger.created(pause)
        act = self._chance.choice(["Approve", "Reject", "cancel", "nothing", "nothing"])
        if act == "nothing":
            return
        told.attempt_result.append(act)
        if act == "cancel":
            response = api.cancel(pause["pause_id"])
        else:
            response = api.respond(token_of(pause["respond_url"]), act)
        self._ledger.ended(told, answer(response))


@dataclass
class Aftermath:
    """The server after its last start, what the clients were told, and whom the vendor asked."""

    api: Api
    ledger: Ledger
    twilio: FakeTwilio

    def pauses(self) -> dict[str, dict[str, Any]]:
        return {pause["pause_id"]: pause for pause in self.api.every("/v1/pause")}


@pytest.fixture(scope="module")
def aftermath(seed: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aftermath]:
    chance = random.Random(seed)
    ledger = Ledger()
    with FakeTwilio() as twilio:
        settings = sms_settings(twilio) | LIMITS_OFF | {"PAUSEPOINT_REVEAL_RESPOND_URL": "on"}
        with Server(tmp_path_factory.mktemp("crash"), **settings) as server:
            for _ in range(ROUNDS):
                kill_under_load(server, ledger, chance)
                server.start()
            with Api(server.base_url, server.api_key) as api:
                yield Aftermath(api, ledger, twilio)


def kill_under_load(server: Server, ledger: Ledger, chance: random.Random) -> None:
    clients = [Client(server, ledger, random.Random(chance.random())) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    try:
        ledger.wait_for(chance.randint(FEWEST, MOST))
    finally:
        server.kill()
        for client in clients:
            client.join()
    assert [client.problem for client in clients if client.problem] == []


def test_every_acknowledged_pause_exists(aftermath: Aftermath) -> None:
    """And those that nobody tried to end are still pending."""
    pauses = aftermath.pauses()
    assert set(aftermath.ledger.pauses) <= set(pauses)
    untouched = [
        pauses[pause_id]["status"]
        for pause_id, told in aftermath.ledger.pauses.items()
        if not told.attempt_result
    ]
    assert set(untouched) == {"pending"}


def test_every_acknowledged_ending_is_still_exactly_that(aftermath: Aftermath) -> None:
    """Choice, instant and all; one that was not acknowledged may have happened, but no other."""
    pauses = aftermath.pauses()
    for pause_id, told in aftermath.ledger.pauses.items():
        pause = pauses[pause_id]
        if told.acknowledged is not None:
            acknowledged = {**told.acknowledged, "delivery": pause["delivery"]}
            assert acknowledged.items() <= pause.items()
        elif pause["status"] != "pending":
            assert [ending(pause)] == told.attempt_result


def test_every_ending_is_in_the_audit_log_once(aftermath: Aftermath) -> None:
    expected = [
        (pause["pause_id"], f"pause.{pause['status']}")
        for pause in aftermath.pauses().values()
        if pause["status"] != "pending"
    ]
    logged = [
        (entry["pause_request_id"], entry["event_type"])
        for event in ("pause.responded", "pause.cancelled", "pause.timed_out")
        for entry in aftermath.api.audit(event_type=event)
    ]
    assert sorted(logged) == sorted(expected)


def test_everybody_is_asked_at_least_once(aftermath: Aftermath) -> None:
    """Every delivery has a result in time; what it says was sent has reached the vendor."""
    eventually(lambda: unfinished(aftermath), ASKED_WITHIN, until=not_)
    asked = {message.fields["Body"].rpartition(" ")[2] for message in aftermath.twilio.messages}
    pauses = aftermath.pauses()
    for pause_id, told in aftermath.ledger.pauses.items():
        pause = pauses[pause_id]
        if pause["status"] == "pending" or pause["delivery"]["state"] == "sent":
            assert told.respond_url in asked, pause


def unfinished(aftermath: Aftermath) -> list[dict[str, Any]]:
    """Deliveries that are neither sent nor were skipped, because the pause had ended."""
    return [
        pause["delivery"]
        for pause in aftermath.pauses().values()
        if pause["delivery"]["state"] == "queued"
        and not any(attempt["outcome"] == "skipped" for attempt in pause["delivery"]["attempts"])
    ]


def ending(pause: dict[str, Any]) -> str:
    return "cancel" if pause["status"] == "cancelled" else str(pause["response_choice"])
