"""One request is read as one, and never as two: request smuggling, odd framing, endless trailers.

Each attack is sent on a raw connection to the shipped program, since clients refuse to send it.
"""

from __future__ import annotations

import fcntl
import json
import re
import select
import socket
import struct
import termios
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final, NamedTuple

import httpx2
import pytest

from pausepoint.testing import LocalPausePoint, running
from pausepoint.web import protocol
from tests.e2e.api import QUESTION, Api, eventually
from tests.e2e.server import Server, StartServer

pytestmark = pytest.mark.e2e

MEGABYTE: Final = 1024 * 1024
HIDDEN: Final = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
"""A request in the place of a body: whoever reads it as one has been smuggled past."""


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


class Connection:
    """A raw connection that reads the answers on it one by one."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._file = self.socket.makefile("rb")

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self.socket.close()

    def send(self, *pieces: bytes) -> None:
        """Each piece is a write of its own, and is sent when the one before it has arrived."""
        self.socket.sendall(pieces[0])
        for piece in pieces[1:]:
            _until_sent(self.socket)
            self.socket.sendall(piece)

    def answer(self, *, has_body: bool = True) -> Answer | None:
        """The next answer; None where the server has closed. That to a HEAD has no body."""
        try:
            line = self._file.readline()
            if not line:
                return None
            headers: dict[str, str] = {}
            while (field := self._file.readline().strip()) != b"":
                name, _, value = field.decode("latin-1").partition(":")
                headers[name.lower()] = value.strip()
            body = self._file.read(int(headers.get("content-length", "0")) if has_body else 0)
        except ConnectionError:
            return None
        return Answer(int(line.split()[1]), headers, body)

    def answers(self) -> list[int]:
        """The status of every answer until the server closes."""
        found = []
        while (answer := self.answer()) is not None:
            found.append(answer.status)
        return found


def _until_sent(connection: socket.socket) -> None:
    """Until the other side's system has taken every byte (SIOCOUTQ is 0)."""

    def unsent() -> int:
        buffer = fcntl.ioctl(connection, termios.TIOCOUTQ, b"\0" * 4)
        (count,) = struct.unpack("i", buffer)
        return int(count)

    eventually(lambda: unsent() == 0)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("framing"), "dev") as ready:
        yield ready


def create_head(server: Server, *lines: bytes, body: bytes = b"", key: str = "") -> bytes:
    fields = [
        b"POST /v1/pause HTTP/1.1",
        b"Host: localhost",
        b"Content-Type: application/json",
        b"Authorization: Bearer " + (key or server.test_api_key).encode(),
        *lines,
    ]
    if body:
        fields.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(fields) + b"\r\n\r\n"


def chunked(*pieces: bytes, trailers: bytes = b"") -> bytes:
    parts = [b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces]
    return b"".join(parts) + b"0\r\n" + trailers + b"\r\n"


BODY: Final = json.dumps(QUESTION).encode()

# ── Upgrade ──

