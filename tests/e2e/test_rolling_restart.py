"""Two processes, restarted one after the other under load: nobody's request is lost."""

from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.doubles.postgres import PostgresServer
from tests.e2e.api import Api, Json, answer, eventually
from tests.e2e.callers import MAIL, Caller, Crowd, check_refusal
from tests.e2e.receiver import Mailbox
from tests.e2e.server import LIMITS_OFF, Server
from tests.e2e.worker import Worker

pytestmark = pytest.mark.e2e


@pytest.fixture
def settings(postgres: PostgresServer) -> dict[str, str]:
    url = postgres.url(postgres.create_database())
    return {"PAUSEPOINT_DATABASE_URL": url, **LIMITS_OFF}


def a_server(folder: Path, settings: dict[str, str], *arguments: str) -> Server:
    folder.mkdir()
    return Server(folder, "serve", arguments, **settings)


def test_no_request_is_lost(tmp_path: Path, settings: dict[str, str]) -> None:
    created: list[str] = []

    def ask_and_look(caller: Caller) -> None:
        pause = caller.create()
        created.append(pause["pause_id"])
        assert answer(caller.send("GET", f"/v1/pause/{pause['pause_id']}")) == without_link(pause)

    one, other = (a_server(tmp_path / name, settings) for name in ("one", "other"))
    other.api_key = "the first one's"
    with one, other, Api(one.base_url, one.test_api_key) as agent:
        crowd = Crowd([one.base_url, other.base_url], one.test_api_key)
        crowd.add(ask_and_look, 6)
        for server in (one, other):
            crowd.advance(80)
            server.restart()
        crowd.advance(80)
        crowd.end()
        assert sorted(pause["pause_id"] for pause in agent.every("/v1/pause")) == sorted(created)

    assert crowd.broken, "nobody met a restart"
    assert crowd.cut == 0


def without_link(pause: Json) -> Json:
    return {name: value for name, value in pause.items() if name != "respond_url"}


def test_readiness_goes_down_and_waiting_agents_are_released(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    server = a_server(tmp_path / "one", settings)
    with (
        server,
        Api(server.base_url, server.test_api_key) as agent,
        Api(server.base_url, server.test_api_key) as patient,
        ThreadPoolExecutor() as threads,
    ):
        path = f"/v1/pause/{agent.create()['pause_id']}"
        waiting = threads.submit(patient.http.get, f"{path}?wait=60")
        eventually(lambda: server.connections() == 2)
        for _ in range(3):  # What was read before these is held when they are answered.
            answer(agent.http.get(path))
        assert server.process is not None
        server.process.send_signal(signal.SIGTERM)
        ready = agent.http.get("/health/ready")
        while ready.status_code == 200:
            ready = agent.http.get("/health/ready")
        check_refusal(ready)
        released = waiting.result()
        assert server.wait() == 0
    assert answer(released)["status"] == "pending"
    assert (ready.headers["connection"], released.headers["connection"]) == ("close", "close")


def test_what_a_stopped_worker_had_begun_is_taken_up_at_once(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    with Mailbox() as mailbox:
        mail = {
            "PAUSEPOINT_EMAIL_FROM": "asks@pp.example.com",
            "PAUSEPOINT_SMTP_URL": mailbox.url,
        }
        web = a_server(tmp_path / "web", settings | mail, "--web-only")
        first, second = (Worker(tmp_path / name, **settings, **mail) for name in ("w1", "w2"))
        with web, first, Api(web.base_url, web.api_key) as agent:
            mailbox.to_hold = 1
            pause_id = agent.create(**MAIL)["pause_id"]
            assert mailbox.has_held.wait(30)
            with second:
                first.stop()
                mailbox.next(within=30)  # The lease is a minute.
                sent = eventually(
                    lambda: agent.pause(pause_id)["delivery"],
                    until=lambda delivery: delivery["state"] == "sent",
                )
    assert [attempt["outcome"] for attempt in sent["attempts"]] == ["unknown", "sent"]
