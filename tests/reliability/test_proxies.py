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

from pausepoint.client import PausePoint
from tests.doubles.nginx import Nginx
from tests.doubles.postgres import PostgresServer
from tests.doubles.proxies import Caddy, Haproxy
from tests.e2e.api import QUESTION, Api
from tests.e2e.server import LIMITS_OFF, Server, free_port

ROUNDS: Final = 60


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


@pytest.mark.parametrize("proxy", PROXIES.values(), ids=PROXIES)
def test_no_answer_reaches_another_callers_client(
    server: Server, proxy: Callable[[int], AbstractContextManager[Front]]
) -> None:
    """The attacker hides a poll of their own, answered pause in the body of a request for an upgrade."""
    attacker_key = server.new_account("attacker@example.com")["test_api_key"]
    with ExitStack() as stack:
        front = stack.enter_context(proxy(server.port))
        attacker = stack.enter_context(Api(server.base_url, attacker_key))
        answered = attacker.create()
        attacker.respond(answered["respond_url"].rpartition("/")[2], "Approve")
        hidden = (
            f"GET /v1/pause/{answered['pause_id']} HTTP/1.1\r\nHost: localhost\r\n"
            f"Authorization: Bearer {attacker_key}\r\n\r\n"
        ).encode()
        victim = stack.enter_context(PausePoint(server.test_api_key, front.base_url))
        own = victim.create("+15550100199", "Delete 500 records?", ["Approve", "Reject"])
        stack.enter_context(attacks(front.base_url, hidden))
        for _ in range(ROUNDS):
            seen = victim.get(own.pause_id)
            assert (seen.pause_id, seen.status) == (own.pause_id, "pending")


@contextmanager
def attacks(base_url: str, hidden: bytes) -> Iterator[None]:
    """As many as there is time for, meanwhile."""
    url, is_over = httpx2.URL(base_url), threading.Event()
    head = (
        f"POST /respond/x HTTP/1.1\r\nHost: {url.host}\r\nConnection: Upgrade\r\n"
        f"Upgrade: foo\r\nContent-Length: {len(hidden)}\r\n\r\n"
    ).encode()

    def attack() -> None:
        while not is_over.is_set():
            with (
                suppress(OSError),
                socket.create_connection((url.host, url.port), timeout=0.2) as connection,
            ):
                connection.sendall(head)
                with suppress(TimeoutError):
                    connection.recv(65_536)
                connection.sendall(hidden)
                with suppress(TimeoutError):
                    connection.recv(65_536)

    threads = [threading.Thread(target=attack) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        is_over.set()
        for thread in threads:
            thread.join()


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
