"""PostgreSQL that hangs, is full, or may only be read: refusals in good time, nothing lost, all heals."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import pytest

from tests.doubles.postgres import PostgresServer
from tests.e2e.api import QUESTION, Api, eventually, token_of
from tests.e2e.callers import Caller, Crowd, check_refusal
from tests.e2e.server import LIMITS_OFF, Server

pytestmark = pytest.mark.e2e

MIB: Final = 1 << 20
BIG: Final = {"metadata": {"x": "x" * 16_000}}


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    server = PostgresServer(log_segment_mib=1)
    yield server
    server.thaw()
    server.close()


@pytest.fixture
def server(postgres: PostgresServer, tmp_path: Path) -> Iterator[Server]:
    url = postgres.url(postgres.create_database())
    with Server(tmp_path, PAUSEPOINT_DATABASE_URL=url, **LIMITS_OFF) as started:
        yield started


@pytest.fixture
def agent(server: Server) -> Iterator[Api]:
    with Api(server.base_url, server.test_api_key) as api:
        yield api


def status_of(agent: Api, path: str) -> int:
    response = agent.http.get(path)
    if response.status_code == 503:
        check_refusal(response)
    return response.status_code


def is_ready(agent: Api) -> bool:
    return status_of(agent, "/health/ready") == 200


def check_create_is_refused(agent: Api, **fields: Any) -> None:
    check_refusal(agent.http.post("/v1/pause", json=QUESTION | fields))


class Told:
    """What callers were told: every pause made, and every one answered."""

    def __init__(self) -> None:
        self.created: list[str] = []
        self.answered: list[str] = []

    def ask_and_answer(self, caller: Caller) -> None:
        pause = caller.create()
        self.created.append(pause["pause_id"])
        caller.respond(token_of(pause["respond_url"]), "Approve")
        self.answered.append(pause["pause_id"])

    def check(self, agent: Api) -> None:
        kept = {pause["pause_id"]: pause["status"] for pause in agent.every("/v1/pause")}
        assert set(self.created) <= set(kept)
        assert {kept[pause_id] for pause_id in self.answered} == {"responded"}


def test_a_database_that_hangs(postgres: PostgresServer, server: Server, agent: Api) -> None:
    """Everybody hears a 503 within a bound, and goes on when it does."""
    told = Told()
    crowd = Crowd([server.base_url], server.test_api_key)
    crowd.add(told.ask_and_answer, 12)
    crowd.advance(50)
    postgres.freeze()
    assert status_of(agent, "/health/ready") == 503
    assert status_of(agent, "/health/live") == 200
    crowd.until_refused(3)
    postgres.thaw()
    eventually(lambda: is_ready(agent))
    crowd.advance(50)
    crowd.end()
    told.check(agent)


def test_a_stop_while_the_database_hangs(
    postgres: PostgresServer, server: Server, agent: Api
) -> None:
    """It ends in time, and whoever still waits for an answer gets one."""
    path = f"/v1/pause/{agent.create()['pause_id']}"
    with ThreadPoolExecutor(8) as threads, Api(server.base_url, server.test_api_key) as patient:
        waiting = threads.submit(patient.http.get, f"{path}?wait=60")
        eventually(lambda: server.connections() == 2)
        for _ in range(3):  # What was read before these is held when they are answered.
            assert status_of(agent, path) == 200
        postgres.freeze()
        asking = [threads.submit(agent.http.get, path) for _ in range(3)]
        asking += [threads.submit(agent.http.post, "/v1/pause", json=QUESTION) for _ in range(3)]
        eventually(lambda: server.connections() >= 7)
        server.stop()
        assert waiting.result().json()["status"] == "pending"
        for each in asking:
            check_refusal(each.result())
    postgres.thaw()


def test_a_full_disk(postgres: PostgresServer, server: Server, agent: Api) -> None:
    """Nothing new is taken; what is there can be read."""
    kept = [agent.create(**BIG)["pause_id"] for _ in range(80)]
    postgres.fill_disk(MIB)
    check_create_is_refused(agent, **BIG)
    assert not is_ready(agent)
    assert status_of(agent, "/health/live") == 200
    assert {pause["pause_id"] for pause in agent.every("/v1/pause")} == set(kept)
    postgres.fill_disk(None)
    kept.append(agent.create(**BIG)["pause_id"])
    eventually(lambda: is_ready(agent))
    assert {pause["pause_id"] for pause in agent.every("/v1/pause")} == set(kept)


def test_a_database_that_may_only_be_read(
    postgres: PostgresServer, server: Server, agent: Api
) -> None:
    pause = agent.create()
    may_write = "ALTER SYSTEM SET default_transaction_read_only = {}"
    postgres.run_sql(may_write.format("on"))
    postgres.run_sql("SELECT pg_reload_conf()")
    eventually(lambda: not is_ready(agent))
    check_create_is_refused(agent)
    check_refusal(agent.respond(token_of(pause["respond_url"]), "Approve"))
    assert agent.pause(pause["pause_id"])["status"] == "pending"
    postgres.run_sql(may_write.format("off"))
    postgres.run_sql("SELECT pg_reload_conf()")
    eventually(lambda: is_ready(agent))
    assert agent.respond(token_of(pause["respond_url"]), "Approve").status_code == 200
