"""Behind nginx, HAProxy and Caddy nobody reads another's answer, and no rule of the proxy is passed by.

Each proxy reuses its connections to the server, so that a request that is read as two would leave
an answer for the next caller.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final, Protocol

import httpx2
import pytest

from tests.doubles.postgres import PostgresServer
from tests.doubles.proxies import Caddy, Haproxy, Nginx
from tests.e2e.api import QUESTION, Api, Json, token_of
from tests.e2e.server import LIMITS_OFF, Server, free_port

ROUNDS: Final = 5


class Front(Protocol):
    base_url: str


def nginx(backend: int, more: str = "") -> AbstractContextManager[Front]:
    """With keep-alive to the server, and the usual lines for WebSockets."""
    port = free_port()
    http = f"""
        map $http_upgrade $connection_upgrade {{ default upgrade; '' ''; }}
        upstream pausepoint {{ server 127.0.0.1:{backend}; keepalive 16; }}
        server {{
            listen 127.0.0.1:{port};
            {more}
            location / {{
                proxy_pass http://pausepoint;
                proxy_http_version 1.1;
                proxy_set_header Host $host;
                proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
                proxy_set_header Upgrade $http_upgrade;
                proxy_set_header Connection $connection_upgrade;
            }}
        }}
    """
    return Nginx(http, port)


PROXIES: Final = {"nginx": nginx, "HAProxy": Haproxy, "Caddy": Caddy}
DENIALS: Final = {
    "nginx": "location /v1/auth { return 403; }",
    "HAProxy": "http-request deny if { path_beg /v1/auth }",
    "Caddy": "respond /v1/auth/* 403",
}


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def server(
    request: pytest.FixtureRequest, postgres: PostgresServer, tmp_path: Path
) -> Iterator[Server]:
    settings = {"PAUSEPOINT_TRUSTED_PROXIES": "127.0.0.1", **LIMITS_OFF}
    if request.param == "PostgreSQL":
        settings["PAUSEPOINT_DATABASE_URL"] = postgres.url(postgres.create_database())
    with Server(tmp_path, **settings) as ready:
        yield ready


@pytest.mark.parametrize("padding", [0, 40_000], ids=["small", "large"])
@pytest.mark.parametrize("proxy", PROXIES.values(), ids=PROXIES)
def test_no_answer_reaches_another_callers_client(
    server: Server, proxy: Callable[[int], AbstractContextManager[Front]], padding: int
) -> None:
    """The attacker hides a poll of their own pause in the body of a request for an upgrade.

    Where it is taken for a request, the victim's is queued behind it, and gets its answer.
    """
    attacker_key = server.new_account("attacker@example.com")["test_api_key"]
    with ExitStack() as stack:
        front = stack.enter_context(proxy(server.port))
        attacker = stack.enter_context(Api(server.base_url, attacker_key))
        victim = stack.enter_context(Api(front.base_url, server.test_api_key))
        own = victim.create()["pause_id"]
        for _ in range(ROUNDS):
            asked = attacker.create()
            with attack(front.base_url, attacker, asked["pause_id"], padding):
                seen: list[Json] = []
                look = threading.Thread(target=lambda found=seen: found.append(victim.pause(own)))
                look.start()
                attacker.respond(token_of(asked["respond_url"]), "Approve")
                look.join()
            assert [(pause["pause_id"], pause["status"]) for pause in seen] == [(own, "pending")]


@contextmanager
def attack(base_url: str, attacker: Api, pause_id: str, padding: int) -> Iterator[None]:
    """The outer request is held until its body has passed the proxy, and then answered.

    The proxy puts the connection back for others. Padded, the body is too large for one write.
    """
    url, outer = httpx2.URL(base_url), attacker.create()
    key = attacker.http.headers["authorization"]
    poll = "GET /v1/pause/{}?wait=30 HTTP/1.1\r\nHost: {}\r\nAuthorization: {}\r\n"
    hidden = b"\r\n" * padding + (poll.format(pause_id, url.host, key) + "\r\n").encode()
    head = poll.format(outer["pause_id"], url.host, key) + (
        f"Connection: Upgrade\r\nUpgrade: foo\r\nContent-Length: {len(hidden)}\r\n\r\n"
    )
    with socket.create_connection((url.host, url.port), timeout=0.3) as connection:
        for piece in (head.encode(), hidden):
            connection.sendall(piece)
            with suppress(TimeoutError):
                connection.recv(65_536)
        attacker.respond(token_of(outer["respond_url"]), "Approve")
        with suppress(OSError):
            connection.recv(65_536)
        yield


@pytest.mark.parametrize("name", PROXIES)
@pytest.mark.parametrize(
    "path", ["/v1/auth/me", "/v1%2fauth%2fme", "/v1/%61uth/me", "//v1/auth/me", "/v1/auth%2fme"]
)
def test_no_other_spelling_passes_a_proxys_rule(server: Server, name: str, path: str) -> None:
    with PROXIES[name](server.port, DENIALS[name]) as front:
        url = httpx2.URL(front.base_url)
        with socket.create_connection((url.host, url.port), timeout=30) as connection:
            connection.sendall(
                f"GET {path} HTTP/1.1\r\nHost: {url.host}\r\nConnection: close\r\n"
                f"Authorization: Bearer {server.api_key}\r\n\r\n".encode()
            )
            answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert answer.split()[1] in (b"403", b"404", b"400", b"308", b"301")
    assert b"developer_id" not in answer


@pytest.mark.parametrize("name", PROXIES)
def test_a_trailer_does_not_open_a_keys_networks(server: Server, name: str) -> None:
    """The proxy adds `X-Forwarded-For` to the headers and hands the trailer on as it is."""
    with Api(server.base_url, server.test_api_key) as owner:
        body = {"name": "office", "networks": ["192.0.2.0/24"], "scopes": ["pauses:create"]}
        key = owner.http.post("/v1/keys", json=body).json()["api_key"]
    content = json.dumps(QUESTION).encode()
    with PROXIES[name](server.port) as front:
        url = httpx2.URL(front.base_url)
        head = (
            f"POST /v1/pause HTTP/1.1\r\nHost: {url.host}\r\nConnection: close\r\n"
            f"Content-Type: application/json\r\nAuthorization: Bearer {key}\r\n"
            "Trailer: X-Forwarded-For\r\nTransfer-Encoding: chunked\r\n\r\n"
        ).encode()
        with socket.create_connection((url.host, url.port), timeout=30) as connection:
            chunk = b"%x\r\n%b\r\n0\r\n" % (len(content), content)
            connection.sendall(head + chunk + b"X-Forwarded-For: 192.0.2.7\r\n\r\n")
            answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert b"ADDRESS_NOT_ALLOWED" in answer