UPGRADES: Final = {
    "foo": (b"Connection: Upgrade", b"Upgrade: foo"),
    "websocket": (b"Connection: keep-alive, Upgrade", b"Upgrade: websocket"),
    "h2c": (b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABk"),
    "lower case": (b"connection: upgrade", b"upgrade: foo"),
    "twice": (b"Connection: Upgrade", b"Upgrade: foo", b"Upgrade: bar"),
}


@pytest.mark.parametrize("upgrade", UPGRADES.values(), ids=UPGRADES)
@pytest.mark.parametrize("is_chunked", [False, True], ids=["length", "chunked"])
@pytest.mark.parametrize("is_split", [False, True], ids=["in one piece", "in two"])
def test_the_body_behind_an_upgrade_is_this_requests_body(
    server: Server, upgrade: tuple[bytes, ...], is_chunked: bool, is_split: bool
) -> None:
    """As Java's HttpClient and `curl --http2` send it; the connection serves the next request too."""
    if is_chunked:
        head = create_head(server, *upgrade, b"Transfer-Encoding: chunked")
        body = chunked(BODY[:10], BODY[10:])
    else:
        head, body = create_head(server, *upgrade, body=BODY), BODY
    following = b"GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n"
    pieces = (head, body, following) if is_split else (head + body + following,)
    with Connection(server.port) as connection:
        connection.send(*pieces)
        created = connection.answer()
        assert created is not None
        assert created.status == 201
        assert json.loads(created.body)["message"] == QUESTION["message"]
        assert connection.answer().status == 404  # type: ignore[union-attr]
        connection.socket.shutdown(socket.SHUT_WR)
        assert connection.answers() == []


@pytest.mark.parametrize("upgrade", UPGRADES.values(), ids=UPGRADES)
@pytest.mark.parametrize("method", [b"POST", b"GET", b"PUT", b"DELETE", b"HEAD", b"OPTIONS"])
@pytest.mark.parametrize("is_split", [False, True], ids=["in one piece", "in two"])
def test_a_request_hidden_in_a_body_is_not_answered(
    server: Server, upgrade: tuple[bytes, ...], method: bytes, is_split: bool
) -> None:
    lines = [method + b" /respond/x HTTP/1.1", b"Host: localhost", *upgrade]
    head = b"\r\n".join([*lines, b"Content-Length: %d" % len(HIDDEN), b"", b""])
    with Connection(server.port) as connection:
        connection.send(*((head, HIDDEN) if is_split else (head + HIDDEN,)))
        first = connection.answer(has_body=method != b"HEAD")
        assert first is not None
        assert first.status in (404, 405)
        connection.socket.shutdown(socket.SHUT_WR)
        assert connection.answers() == []


def test_an_upgrade_without_a_body_is_ignored(server: Server) -> None:
    ask = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
    with Connection(server.port) as connection:
        connection.send(ask * 3, ask)
        assert [connection.answer().status for _ in range(4)] == [200] * 4  # type: ignore[union-attr]


def test_an_upgrade_keeps_its_connections_end(server: Server) -> None:
    ask = (
        b"POST /nowhere HTTP/1.1\r\nHost: localhost\r\nConnection: close, Upgrade\r\n"
        b"Upgrade: foo\r\nContent-Length: 2\r\n\r\nab"
    )
    with Connection(server.port) as connection:
        connection.send(ask + HIDDEN)
        assert connection.answers() == [404]


# ── Framing that two readers may read differently ──

REFUSED: Final = {
    "two lengths": b"Content-Length: 3\r\nContent-Length: 3\r\n",
    "two different lengths": b"Content-Length: 3\r\nContent-Length: 43\r\n",
    "a list of lengths": b"Content-Length: 3, 3\r\n",
    "a signed length": b"Content-Length: +3\r\n",
    "a length in hexadecimal": b"Content-Length: 0x3\r\n",
    "a length and chunks": b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
    "chunks and a length": b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
    "chunked not last": b"Transfer-Encoding: chunked, identity\r\n",
    "chunked twice": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
    "an unknown encoding": b"Transfer-Encoding: xchunked\r\n",
    "an encoding with a parameter": b"Transfer-Encoding: chunked;q=1\r\n",
    "a vertical tab": b"Transfer-Encoding: \x0bchunked\r\n",
    "a space before the colon": b"Content-Length : 3\r\n",
    "a folded header": b"Content-Length:\r\n 3\r\n",
    "a bare line feed": b"X: y\nContent-Length: 3\r\n",
    "a bare carriage return": b"X: y\rContent-Length: 3\r\n",
    "a NUL": b"X: \0\r\n",
}


@pytest.mark.parametrize("lines", REFUSED.values(), ids=REFUSED)
def test_ambiguous_framing_is_refused_and_nothing_after_it_is_read(
    server: Server, lines: bytes
) -> None:
    with Connection(server.port) as connection:
        connection.send(
            b"POST /nowhere HTTP/1.1\r\nHost: localhost\r\n" + lines + b"\r\nabc" + HIDDEN
        )
        assert connection.answers() == [400]


@pytest.mark.parametrize(
    "head",
    [
        b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nHost: example.com\r\n\r\n",
        b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nhost: localhost\r\n\r\n",
        b"POST /nowhere HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n"
        b"0\r\n\r\n",
        b"POST /nowhere HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"
        b"0\r\n\r\n",
        b"POST /nowhere HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"CONNECT localhost:443 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"CONNECT /v1/pause HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET http://example.com/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /health/live#x HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /health/live\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
    ids=[
        "two hosts",
        "one host twice",
        "another coding on a line of its own",
        "another coding",
        "chunks in HTTP/1.0",
        "CONNECT",
        "CONNECT a path",
        "a target of another host",
        "a fragment",
        "HTTP/0.9",
        "HTTP/2",
    ],
)
def test_what_proxies_may_read_differently_is_refused(server: Server, head: bytes) -> None:
    with Connection(server.port) as connection:
        connection.send(head + HIDDEN)
        assert connection.answers() == [400]


@pytest.mark.parametrize(
    "body",
    [
        b"0x3\r\nabc\r\n0\r\n\r\n",
        b"3\nabc\r\n0\r\n\r\n",
        b"3\r\nabc0\r\n\r\n",
        b"3;a\nabc\r\n0\r\n\r\n",
        b"3 \r\nabc\r\n0\r\n\r\n",
        b"-3\r\nabc\r\n0\r\n\r\n",
        b"3\r\nabcd\r\n0\r\n\r\n",
    ],
)
def test_malformed_chunks_are_refused(server: Server, body: bytes) -> None:
    """Whether the answer was under way already or not, it is the only one."""
    with Connection(server.port) as connection:
        connection.send(create_head(server, b"Transfer-Encoding: chunked") + body + HIDDEN)
        assert connection.answers() == [400]


def test_an_error_is_no_answer_to_an_earlier_request(server: Server) -> None:
    """The agent's poll is held; what follows on its connection must not be read as its answer."""
    with Api(server.base_url, server.test_api_key) as agent:
        pause = agent.create()
        key = server.test_api_key.encode()
        poll = (
            b"GET /v1/pause/%b?wait=50 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %b"
            b"\r\n\r\n" % (pause["pause_id"].encode(), key)
        )
        for garbage in (
            b"\x00\x01garbage\r\n\r\n",
            b"POST /v1/pause HTTP/1.1\r\nA:b\r\nA : c\r\n\r\n",
        ):
            asked = agent.create()
            with Connection(server.port) as connection:
                connection.send(
                    poll.replace(pause["pause_id"].encode(), asked["pause_id"].encode()), garbage
                )
                assert agent.cancel(asked["pause_id"]).is_success
                answer = connection.answer()
                assert answer is not None
                assert json.loads(answer.body)["pause_id"] == asked["pause_id"]
                assert connection.answers() == []


def test_a_refusal_before_the_body_was_sent_ends_the_connection(server: Server) -> None:
    """`Expect: 100-continue`: the client may leave the body out, and its next request is none."""
    head = (
        b"POST /v1/pause HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(HIDDEN)
    )
    with Connection(server.port) as connection:
        connection.send(head)
        refused = connection.answer()
        assert refused is not None
        assert (refused.status, refused.headers["connection"]) == (401, "close")
        assert connection.answers() == []


# ── Trailers ──


@pytest.mark.parametrize("is_split", [False, True], ids=["in one piece", "in two"])
def test_a_key_in_a_trailer_is_no_key(server: Server, is_split: bool) -> None:
    head = (
        b"POST /v1/pause HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n"
    )
    trailers = b"Authorization: Bearer " + server.test_api_key.encode() + b"\r\n"
    body = chunked(BODY, trailers=trailers)
    with Connection(server.port) as connection:
        connection.send(*((head, body) if is_split else (head + body,)))
        answer = connection.answer()
        assert answer is not None
        assert answer.status == 401


def test_no_trailer_counts_as_a_header(start_server: StartServer) -> None:
    """Neither for a key's networks nor for what is replayed, nor for the host."""
    server = start_server("serve", PAUSEPOINT_TRUSTED_PROXIES="127.0.0.1")
    with Api(server.base_url, server.test_api_key) as owner:
        body = {"name": "office", "networks": ["192.0.2.0/24"], "scopes": ["pauses:create"]}
        made = owner.http.post("/v1/keys", json=body)
        assert made.status_code == 201, made.text
        key = made.json()["api_key"]
    trailers = b"X-Forwarded-For: 192.0.2.7\r\nHost: example.com\r\nIdempotency-Key: k\r\n"
    for _ in range(2):
        with Connection(server.port) as connection:
            head = create_head(server, b"Transfer-Encoding: chunked", key=key)
            connection.send(head + chunked(BODY, trailers=trailers))
            answer = connection.answer()
            assert answer is not None
            assert json.loads(answer.body)["error"] == "ADDRESS_NOT_ALLOWED"
    seen = set()
    for _ in range(2):
        with Connection(server.port) as connection:
            head = create_head(server, b"Transfer-Encoding: chunked")
            connection.send(head + chunked(BODY, trailers=trailers))
            answer = connection.answer()
            assert answer is not None
            assert answer.status == 201
            seen.add(json.loads(answer.body)["pause_id"])
    assert len(seen) == 2


# ── Memory ──


def flood(server: Server, beginning: bytes, piece: bytes, size: int) -> Connection:
    """A connection on which up to `size` bytes were sent, as far as the server took them."""
    connection = Connection(server.port)
    connection.socket.settimeout(0.5)
    try:
        connection.socket.sendall(beginning)
        for _ in range(size // len(piece)):
            connection.socket.sendall(piece)
    except (TimeoutError, ConnectionError):
        pass
    return connection


def resident(server: Server) -> int:
    """The server's memory in bytes."""
    status = Path(f"/proc/{server.pid}/status").read_text("ascii")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) * 1024


FLOODS: Final = {
    "trailers": (
        b"POST /v1/pause HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
        b"A: b\r\n" * 20_000,
    ),
    "one trailer": (
        b"POST /v1/pause HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: ",
        b"b" * 120_000,
    ),
    "chunk extensions": (
        b"POST /v1/pause HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1;",
        b"b" * 120_000,
    ),
    "short headers": (b"GET /health/live HTTP/1.1\r\n", b"A: b\r\n" * 20_000),
    "a second request's headers": (HIDDEN + b"GET /health/live HTTP/1.1\r\n", b"A: b\r\n" * 20_000),
    "a pipeline": (b"", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" * 3_000),
    "a pipeline behind a held request": (
        b"GET /v1/pause/psr_0?wait=50 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n" * 6_000,
    ),
    "a body behind a held request": (
        HIDDEN * 2 + b"POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n",
        b"b" * 120_000,
    ),
}


@pytest.mark.parametrize("attack", FLOODS.values(), ids=FLOODS)
def test_a_flood_without_a_key_takes_little_memory(
    start_server: StartServer, attack: tuple[bytes, bytes]
) -> None:
    server = start_server("dev")
    with Api(server.base_url, server.test_api_key) as agent:
        agent.create()
        before = resident(server)
        connections = [flood(server, *attack, size=2 * MEGABYTE) for _ in range(20)]
        assert agent.create()["status"] == "pending"
        grown = resident(server) - before
        for connection in connections:
            connection.__exit__()
        assert grown < 40 * MEGABYTE


def test_pipelined_requests_are_answered_in_their_order(server: Server) -> None:
    paths = [b"/health/live" if number % 2 else b"/nowhere" for number in range(40)]
    asked = b"".join(b"GET %b HTTP/1.1\r\nHost: localhost\r\n\r\n" % path for path in paths)
    with Connection(server.port) as connection:
        connection.send(asked)
        found = [connection.answer() for _ in paths]
        assert [answer.status for answer in found if answer] == [
            200 if number % 2 else 404 for number in range(40)
        ]


def test_a_pipeline_that_is_too_long_is_answered_in_part_and_ended(server: Server) -> None:
    with Connection(server.port) as connection:
        connection.socket.sendall(HIDDEN * 5_000)
        found = connection.answers()
    assert set(found) == {200}
    assert 0 < len(found) < 5_000


@pytest.fixture
def impatient() -> Iterator[LocalPausePoint]:
    """A server that waits for clients that do not read, only not as long as usual."""
    with pytest.MonkeyPatch.context() as patch, running() as local:
        patch.setattr(protocol, "WRITE_TIME", timedelta(seconds=0.3))
        yield local


@pytest.mark.parametrize("last", ["", "Connection: close\r\n"], ids=["kept alive", "closed"])
def test_a_client_that_does_not_read_is_cut_off(impatient: LocalPausePoint, last: str) -> None:
    """Its answers are larger than what the system takes for it."""
    url = httpx2.URL(impatient.base_url)
    for _ in range(20):
        impatient.client.create(
            "+15550100199", "Delete 500 records?", ["Yes", "No"], metadata={"rows": "x" * 16_000}
        )
    ask = (
        f"GET /v1/pause?limit=20 HTTP/1.1\r\nHost: {url.host}\r\n"
        f"Authorization: Bearer {impatient.test_api_key}\r\n"
    )
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect((url.host, url.port))
        connection.sendall((f"{ask}\r\n" * 40 + f"{ask}{last}\r\n").encode())
        poll = select.poll()
        poll.register(connection, 0)
        # Nothing is read here: only the reset is seen.
        events = poll.poll(30_000)
    assert events
    assert events[0][1] & (select.POLLERR | select.POLLHUP)
    for pause in impatient.client.list(limit=100).items:
        impatient.client.cancel(pause.pause_id)


# ── One spelling of a path ──


@pytest.mark.parametrize(
    "path",
    [
        "/v1%2fauth%2fme",
        "/v1%2Fauth/me",
        "/v1/%61uth/me",
        "/%761/auth/me",
        "//v1/auth/me",
        "/v1//auth/me",
        "/v1/auth/me/",
        "/v1/auth/me%2f",
        "/v1/auth/%6d%65",
        "/v1/auth/me%20",
        "/v1/auth/me;x",
        "/V1/auth/me",
        "/v1/./auth/me",
        "/v1/x/../auth/me",
        "/x/..%2fv1/auth/me",
        "/v1\\auth\\me",
        "/v1/auth/me%00",
    ],
)
def test_a_path_has_one_spelling(server: Server, path: str) -> None:
    """A proxy that denies /v1/auth must not be passed by another way to write it."""
    head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {server.api_key}"
    with Connection(server.port) as connection:
        connection.send(head.encode() + b"\r\nConnection: close\r\n\r\n")
        assert connection.answers() == [404]


def test_a_pause_id_may_be_percent_encoded(server: Server) -> None:
    """Only what is named in a path is decoded."""
    with Api(server.base_url, server.test_api_key) as agent:
        pause_id = agent.create()["pause_id"]
        spelled = pause_id.replace("_", "%5F")
        head = f"GET /v1/pause/{spelled} HTTP/1.1\r\nHost: localhost\r\n"
        key = f"Authorization: Bearer {server.test_api_key}\r\nConnection: close\r\n\r\n"
        with Connection(server.port) as connection:
            connection.send((head + key).encode())
            answer = connection.answer()
            assert answer is not None
            assert json.loads(answer.body)["pause_id"] == pause_id
