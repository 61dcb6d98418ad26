"""Bad input of every kind gets the one error shape, and never harms anybody else."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx2
import pytest

from tests.e2e.api import QUESTION, Api
from tests.e2e.server import Server

pytestmark = pytest.mark.e2e

LIMIT = 1024 * 1024
JSON = {"Content-Type": "application/json"}
DEEP = {400: "INVALID_JSON", 422: "VALIDATION_ERROR"}
"""What deep nesting may be told: too deep, or what is wrong inside it."""


@pytest.fixture(scope="module")
def api(dev_server: Server) -> Iterator[Api]:
    with Api(dev_server.base_url, dev_server.test_api_key) as client:
        yield client


def check_error(response: httpx2.Response, status: int, code: str) -> dict[str, Any]:
    """The shape that every error has, and nothing else in it."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    body: dict[str, Any] = response.json()
    fields = {"error", "message", "status_code"} | ({"detail"} if status == 422 else set())
    assert set(body) == fields
    assert (body["error"], body["status_code"]) == (code, status)
    assert "Traceback" not in body["message"]
    assert all(set(problem) == {"field", "message"} for problem in body.get("detail", []))
    return body


def post(api: Api, body: bytes | str, **headers: str) -> httpx2.Response:
    return api.http.post("/v1/pause", content=body, headers=JSON | headers)


def with_message(message: str) -> str:
    """A create's body, the message already in JSON."""
    return json.dumps(QUESTION).replace(json.dumps(QUESTION["message"]), message)


def with_metadata(metadata: str) -> str:
    return json.dumps(QUESTION)[:-1] + f', "metadata": {metadata}}}'


def test_every_answer_says_when_it_was_made(api: Api) -> None:
    for response in (api.http.get("/health"), api.http.get("/nowhere"), api.http.get("/docs")):
        assert response.headers["date"].endswith("GMT")


# ── Paths and methods ──


@pytest.mark.parametrize(
    "path", ["/v1", "/v1/pauses", "/v1/pause/", "/v2/pause", "/.env", "/respond", "/%00", "/a%2fb"]
)
def test_an_unknown_path(api: Api, path: str) -> None:
    check_error(api.http.get(path), 404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", "/v1/pause", "GET, HEAD, POST"),
        ("POST", "/v1/audit", "GET, HEAD"),
        ("GET", "/v1/auth/register", "POST"),
        ("DELETE", "/health", "GET, HEAD"),
        ("PATCH", "/respond/x", "GET, HEAD, POST"),
        ("OPTIONS", "/v1/pause", "GET, HEAD, POST"),
    ],
)
def test_a_method_that_the_path_does_not_take(api: Api, method: str, path: str, allow: str) -> None:
    response = api.http.request(method, path)
    check_error(response, 405, "METHOD_NOT_ALLOWED")
    assert response.headers["allow"] == allow


@pytest.mark.parametrize("authorization", [None, "Bearer", "Bearer pp_test_x", "Basic eDp5", "é"])
def test_a_missing_or_wrong_key(api: Api, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization.encode()}
    with Api(str(api.http.base_url), None) as stranger:
        response = stranger.http.get("/v1/audit", headers=headers)
    check_error(response, 401, "INVALID_API_KEY")
    assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("pause_id", ["x", "psr_", "psr_0", "%00", "a" * 5000, "😀"])
def test_an_id_that_cannot_be_one(api: Api, pause_id: str) -> None:
    check_error(api.http.get(f"/v1/pause/{pause_id}"), 404, "PAUSE_NOT_FOUND")
    check_error(api.http.delete(f"/v1/pause/{pause_id}"), 404, "PAUSE_NOT_FOUND")


@pytest.mark.parametrize("query", ["wait=-1", "wait=61", "wait=x", "wait=nan", "wait=inf", "wait="])
def test_a_wait_that_cannot_be_one(api: Api, query: str) -> None:
    pause_id = api.create()["pause_id"]
    check_error(api.http.get(f"/v1/pause/{pause_id}?{query}"), 422, "VALIDATION_ERROR")


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "offset=-1", "status=done", "status=%00"]
)
def test_a_page_that_cannot_be_one(api: Api, query: str) -> None:
    check_error(api.http.get(f"/v1/pause?{query}"), 422, "VALIDATION_ERROR")


# ── Bodies ──


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded"])
def test_a_body_that_is_not_called_json(api: Api, content_type: str | None) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    response = api.http.post("/v1/pause", content=json.dumps(QUESTION), headers=headers)
    check_error(response, 415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"a": 1,}',
        b"{'a': 1}",
        b"nonsense",
        b'{"message": NaN}',
        b'{"message": "\xff\xfe"}',
        b'{"message": "\xed\xa0\x80"}',
        b"\xef\xbb\xbf{}",
        b"\x00",
    ],
)
def test_a_body_that_is_not_json(api: Api, body: bytes) -> None:
    check_error(post(api, body), 400, "INVALID_JSON")


