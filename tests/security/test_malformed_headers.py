"""Headers that no client would send: whatever they are, the answer is one of ours, and no crash."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Final

import pytest

from tests.e2e.api import QUESTION, Api
from tests.e2e.server import Server

pytestmark = pytest.mark.e2e

SMS_SETTINGS: Final = {
    "PAUSEPOINT_TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "PAUSEPOINT_TWILIO_AUTH_TOKEN": "token",
    "PAUSEPOINT_TWILIO_FROM": "+15550199",
    "PAUSEPOINT_TWILIO_BASE_URL": "http://127.0.0.1:9",
    "PAUSEPOINT_TRUSTED_PROXIES": "127.0.0.0/8",
}
VALUES: Final = (
    b"",
    b" ",
    b"\xff\xfe",
    "Bearer pp_live_é".encode(),
    ("Bearer pp_live_" + "\N{ARABIC-INDIC DIGIT ZERO}" * 48).encode(),
    b"Bearer pp_live_" + b"0" * 48 + b" x",
    b"Bearer",
    b"Basic !!!!",
    b"http://[",
    b"http://[::1",
    b"http://exa mple.com:99999999",
    b"null",
    b"-1",
    b"9" * 5_000,
    b"%00%0a%0d",
    b"\x80" * 300,
    b'a,b,,;;="',
    b"256.256.256.256, [::1]:x, fe80::1%eth0",
    b"gzip, \xe2\x80\xae",
    b"00-00000000000000000000000000000000-0000000000000000-zz",
)
NAMES: Final = (
    b"Authorization",
    b"Idempotency-Key",
    b"Last-Event-ID",
    b"X-Twilio-Signature",
    b"X-Forwarded-For",
    b"X-Forwarded-Host",
    b"Origin",
    b"Sec-Fetch-Site",
    b"Content-Type",
    b"Accept",
    b"Cookie",
    b"Referer",
    b"MCP-Protocol-Version",
    b"Mcp-Method",
    b"traceparent",
    b"Expect",
    b"Range",
    b"If-None-Match",
    b"Upgrade",
)
PATHS: Final = (
    ("POST", "/v1/pause"),
    ("POST", "/mcp"),
    ("POST", "/v1/hooks/claude-code"),
    ("POST", "/v1/callbacks/twilio/dlv_0197f6c2-0000-7000-8000-000000000001"),
    ("POST", "/v1/respond/{token}"),
    ("POST", "/respond/{token}"),
    ("GET", "/respond/{token}"),
    ("GET", "/v1/audit"),
    ("GET", "/static/times.js"),
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    directory = tmp_path_factory.mktemp("headers")

    with Server(directory, "serve", **SMS_SETTINGS) as ready:
        yield ready


@pytest.fixture(scope="module")
def token(server: Server) -> str:
    with Api(server.base_url, server.test_api_key) as api:
        link: str = api.create()["respond_url"]
        return link.rpartition("/")[2]


@pytest.mark.parametrize("name", NAMES, ids=bytes.decode)
def test_no_header_makes_it_crash(server: Server, token: str, name: bytes) -> None:
    """Each value alone and twice."""
    for method, path in PATHS:
        for value in VALUES:
            for headers in ([(name, value)], [(name, value), (name, value)]):
                assert status_of(server, method, path.format(token=token), headers) < 500


def status_of(server: Server, method: str, path: str, extra: list[tuple[bytes, bytes]]) -> int:
    body = json.dumps(QUESTION).encode()
    headers = [
        (b"Host", b"127.0.0.1"),
        (b"Connection", b"close"),
        (b"Content-Length", b"%d" % len(body)),
    ]
    given = {name for name, _ in extra}
    if b"Authorization" not in given:
        headers.append((b"Authorization", f"Bearer {server.test_api_key}".encode()))
    if b"Content-Type" not in given:
        headers.append((b"Content-Type", b"application/json"))
    lines = [b"%s: %s" % header for header in [*headers, *extra]]
    head = f"{method} {path} HTTP/1.1".encode()
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(b"\r\n".join([head, *lines, b"", body]))
        answer = connection.makefile("rb").readline()
    return int(answer.split()[1])


def test_nothing_failed_inside(server: Server) -> None:
    assert "failed inside" not in server.log(1_000_000)
