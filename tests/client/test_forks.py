"""A client that was used before a fork, or in another event loop: no connection is ever shared."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pausepoint.client import AsyncPausePoint, ClientMisused

PROGRAM = Path(__file__).with_name("forks.py")


class Connections(ThreadingHTTPServer):
    """Says that every pause is pending; `ports` are the connections on which each was asked for."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Request)
        self.base_url = f"http://127.0.0.1:{self.server_port}"
        self.ports: dict[str, list[int]] = {}

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that closes its connections is no error."""


class _Request(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Connections

    def log_message(self, format: str, *args: object) -> None:
        """Keep the tests' output quiet."""

    def do_GET(self) -> None:
        pause_id = self.path.rpartition("/")[2]
        self.server.ports.setdefault(pause_id, []).append(self.client_address[1])
        at = "2026-11-22T12:00:00Z"
        pause = {
            "pause_id": pause_id,
            "status": "pending",
            "channel": "sms",
            "created_at": at,
            "expires_at": at,
            "delivery": {"state": "queued"},
        }
        body = json.dumps(pause).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def connections() -> Iterator[Connections]:
    with Connections() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def run(*words: str) -> str:
    done = subprocess.run(
        [sys.executable, str(PROGRAM), *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout


def test_a_forked_child_has_connections_of_its_own(connections: Connections) -> None:
    assert run("sync", connections.base_url) == "0\n"

    [before], child, [after] = (connections.ports[name] for name in ("before", "child", "after"))
    assert before == after
    assert child[0] == child[1]
    assert child[0] != before


def test_a_forked_child_has_an_event_loop_of_its_own_too(connections: Connections) -> None:
    assert run("async", connections.base_url) == "0\n"
    assert connections.ports["child"] != connections.ports["before"]


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_the_callers_own_connections_are_not_used_in_a_child(
    connections: Connections, kind: str
) -> None:
    output = run(kind, connections.base_url, "given")

    assert output.endswith("Make one PausePoint in each process, after the fork.\n7\n")
    assert "child" not in connections.ports


def test_a_second_event_loop_is_told_what_to_do(connections: Connections) -> None:
    client = AsyncPausePoint("key", connections.base_url)
    with asyncio.Runner() as first:
        first.run(client.get("psr_1"))
        for again in (client.get("psr_1"), client.aclose()):
            with pytest.raises(ClientMisused, match=r"Make one in each asyncio\.run"):
                asyncio.run(again)
        first.run(client.aclose())
