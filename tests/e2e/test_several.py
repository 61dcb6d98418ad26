"""`serve --workers 3`: one dies and the others go on, all end together, and their figures are one."""

from __future__ import annotations

import os
import select
import signal
import socket
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import httpx2
import pytest

from tests.doubles.postgres import PostgresServer
from tests.e2e.api import Api, eventually
from tests.e2e.server import LIMITS_OFF, Server, free_port

pytestmark = pytest.mark.e2e

WORKERS = 3


def several(postgres: PostgresServer, folder: Path, **settings: str) -> Server:
    url = postgres.url(postgres.create_database())
    workers = ("--workers", str(WORKERS))
    return Server(folder, "serve", workers, PAUSEPOINT_DATABASE_URL=url, **LIMITS_OFF, **settings)


def children_of(server: Server) -> set[int]:
    listed = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text("ascii")
    return {int(pid) for pid in listed.split()}


def list_pauses(server: Server, times: int) -> None:
    """Each on a connection of its own, so that every process gets some."""
    key = {"Authorization": f"Bearer {server.test_api_key}"}
    for _ in range(times):
        with closing(HTTPConnection("127.0.0.1", server.port, timeout=30)) as connection:
            connection.request("GET", "/v1/pause", headers=key)
            response = connection.getresponse()
            assert (response.status, response.read()[:8]) == (200, b'{"items"')


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"  # a zombie waits for whoever inherited it


def test_sigterm_ends_all(postgres: PostgresServer, tmp_path: Path) -> None:
    """One that hangs and one that is just being begun, too."""
    with several(postgres, tmp_path) as server:
        hangs, dies, _ = before = sorted(children_of(server))
        os.kill(hangs, signal.SIGSTOP)
        os.kill(dies, signal.SIGKILL)
        begun = eventually(lambda: children_of(server) - set(before), within=20)
        assert server.process is not None
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(20) == 0
        assert not any(map(is_running, {*before, *begun}))
        server.kill()


def test_none_outlives_a_parent_that_is_killed(postgres: PostgresServer, tmp_path: Path) -> None:
    with several(postgres, tmp_path) as server:
        children = children_of(server)
        server.kill()
        eventually(lambda: not any(map(is_running, children)))
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", server.port))


class Poll:
    """A held request on a connection of its own."""

    def __init__(self, server: Server, pause_id: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", server.port))
        self.socket.sendall(
            f"GET /v1/pause/{pause_id}?wait=60 HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
            f"Authorization: Bearer {server.test_api_key}\r\n\r\n".encode()
        )

    @property
    def is_held(self) -> bool:
        return not select.select([self.socket], [], [], 0)[0]


def figures(port: int) -> dict[str, float]:
    text = httpx2.get(f"http://127.0.0.1:{port}/metrics").text
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def test_one_dies_and_one_scrape_shows_them_all(postgres: PostgresServer, tmp_path: Path) -> None:
    port = free_port()
    lists = 'pausepoint_requests_total{method="GET",route="/v1/pause",status="200"}'
    waiting = "pausepoint_waiting_agents"
    address = {"PAUSEPOINT_METRICS_ADDRESS": f"127.0.0.1:{port}"}
    with several(postgres, tmp_path, **address) as server:
        with Api(server.base_url, server.test_api_key) as agent:
            pause = agent.create()
        polls = [Poll(server, pause["pause_id"]) for _ in range(30)]
        list_pauses(server, asked := 60)
        eventually(lambda: figures(port)[lists] == asked)
        eventually(lambda: figures(port)[waiting] == 30)

        killed = min(children_of(server))
        assert b"postgresql://" not in Path(f"/proc/{killed}/cmdline").read_bytes()
        os.kill(killed, signal.SIGKILL)
        while len(children_of(server) - {killed}) < WORKERS:
            list_pauses(server, 1)  # The others answer.
            asked += 1
        list_pauses(server, 300)  # Until the new one has had its share.
        eventually(lambda: figures(port)[lists] == asked + 300)
        held = sum(poll.is_held for poll in polls)
        eventually(lambda: figures(port)[waiting] == held)
        for poll in polls:
            poll.socket.close()
