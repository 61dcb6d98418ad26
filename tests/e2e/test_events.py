"""The feed from outside: cut off, killed, stopped, moved to another process, behind nothing or all of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.doubles.postgres import PostgresServer
from tests.e2e.api import Api, answer, eventually, token_of
from tests.e2e.callers import Crowd
from tests.e2e.follower import Follower
from tests.e2e.server import LIMITS_OFF, Server, StartServer

pytestmark = pytest.mark.e2e

KILLS = 5
AT_LEAST = 30
"""So many pauses are made between one kill and the next."""


@pytest.fixture
def server(start_server: StartServer) -> Server:
    return start_server(**LIMITS_OFF)


def kinds(events: list[dict[str, Any]]) -> list[str]:
    return [event["event"] for event in events]


def test_who_was_cut_off_hears_the_rest_and_nothing_twice(server: Server) -> None:
    with (
        Api(server.base_url, server.test_api_key) as api,
        Follower(server.base_url, server.test_api_key) as follower,
    ):
        follower.wait_until_heard()
        pause = api.create(allow_text_response=True, metadata={"run": 7})
        follower.wait_for(lambda events: len(events) == 2)
        follower.cut()
        body = {"choice": "Approve", "text": "only the old ones"}
        answer(api.http.post(f"/v1/respond/{token_of(pause['respond_url'])}", json=body))
        follower.wait_until_heard(2)
        events = follower.wait_for(lambda events: len(events) >= 3)

    assert kinds(events) == ["pause.created", "notification.sent", "pause.responded"]
    assert {event["pause_id"] for event in events} == {pause["pause_id"]}
    data = events[-1]["data"]
    assert (data["choice"], data["text"]) == ("Approve", "only the old ones")
    assert (data["metadata"], data["resolved_by"]) == ({"run": 7}, "human")


def test_nothing_is_lost_or_told_twice_though_the_server_is_killed_again_and_again(
    server: Server,
) -> None:
    acknowledged: list[str] = []
    # Named twice, since whoever is cut off comes back to the same one.
    crowd = Crowd([server.base_url] * 2, server.test_api_key)
    with Follower(server.base_url, server.test_api_key, "pause.created") as follower:
        follower.wait_until_heard()
        crowd.add(lambda caller: acknowledged.append(caller.create()["pause_id"]), 3)
        for number in range(KILLS):
            crowd.advance(AT_LEAST)
            server.kill()
            server.start()
            follower.wait_until_heard(number + 2)
        crowd.advance(AT_LEAST)
        crowd.end()
        with Api(server.base_url, server.test_api_key) as api:
            kept = [pause["pause_id"] for pause in api.every("/v1/pause")]
        events = follower.wait_for(lambda events: len(events) >= len(kept))

    told = [event["pause_id"] for event in events]
    assert set(acknowledged) <= set(told)
    assert sorted(told) == sorted(kept)
    ids = [int(event["id"]) for event in events]
    assert ids == sorted(set(ids))
    assert follower.connections > KILLS


def test_a_stop_ends_it_at_once_and_well(server: Server) -> None:
    with Follower(server.base_url, server.test_api_key) as follower:
        follower.wait_until_heard()
        server.stop()
        eventually(lambda: follower.ended_well == 1)
        server.start()
        follower.wait_until_heard(2)


def test_who_has_gone_is_forgotten(server: Server) -> None:
    with Follower(server.base_url, server.test_api_key) as follower:
        follower.wait_until_heard()
    eventually(lambda: '"route":"/v1/events"' in server.log())


# ── PostgreSQL ──


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    server = PostgresServer()
    yield server
    server.close()


def test_what_one_process_does_is_heard_at_another_and_goes_on_at_a_third(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    settings = {"PAUSEPOINT_DATABASE_URL": postgres.url(postgres.create_database()), **LIMITS_OFF}
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    one, other = (Server(tmp_path / name, **settings) for name in ("one", "other"))
    other.api_key = "the first one's"
    with (
        one,
        other,
        Api(one.base_url, one.test_api_key) as api,
        Follower(other.base_url, one.test_api_key, "pause.created") as follower,
    ):
        follower.wait_until_heard()
        first = [api.create()["pause_id"] for _ in range(5)]
        follower.wait_for(lambda events: len(events) == 5)
        follower.base_url = one.base_url
        other.kill()
        first += [api.create()["pause_id"] for _ in range(5)]
        events = follower.wait_for(lambda events: len(events) >= 10)

    assert [event["pause_id"] for event in events] == first
