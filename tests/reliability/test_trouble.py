"""What a machine can do to a program: it says so, loses nothing acknowledged, and heals by itself."""

from __future__ import annotations

import resource
import socket
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest

from doubles.twilio import FakeTwilio
from tests.e2e.api import QUESTION, Api, eventually, token_of
from tests.e2e.server import LIMITS_OFF, Server
from tests.e2e.vendors import sms_settings

ROOT: Final = Path(__file__).parents[2]
HOUR: Final = 3_600_000


@pytest.fixture
def server(tmp_path: Path, twilio: FakeTwilio) -> Iterator[Server]:
    settings = {**sms_settings(twilio), **LIMITS_OFF, "PAUSEPOINT_REVEAL_RESPOND_URL": "on"}
    with Server(tmp_path, **settings) as started:
        yield started


@pytest.fixture
def api(server: Server) -> Iterator[Api]:
    with Api(server.base_url, server.api_key) as client:
        yield client


def is_ready(api: Api) -> bool:
    return api.http.get("/health/ready").status_code == 200


def check_refused(api: Api) -> None:
    """Quickly, in our shape, with when to come again; and readiness says it too."""
    refused = api.http.post("/v1/pause", json=QUESTION)
    assert (refused.status_code, refused.json()["error"]) == (503, "UNAVAILABLE"), refused.text
    assert int(refused.headers["retry-after"]) >= 1
    assert not is_ready(api)


def check_healed(api: Api, before: dict[str, Any]) -> None:
    eventually(lambda: is_ready(api), within=30)
    assert api.pause(before["pause_id"])["status"] == "pending"
    assert api.respond(token_of(before["respond_url"]), "Approve").status_code == 200
    assert api.pause(api.create()["pause_id"])["status"] == "pending"


def test_a_full_disk(server: Server, api: Api) -> None:
    before = api.create()
    size = (server.directory / "pausepoint.db-wal").stat().st_size
    _, hard = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (size + 8192, hard))
    eventually(lambda: api.http.post("/v1/pause", json=QUESTION).status_code == 503, within=30)
    check_refused(api)
    # What is there can still be read.
    assert api.pause(before["pause_id"])["status"] == "pending"
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (hard, hard))
    check_healed(api, before)


def test_another_program_that_locks_the_database(server: Server, api: Api) -> None:
    before = api.create()
    with closing(sqlite3.connect(server.directory / "pausepoint.db")) as other:
        other.isolation_level = None
        other.execute("BEGIN IMMEDIATE")
        check_refused(api)
        assert api.pause(before["pause_id"])["status"] == "pending"
        other.execute("ROLLBACK")
    check_healed(api, before)


def test_no_more_descriptors(server: Server, api: Api) -> None:
    before = api.create()
    limit, hard = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (100, hard))
    with ExitStack() as stack:
        for _ in range(150):
            stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=5))
        # The connection that is there already still has its answers.
        eventually(lambda: not is_ready(api), within=10)
        assert api.pause(before["pause_id"])["status"] == "pending"
    eventually(lambda: is_ready(api), within=30)
    with httpx2.Client(trust_env=False) as stranger:
        assert stranger.get(f"{server.base_url}/health/ready").status_code == 200
    resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (limit, hard))
    check_healed(api, before)


def test_a_clock_that_is_set_an_hour_forth_and_back(tmp_path: Path, twilio: FakeTwilio) -> None:
    step = tmp_path / "step"
    step.write_text("0", "ascii")
    settings = {
        **sms_settings(twilio),
        **LIMITS_OFF,
        "PAUSEPOINT_REVEAL_RESPOND_URL": "on",
        "STEP_FILE": str(step),
        "PYTHONPATH": str(ROOT),
    }
    server = Server(tmp_path, **settings)
    server.program = (sys.executable, "-m", "tests.reliability.stepped_program")
    with server, Api(server.base_url, server.api_key) as api:
        short, long = api.create(timeout_hours=0.5, timeout_default="Reject"), api.create()
        eventually(lambda: len(twilio.messages) == 2, within=30)
        step.write_text(str(HOUR), "ascii")
        ended = api.pause(short["pause_id"], wait=30)
        assert (ended["status"], ended["response_choice"]) == ("timed_out", "Reject")
        assert ended["resolved_by"] == "timeout"
        step.write_text(str(-HOUR), "ascii")
        late = api.create()
        eventually(lambda: len(twilio.messages) == 3, within=30)
        assert api.respond(token_of(late["respond_url"]), "Approve").status_code == 200
        assert api.respond(token_of(long["respond_url"]), "Approve").status_code == 200
        # What is decided stays decided, whatever the clock says.
        assert api.pause(short["pause_id"])["status"] == "timed_out"
        assert is_ready(api)
