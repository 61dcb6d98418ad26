"""More connections than anybody needs, and requests that never end: who came before is served."""

from __future__ import annotations

import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from pausepoint.testing import LocalPausePoint, running
from pausepoint.web import protocol
from tests.e2e.api import Api, eventually
from tests.e2e.server import Server, StartServer

# Not a setting of the program. `make reliability` runs 20,000.
MANY: Final = int(os.environ.get("PAUSEPOINT_TEST_CONNECTIONS", "5000"))  # noqa: TID251
A_PROCESS: Final = 10_000
FEW_DESCRIPTORS: Final = 400
FLOOD: Final = str(Path(__file__).with_name("flood.py"))


@contextmanager
def flood(server: Server, count: int) -> Iterator[int]:
    """How many connections are held; the system's own limit may be lower than the wish."""
    held = 0
    with ExitStack() as stack:
        while held < count and (more := stack.enter_context(_flood(server, count - held))):
            held += more
        yield held


@contextmanager
def _flood(server: Server, count: int) -> Iterator[int]:
    """From one process, as many as it may open."""
    command = [sys.executable, FLOOD, "127.0.0.1", str(server.port), str(min(count, A_PROCESS))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline() or 0)
        process.communicate(timeout=30)


@pytest.mark.e2e
def test_thousands_of_connections_hold_up_nobody(start_server: StartServer) -> None:
    server = start_server()
    with Api(server.base_url, server.test_api_key) as agent:
        before = agent.create()
        with flood(server, MANY) as held:
            print(f"{held} connections")
            assert held > 1_000
            assert agent.create()["status"] == "pending"
            assert agent.cancel(before["pause_id"]).is_success
    eventually(lambda: server.connections() < 100, within=30)
    with Api(server.base_url, server.test_api_key) as newcomer:
        assert newcomer.create()["status"] == "pending"
    assert len(server.log(10_000).splitlines()) < 200


@pytest.mark.e2e
def test_a_server_without_descriptors_serves_whom_it_has(start_server: StartServer) -> None:
    """The connections that it cannot take are not its end: when some go, others come."""
    server = start_server()
    resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (FEW_DESCRIPTORS, FEW_DESCRIPTORS))
    with Api(server.base_url, server.test_api_key) as agent:
        assert agent.http.get("/health/ready").status_code == 200
        assert agent.create()["status"] == "pending"
        with flood(server, FEW_DESCRIPTORS * 3):
            full = eventually(lambda: agent.http.get("/health/ready"), until=lambda r: r.is_error)
            assert full.status_code == 503
            assert agent.create()["status"] == "pending"
        eventually(lambda: agent.http.get("/health/ready").is_success)
    with Api(server.base_url, server.test_api_key) as newcomer:
        assert newcomer.create()["status"] == "pending"
    assert len(server.log(10_000).splitlines()) < 200


# ── Requests that do not come to an end ──


@pytest.fixture(scope="module")
def impatient() -> Iterator[LocalPausePoint]:
    """A server that waits for headers and bodies as it always does, only not as long."""
    with pytest.MonkeyPatch.context() as patch, running() as local:
        patch.setattr(protocol, "HEADERS_TIME", timedelta(seconds=0.4))
        patch.setattr(protocol, "BODY_TIME", timedelta(seconds=0.4))
        yield local


POST: Final = (
    b"POST /v1/auth/register HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
)
JSON: Final = b'{"message": "'


@pytest.mark.parametrize(
    ("beginning", "piece", "status"),
    [
        (b"", b"", b""),
        (b"GET /health HTTP/1.1\r\nHost: loc", b"", b""),
        (b"GET /health HTTP/1.1\r\n", b"X: y\r\n", b""),
        (b"GET /" + b"a" * 3_000, b"a" * 100, b""),
        (b"GET /health HTTP/1.1\r\nX: ", b"y" * 4_000, b"431"),
        (b"GET /health HTTP/1.1\r\n", b"X: " + b"y" * 4_000 + b"\r\n", b"431"),
        (POST + b"Content-Length: 9999\r\n\r\n" + JSON, b"", b"408"),
        (POST + b"Content-Length: 9999\r\n\r\n" + JSON, b"x", b"408"),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n", b"408"),
        (POST + b"Content-Length: 999999999\r\n\r\n", b"x" * 500_000, b"413"),
    ],
    ids=[
        "silence",
        "half a header",
        "header after header",
        "endless path",
        "endless header",
        "endless headers",
        "half a body",
        "drop by drop",
        "chunk by chunk",
        "endless body",
    ],
)
def test_what_never_ends_is_ended(
    impatient: LocalPausePoint, beginning: bytes, piece: bytes, status: bytes
) -> None:
    """The server closes; the client would have gone on for ever."""
    host, port = impatient.base_url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=0.02) as connection:
        connection.sendall(beginning)
        said = until_closed(connection, piece)
    assert said[9:12] == status
    assert impatient.client.list().items == ()


def until_closed(connection: socket.socket, piece: bytes) -> bytes:
    """What the server said to one who goes on and on."""
    said, deadline = b"", time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            chunk = connection.recv(65_536)
            if not chunk:
                return said
            said += chunk
        except TimeoutError:
            pass
        except ConnectionError:
            return said
        try:
            connection.sendall(piece)
        except (ConnectionError, TimeoutError):
            continue
    raise AssertionError(f"still open after 30 s; it said {said!r:.200}")
