"""PostgreSQL crashes under load and comes back: nothing is lost, nobody is asked twice, all heals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.doubles.postgres import PostgresServer
from tests.e2e.api import Api, Json, token_of
from tests.e2e.callers import MAIL, Caller, Crowd
from tests.e2e.people import People
from tests.e2e.receiver import Mailbox
from tests.e2e.server import LIMITS_OFF, Server

pytestmark = pytest.mark.e2e

AGENTS, PEOPLE = 8, 4
CRASHES: Final = 2
ROUND: Final = 60
"""How many agents resume between one crash and the next."""


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
def postgres() -> Iterator[PostgresServer]:
    server = PostgresServer()
    yield server
    server.close()


def test_a_crash_of_the_database_loses_nothing(postgres: PostgresServer, tmp_path: Path) -> None:
    agents = Agents()
    with Mailbox() as mailbox:
        people = People(mailbox)
        settings = {
            "PAUSEPOINT_DATABASE_URL": postgres.url(postgres.create_database()),
            "PAUSEPOINT_REVEAL_RESPOND_URL": "on",
            "PAUSEPOINT_EMAIL_FROM": "asks@pp.example.com",
            "PAUSEPOINT_SMTP_URL": mailbox.url,
            **LIMITS_OFF,
        }
        with Server(tmp_path, **settings) as server, Api(server.base_url, server.api_key) as api:
            asking, answering = (
                Crowd([server.base_url], server.api_key),
                Crowd([server.base_url]),
            )
            asking.add(agents.ask_and_wait, AGENTS)
            answering.add(people.answer_one, PEOPLE)
            for _ in range(CRASHES):
                asking.advance(ROUND)
                postgres.stop("immediate")
                postgres.start()
            asking.advance(ROUND)
            asking.join()
            answering.join()
            kept = {pause["pause_id"]: pause for pause in api.every("/v1/pause")}
            entries = api.audit(event_type="pause.responded")

    assert asking.refusals, "no request met the crash"
    assert set(agents.created) == set(agents.resumed) == set(kept)
    for pause_id, pause in kept.items():
        assert agents.resumed[pause_id] | {"delivery": pause["delivery"]} == pause
        assert [attempt["outcome"] for attempt in pause["delivery"]["attempts"]] == ["sent"]
    assert {pause["response_choice"] for pause in kept.values()} == {"Approve"}
    assert sorted(entry["pause_request_id"] for entry in entries) == sorted(kept)
    links = [token_of(pause["respond_url"]) for pause in agents.created.values()]
    assert Counter(people.asked) == Counter(links)
