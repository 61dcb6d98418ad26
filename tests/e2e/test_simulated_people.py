"""Simulated people under `serve`, on both engines: a slow answer comes although the server was killed."""

from __future__ import annotations

import pytest

from tests.doubles.postgres import PostgresServer
from tests.e2e.api import Api, eventually
from tests.e2e.server import LIMITS_OFF, Server, StartServer

pytestmark = pytest.mark.e2e


@pytest.fixture(params=["sqlite", "postgres"])
def server(
    request: pytest.FixtureRequest, start_server: StartServer, postgres: PostgresServer
) -> Server:
    settings = dict(LIMITS_OFF)
    if request.param == "postgres":
        settings["PAUSEPOINT_DATABASE_URL"] = postgres.url(postgres.create_database())
    return start_server(**settings)


def test_a_slow_answer_comes_although_the_server_was_killed(server: Server) -> None:
    with Api(server.base_url, server.test_api_key) as api:
        made = api.create(recipient="slow-approve+3s@people.test")
        # Else another process might be at it, and on PostgreSQL its lease is waited for.
        eventually(lambda: api.pause(made["pause_id"])["delivery"]["state"] == "sent")
    server.kill()
    server.start()
    with Api(server.base_url, server.test_api_key) as api:
        pause = api.pause(made["pause_id"], wait=45)
        told = [entry["event_type"] for entry in api.audit(pause_id=made["pause_id"])]

    assert (pause["response_choice"], pause["resolved_by"], pause["test"]) == (
        *("Approve", "human"),
        True,
    )
    assert told == ["pause.created", "notification.sent", "pause.responded"]


def test_a_bounce_and_then_the_fallback(server: Server) -> None:
    reject = {"recipient": "reject@people.test", "channel": "email"}
    with Api(server.base_url, server.test_api_key) as api:
        made = api.create(recipient="+12025550185", fallback=[reject])
        pause = api.pause(made["pause_id"], wait=45)
        alone = api.create(recipient="bounce@people.test")
        undelivered = api.pause(alone["pause_id"], wait=45)

    assert pause["response_choice"] == "Reject"
    assert [each["outcome"] for each in pause["delivery"]["attempts"]] == ["failed", "sent"]
    assert (undelivered["status"], undelivered["delivery"]["state"]) == ("pending", "failed")