@pytest.mark.parametrize("body", ["[]", "null", "1", '"text"', "{}", '{"recipient": 1}'])
def test_json_that_is_no_question(api: Api, body: str) -> None:
    assert check_error(post(api, body), 422, "VALIDATION_ERROR")["detail"]


@pytest.mark.parametrize("text", [r'"a\u0000b"', r'"\ud800"', r'"\udc00\ud800"', r'"a\ud83d"'])
def test_text_that_cannot_be_kept(api: Api, text: str) -> None:
    """U+0000 and unpaired surrogates are bad values, wherever they stand."""
    body = check_error(post(api, with_message(text)), 422, "VALIDATION_ERROR")
    assert body["detail"][0]["field"] == "message"
    for metadata in (f'{{"key": {text}}}', f"{{{text}: 1}}", f'{{"a": [[{{"b": {text}}}]]}}'):
        body = check_error(post(api, with_metadata(metadata)), 422, "VALIDATION_ERROR")
        assert body["detail"][0]["field"] == "metadata"


@pytest.mark.parametrize("depth", [400, 800, 2_000, 30_000])
@pytest.mark.parametrize("leaf", ["1", r'"\u0000"', r'"\ud800"'])
def test_deep_nesting(api: Api, depth: int, leaf: str) -> None:
    """It is taken or refused, whatever looks into it; the server does not trip over it."""
    nested = "[" * depth + leaf + "]" * depth
    for headers in ({}, {"Idempotency-Key": f"deep-{depth}-{leaf}"}):
        response = post(api, with_metadata(f'{{"deep": {nested}}}'), **headers)
        if response.status_code == 201:
            assert leaf == "1"
            pause_id = response.json()["pause_id"]
            assert api.pause(pause_id)["metadata"] == json.loads(f'{{"deep": {nested}}}')
        else:
            status = 422 if response.status_code == 422 else 400
            check_error(response, status, DEEP[status])


@pytest.mark.parametrize("size", [LIMIT + 1, 3 * 1024 * 1024])
@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_body_that_is_too_large(api: Api, size: int, is_chunked: bool) -> None:
    """The answer can be read, however much was sent, whether its length was told or not."""
    body = b" " * size
    content = (body[start : start + LIMIT] for start in range(0, size, LIMIT))
    response = api.http.post("/v1/pause", content=content if is_chunked else body, headers=JSON)
    check_error(response, 413, "PAYLOAD_TOO_LARGE")


def test_a_body_just_within_the_limit(api: Api) -> None:
    body = json.dumps(QUESTION).ljust(LIMIT)
    assert post(api, body).status_code == 201


def test_a_large_body_for_the_page(api: Api) -> None:
    """The form is bounded like everything else, and says so on a page."""
    token = api.create()["respond_url"].rpartition("/")[2]
    response = api.http.post(f"/respond/{token}", content=b"choice=" + b"a" * LIMIT)
    assert response.status_code == 413
    assert response.headers["content-type"].startswith("text/html")


# ── HTTP itself ──


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"NONSENSE\r\n\r\n",
        b"GET /health HTTP/9.9\r\n\r\n",
        b"GET / health HTTP/1.1\r\n\r\n",
        b"GET /health HTTP/1.1\r\nno colon\r\n\r\n",
        b"POST /v1/pause HTTP/1.1\r\nHost: localhost\r\nContent-Length: minus\r\n\r\n",
        b"POST /v1/pause HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n"
        b"Content-Length: 2\r\n\r\nab",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_malformed_http(dev_server: Server, request_bytes: bytes) -> None:
    answered = raw(dev_server, request_bytes)
    assert answered.startswith(b"HTTP/1.1 400 ")
    head, _, body = answered.partition(b"\r\n\r\n")
    assert b"content-type: application/json" in head.lower()
    assert json.loads(body)["error"] == "INVALID_REQUEST"
    assert json.loads(body)["status_code"] == 400


def test_unfinished_requests_block_nobody(dev_server: Server, api: Api) -> None:
    """Half a header, half a body, or silence on a hundred connections each; others are served."""
    half_body = b"POST /v1/pause HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n{"
    with ExitStack() as connections:
        for beginning in (b"GET /health HTTP/1.1\r\nHost: loc", half_body, b"") * 100:
            connection = connect(dev_server)
            connections.enter_context(connection)
            connection.sendall(beginning)
        assert api.create()["status"] == "pending"
        assert api.http.get("/health").status_code == 200


def test_a_crash_is_nowhere_in_the_log(dev_server: Server, api: Api) -> None:
    """After all of the above: whatever came, nothing failed inside."""
    assert api.http.get("/health").status_code == 200
    failures = [line for line in dev_server.log(100_000).splitlines() if "failed inside" in line]
    assert failures == []


def connect(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=30)


def raw(server: Server, request_bytes: bytes) -> bytes:
    """What comes back until the server closes."""
    with connect(server) as connection:
        connection.sendall(request_bytes)
        answered = b""
        while chunk := connection.recv(65536):
            answered += chunk
        return answered
