"""`POST /mcp`: both eras of the protocol, what is refused, and by which status."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from pausepoint.mcp import tools
from pausepoint.web.app import create_app
from tests.harness import World, an_api
from tests.web.mcp.client import (
    META,
    QUESTION,
    VERSION_KEY,
    answered,
    message,
    stateless,
    tool,
)

pytestmark = pytest.mark.anyio

Json = dict[str, Any]


@pytest.fixture
async def http(world: World) -> AsyncIterator[httpx2.AsyncClient]:
    async with an_api(world, world.alice.test_key) as client:
        yield client


async def post(http: httpx2.AsyncClient, body: object, **headers: str) -> tuple[int, Json]:
    headers = {"Content-Type": "application/json", **headers}
    response = await http.post("/mcp", content=json.dumps(body), headers=headers)
    return response.status_code, response.json()


# ── The handshake era ──


@pytest.mark.parametrize("version", ["2025-03-26", "2025-06-18", "2025-11-25"])
async def test_handshake(http: httpx2.AsyncClient, version: str) -> None:
    opened = await answered(http, message("initialize", {"protocolVersion": version}))
    assert opened["result"]["protocolVersion"] == version
    begun = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    response = await http.post("/mcp", json=begun, headers={"MCP-Protocol-Version": version})
    assert (response.status_code, response.content) == (202, b"")
    listed = await answered(http, message("tools/list"), **{"MCP-Protocol-Version": version})
    assert listed["result"] == {"tools": tools.tool_table(45)}


@pytest.mark.parametrize(
    ("agent", "setting", "seconds"),
    [("python-httpx/0.28.1", 45, 4), ("python-httpx/0.28.1", 30, 30), ("claude-code/2.1", 45, 45)],
)
async def test_clients_that_cut_calls_early_are_offered_short_waits(
    world: World, agent: str, setting: int, seconds: int
) -> None:
    world.services = replace(
        world.services, policy=replace(world.services.policy, max_wait_seconds=setting)
    )
    async with an_api(world, world.alice.test_key) as http:
        listed = await answered(http, message("tools/list"), **{"User-Agent": agent})
    assert listed["result"] == {"tools": tools.tool_table(seconds)}


async def test_no_sessions(http: httpx2.AsyncClient) -> None:
    response = await http.post(
        "/mcp", json=message("ping"), headers={"Mcp-Session-Id": "x", "Last-Event-ID": "1"}
    )
    assert response.status_code == 200
    assert "mcp-session-id" not in response.headers


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "HEAD", "OPTIONS"])
async def test_other_methods(http: httpx2.AsyncClient, method: str) -> None:
    response = await http.request(method, "/mcp")
    assert response.status_code == 405
    assert response.headers["allow"] == "POST"


async def test_batch(http: httpx2.AsyncClient) -> None:
    batch = [
        message("ping"),
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        tool("create_pause_request", QUESTION),
        tool("list_pause_requests", {}),
        5,
    ]
    status, answers = await post(http, batch)
    assert status == 200
    by_id = {answer["id"]: answer for answer in answers}
    assert len(by_id) == 4
    assert by_id[None]["error"]["code"] == -32600
    assert by_id[batch[2]["id"]]["result"]["structuredContent"]["status"] == "pending"


async def test_batches_that_are_none(http: httpx2.AsyncClient) -> None:
    for batch in ([], [message("ping")] * 51):
        status, answer = await post(http, batch)
        assert (status, answer["error"]["code"]) == (400, -32600)
    response = await http.post("/mcp", json=[{"jsonrpc": "2.0", "id": 1, "result": {}}])
    assert (response.status_code, response.content) == (202, b"")


# ── The stateless era ──


async def test_discover(http: httpx2.AsyncClient) -> None:
    asked, headers = stateless("server/discover")
    result = (await answered(http, asked, **headers))["result"]
    assert result["supportedVersions"] == ["2026-07-28"]
    assert result["resultType"] == "complete"


async def test_tools_of_the_stateless_era(http: httpx2.AsyncClient) -> None:
    asked, headers = stateless(
        "tools/call", {"name": "create_pause_request", "arguments": QUESTION}
    )
    result = (await answered(http, asked, **headers))["result"]
    assert result["structuredContent"]["status"] == "pending"
    assert result["resultType"] == "complete"


@pytest.mark.parametrize("method", ["initialize", "ping", "logging/setLevel", "no/such"])
async def test_method_that_is_none(http: httpx2.AsyncClient, method: str) -> None:
    asked, headers = stateless(method)
    status, answer = await post(http, asked, **headers)
    assert (status, answer["error"]["code"], answer["id"]) == (404, -32601, asked["id"])


async def test_unsupported_version(http: httpx2.AsyncClient) -> None:
    asked = message("tools/list", {"_meta": {**META, VERSION_KEY: "v999.0.0"}})
    headers = {"MCP-Protocol-Version": "v999.0.0", "Mcp-Method": "tools/list"}
    status, answer = await post(http, asked, **headers)
    assert (status, answer["error"]["code"]) == (400, -32022)
    assert answer["error"]["data"] == {"supported": ["2026-07-28"], "requested": "v999.0.0"}


@pytest.mark.parametrize("meta", [None, {}, {VERSION_KEY: "2026-07-28"}, "text"])
async def test_incomplete_envelope(http: httpx2.AsyncClient, meta: object) -> None:
    params = {} if meta is None else {"_meta": meta}
    headers = {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "server/discover"}
    status, answer = await post(http, message("server/discover", params), **headers)
    assert (status, answer["error"]["code"]) == (400, -32602)


@pytest.mark.parametrize(
    "headers",
    [
        {"Mcp-Method": "tools/call", "Mcp-Name": "get_audit_log"},
        {"MCP-Protocol-Version": "2025-11-25", "Mcp-Method": "tools/call", "Mcp-Name": "x"},
        {"MCP-Protocol-Version": "2026-07-28", "Mcp-Name": "get_audit_log"},
        {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "TOOLS/CALL", "Mcp-Name": "x"},
        {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call"},
        {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "wrong"},
        {
            "MCP-Protocol-Version": "2026-07-28",
            "Mcp-Method": "tools/call",
            "Mcp-Name": "=?base64?!?=",
        },
    ],
)
async def test_headers_that_say_otherwise(
    http: httpx2.AsyncClient, headers: dict[str, str]
) -> None:
    asked, _ = stateless("tools/call", {"name": "get_audit_log", "arguments": {}})
    status, answer = await post(http, asked, **headers)
    assert (status, answer["error"]["code"], answer["id"]) == (400, -32020, asked["id"])


async def test_name_may_be_encoded(http: httpx2.AsyncClient) -> None:
    asked, headers = stateless("tools/call", {"name": "get_audit_log", "arguments": {}})
    encoded = base64.b64encode(b"get_audit_log").decode()
    headers["Mcp-Name"] = f"=?base64?{encoded}?="
    assert "result" in await answered(http, asked, **headers)


async def test_unknown_tool(http: httpx2.AsyncClient) -> None:
    asked, headers = stateless("tools/call", {"name": "permission_prompt"})
    status, answer = await post(http, asked, **headers)
    assert (status, answer["error"]["code"]) == (400, -32602)
    answer = await answered(http, message("tools/call", {"name": "permission_prompt"}))
    assert answer["error"]["code"] == -32602


async def test_no_batches_in_it(http: httpx2.AsyncClient) -> None:
    asked, headers = stateless("tools/list")
    status, answer = await post(http, [asked], **headers)
    assert (status, answer["error"]["code"]) == (400, -32600)
    _, answers = await post(http, [asked])
    assert answers[0]["error"]["code"] == -32020


# ── What is refused ──


@pytest.mark.parametrize("key", [None, "", "Bearer", "Bearer pp_test_wrong", "Basic eDp5"])
async def test_key(world: World, key: str | None) -> None:
    app = create_app(world.services, world.running.inbox)
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app), base_url="http://127.0.0.1:8000"
    ) as http:
        headers = {} if key is None else {"Authorization": key}
        response = await http.post("/mcp", json=message("tools/list"), headers=headers)
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert response.json()["error"] == "INVALID_API_KEY"


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff", b'{"a": NaN}', b"[" * 100_000, b"1" * 5000, b'{"a":"\x00"}']
)
async def test_body_that_is_no_json(http: httpx2.AsyncClient, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    response = await http.post("/mcp", content=body, headers=headers)
    assert response.status_code == 400
    assert response.json()["error"]["code"] == -32700


@pytest.mark.parametrize("body", [5, None, "text", {}, {"jsonrpc": "1.0", "method": "ping"}])
async def test_body_that_is_no_message(http: httpx2.AsyncClient, body: object) -> None:
    status, answer = await post(http, body)
    assert (status, answer["error"]["code"]) == (400, -32600)


async def test_id_with_half_a_character(http: httpx2.AsyncClient) -> None:
    body = b'{"jsonrpc": "2.0", "id": "\\ud800", "method": "ping"}'
    headers = {"Content-Type": "application/json"}
    response = await http.post("/mcp", content=body, headers=headers)
    assert response.content == b'{"jsonrpc":"2.0","id":"\\ud800","result":{}}'


async def test_body_of_another_type(http: httpx2.AsyncClient) -> None:
    headers = {"Content-Type": "text/plain"}
    response = await http.post("/mcp", content=b"{}", headers=headers)
    assert (response.status_code, response.json()["error"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


async def test_body_that_is_too_large(http: httpx2.AsyncClient) -> None:
    response = await http.post("/mcp", json=["x" * 300_000])
    assert (response.status_code, response.json()["error"]) == (413, "PAYLOAD_TOO_LARGE")


# ── Pages of other sites, and borrowed names ──

OWN = "http://127.0.0.1:8000"


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("127.0.0.1:8000", None, 200),
        ("127.0.0.1:8000", OWN, 200),
        ("localhost:8000", "http://localhost:6274", 200),
        ("[::1]:8000", "http://[::1]:8000", 200),
        ("127.0.0.1:8000", "http://evil.example.com", 403),
        ("127.0.0.1:8000", "http://127.0.0.1.example.com", 403),
        ("127.0.0.1:8000", "null", 403),
        ("127.0.0.1:8000", "http://[", 403),
        ("evil.example.com", "http://evil.example.com", 421),
        ("evil.example.com", None, 421),
    ],
)
async def test_dns_rebinding(
    http: httpx2.AsyncClient, host: str, origin: str | None, status: int
) -> None:
    headers = {"Host": host} if origin is None else {"Host": host, "Origin": origin}
    response = await http.post("/mcp", json=message("ping"), headers=headers)
    assert response.status_code == status


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("pause.example.com", None, 200),
        ("pause.example.com", "https://pause.example.com", 200),
        ("pause.example.com", "http://pause.example.com", 403),
        ("pause.example.com", "http://localhost:3000", 403),
        ("10.0.0.7:8000", None, 200),
        ("pausepoint:8000", None, 200),
        ("pausepoint.apps.svc.cluster.local", None, 200),
        ("evil.example.com", "https://evil.example.com", 421),
        ("evil.example.com", None, 421),
    ],
)
async def test_dns_rebinding_of_a_server_in_production(
    world: World, host: str, origin: str | None, status: int
) -> None:
    policy = replace(world.services.policy, public_url="https://pause.example.com")
    app = create_app(replace(world.services, policy=policy), None)
    headers = {"Authorization": f"Bearer {world.alice.test_key}", "Host": host}
    if origin is not None:
        headers["Origin"] = origin
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=OWN) as http:
        response = await http.post("/mcp", json=message("ping"), headers=headers)
    assert response.status_code == status
