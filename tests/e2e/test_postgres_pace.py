"""One agent and one person on PostgreSQL, as fast as they can: nobody else is there to wake them."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.doubles.postgres import PostgresServer
from tests.e2e.api import Api, token_of
from tests.e2e.server import Server

pytestmark = pytest.mark.e2e

ROUNDS = 300


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    postgres = PostgresServer()
    url = postgres.url(postgres.create_database())
    with Server(tmp_path, "serve", (), PAUSEPOINT_DATABASE_URL=url) as running:
        yield running
    postgres.close()


def test_no_request_waits_for_another_to_come(server: Server) -> None:
    # Two looks that ended in one turn once left nobody to look for what was asked next.
    with (
        Api(server.base_url, server.test_api_key) as agent,
        Api(server.base_url, None) as person,
        ThreadPoolExecutor(1) as answering,
    ):
        for number in range(ROUNDS):
            pause = agent.create()
            token = token_of(pause["respond_url"])
            answered = answering.submit(person.respond, token, "Approve")
            resumed = agent.pause(pause["pause_id"], wait=30)
            assert answered.result(20).status_code == 200, f"round {number}"
            assert resumed["status"] == "responded", f"round {number}"
