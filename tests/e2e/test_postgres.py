"""PostgreSQL, from outside: several processes share one database and nothing else."""

from __future__ import annotations

import subprocess
import threading
from pathlib import Path

import httpx2
import pytest

from tests.doubles.postgres import PostgresServer
from tests.e2e.api import Api, eventually
from tests.e2e.callers import check_refusal
from tests.e2e.server import PROGRAM, SECRET, Server, environment, free_port
from tests.e2e.worker import Worker

pytestmark = pytest.mark.e2e

WEB_ONLY = ("--web-only",)


def a_server(folder: Path, url: str, *arguments: str) -> Server:
    folder.mkdir(exist_ok=True)
    return Server(folder, "serve", arguments, PAUSEPOINT_DATABASE_URL=url)


def test_an_agent_waiting_at_one_process_hears_the_answer_given_at_another(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    url = postgres.url(postgres.create_database())
    second = a_server(tmp_path / "b", url, *WEB_ONLY)
    second.api_key = "the first one's"
    with (
        a_server(tmp_path / "a", url) as one,
        second as other,
        Api(one.base_url, one.test_api_key) as agent,
        Api(other.base_url, None) as person,
    ):
        pause = agent.create()
        token = pause["respond_url"].rpartition("/")[2]
        answering = threading.Timer(0.3, person.respond, (token, "Approve"))
        answering.start()
        resumed = agent.pause(pause["pause_id"], wait=30)
        answering.join()

        assert (resumed["status"], resumed["response_choice"]) == ("responded", "Approve")
        story = {entry["event_type"] for entry in agent.audit(pause_id=pause["pause_id"])}
        assert story == {"pause.responded", "notification.sent", "pause.created"}


def test_a_worker_of_its_own_times_out_what_web_processes_take(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    url = postgres.url(postgres.create_database())
    with (
        a_server(tmp_path / "web", url, *WEB_ONLY) as web,
        Worker(tmp_path / "worker", PAUSEPOINT_DATABASE_URL=url),
        Api(web.base_url, web.test_api_key) as agent,
    ):
        pause = agent.create(timeout_hours=0.0003, timeout_default="Reject")
        ended = agent.pause(pause["pause_id"], wait=30)
        assert (ended["status"], ended["response_choice"]) == ("timed_out", "Reject")


def test_a_database_that_is_away_at_start_is_waited_for(tmp_path: Path) -> None:
    postgres = PostgresServer()
    url = postgres.url(postgres.create_database())
    postgres.stop()
    port = free_port()
    process = subprocess.Popen(
        [PROGRAM, "serve", "--json"],
        env=environment(
            tmp_path,
            PAUSEPOINT_DATABASE_URL=url,
            PAUSEPOINT_SECRET_KEY=SECRET,
            PAUSEPOINT_PORT=str(port),
            PAUSEPOINT_PUBLIC_URL=f"http://127.0.0.1:{port}",
        ),
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}") as client:
            eventually(lambda: _answers(client, "/health/live"), within=20)
            for path in ("/v1/pause", "/health/ready"):
                assert check_refusal(client.get(path)) == 1
            postgres.start()
            eventually(lambda: client.get("/health/ready").status_code == 200, within=30)
    finally:
        process.terminate()
        assert process.wait(10) == 0
        assert process.stdout is not None
        process.stdout.close()
        postgres.close()


def test_a_worker_can_be_stopped_before_its_database_is_there(tmp_path: Path) -> None:
    nowhere = f"postgresql://postgres@/nowhere?host={tmp_path}"
    worker = Worker(tmp_path, PAUSEPOINT_DATABASE_URL=nowhere)
    worker.begin()
    eventually(lambda: "cannot be reached yet" in worker.log(), within=20)
    worker.stop()


def _answers(client: httpx2.Client, path: str) -> bool:
    try:
        return client.get(path).status_code == 200
    except httpx2.TransportError:
        return False


def test_several_processes_on_sqlite_are_refused_with_the_reason(tmp_path: Path) -> None:
    done = subprocess.run(
        [PROGRAM, "serve", "--workers", "2"],
        env=environment(tmp_path, PAUSEPOINT_SECRET_KEY=SECRET),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "only one may write" in done.stderr
