"""PostgreSQL crashes under load and comes back: nothing is lost, nobody is asked twice, all heals."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.doubles.postgres import PostgresServer
from tests.e2e.api import Api, Json, eventually, token_of
from tests.e2e.callers import MAIL, Caller, Crowd
from tests.e2e.people import People
from tests.e2e.receiver import Mailbox
from tests.e2e.server import LIMITS_OFF, Server

pytestmark = pytest.mark.e2e

AGENTS, PEOPLE = 8, 4
CRASHES: Final = 2


class Agents:
    """`created` and `resumed` hold the pause as it was told, by its id."""

    def __init__(self) -> None:
        self.created: dict[str, Json] = {}
        self.resumed: dict[str, Json] = {}

    def ask_and_wait(self, caller: Caller) -> None:
        pause = caller.create(**MAIL)
        self.created[pause["pause_id"]] = pause
        self.resumed[pause["pause_id"]] = caller.wait_for_end(pause["pause_id"])


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as opened:
        yield opened


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    server = PostgresServer()
    yield server
    server.close()


@pytest.fixture
def server(postgres: PostgresServer, mailbox: Mailbox, tmp_path: Path) -> Iterator[Server]:
    settings = {
        "PAUSEPOINT_DATABASE_URL": postgres.url(postgres.create_database()),
        "PAUSEPOINT_REVEAL_RESPOND_URL": "on",
        "PAUSEPOINT_EMAIL_FROM": "asks@pp.example.com",
        "PAUSEPOINT_SMTP_URL": mailbox.url,
    }
    with Server(tmp_path, **settings, **LIMITS_OFF) as started:
        yield started


def test_a_crash_of_the_database_loses_nothing(
    postgres: PostgresServer, mailbox: Mailbox, server: Server, seed: int
) -> None:
    chance = random.Random(seed)
    agents, people = Agents(), People(mailbox)
    asking = Crowd([server.base_url], server.api_key)
    answering = Crowd([server.base_url])
    asking.add(agents.ask_and_wait, AGENTS)
    answering.add(people.answer_one, PEOPLE)
    for _ in range(CRASHES):
        asking.advance(chance.randint(20, 80))
        postgres.stop("immediate")
        postgres.start()
    asking.advance(50)
    asking.end()
    answering.end()
    with Api(server.base_url, server.api_key) as api:
        kept = {pause["pause_id"]: pause for pause in api.every("/v1/pause")}
        entries = api.audit(event_type="pause.responded")

    assert asking.refusals, "no request met the crash"
    assert set(agents.created) == set(agents.resumed) == set(kept)
    for pause_id, pause in kept.items():
        assert agents.resumed[pause_id] | {"delivery": pause["delivery"]} == pause
        assert outcomes(pause) == ["sent"]
    assert {pause["response_choice"] for pause in kept.values()} == {"Approve"}
    for told in people.told:
        pause = kept[told["pause_id"]]
        assert (told["response_choice"], told["response_at"]) == ("Approve", pause["response_at"])
    assert sorted(entry["pause_request_id"] for entry in entries) == sorted(kept)
    links = [token_of(pause["respond_url"]) for pause in agents.created.values()]
    assert Counter(people.asked) == Counter(links)


def outcomes(pause: Json) -> list[str]:
    return [attempt["outcome"] for attempt in pause["delivery"]["attempts"]]


def test_a_mail_under_way_while_the_database_is_away_is_sent_once(
    postgres: PostgresServer, mailbox: Mailbox, server: Server
) -> None:
    mailbox.to_hold = 1
    with Api(server.base_url, server.api_key) as agent:
        pause_id = agent.create(**MAIL)["pause_id"]
        assert mailbox.has_held.wait(30)
        postgres.stop("immediate")
        mailbox.release()
        mailbox.next()
        eventually(lambda: agent.http.get(f"/v1/pause/{pause_id}").status_code == 503)
        postgres.start()
        eventually(lambda: agent.http.get("/health/ready").status_code == 200)
        sent = eventually(lambda: agent.pause(pause_id), until=lambda pause: outcomes(pause))
        assert outcomes(sent) == ["sent"]
