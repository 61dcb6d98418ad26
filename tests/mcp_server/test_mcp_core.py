"""The pure core: both eras of the protocol, and each tool's steps driven by hand."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from stdio_process import STATELESS_META, VERSION_KEY

import pausepoint
from pausepoint.mcp import core, messages, tools

Json = dict[str, Any]
ROOT = Path(__file__).parents[2]


def request(method: str, params: Json | None = None, **more: Any) -> Any:
    message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}, **more}
    received = core.receive(message)
    return received.message if isinstance(received, core.Reply) else received


def stateless(method: str, **meta: Any) -> Any:
    return request(method, {"_meta": {**STATELESS_META, **meta}})


@pytest.mark.parametrize("version", core.HANDSHAKE_VERSIONS)
def test_initialize_takes_each_known_version(version: str) -> None:
    result = request("initialize", {"protocolVersion": version})["result"]
    assert result["protocolVersion"] == version
    assert result["capabilities"] == {"tools": {}}
    assert "resultType" not in result


@pytest.mark.parametrize("version", ["2026-07-28", "1999-01-01", None, 5, ["2025-06-18"]])
def test_initialize_offers_the_newest_handshake_version(version: object) -> None:
    result = request("initialize", {"protocolVersion": version})["result"]
    assert result["protocolVersion"] == "2025-11-25"


def test_discover() -> None:
    result = stateless("server/discover")["result"]
    assert result["supportedVersions"] == ["2026-07-28"]
    assert result["resultType"] == "complete"
    assert result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"] == "pausepoint"
    assert result["ttlMs"] > 0
    assert result["cacheScope"] == "public"


def test_tools_list_in_both_eras() -> None:
    plain = request("tools/list")["result"]
    newer = stateless("tools/list")["result"]
    assert plain == {"tools": tools.tool_table(45)}
    assert newer["tools"] == plain["tools"]
    assert newer["resultType"] == "complete"
    assert {"ttlMs", "cacheScope", "_meta"} <= set(newer)


def test_unsupported_version_names_the_supported_ones() -> None:
    problem = stateless("tools/list", **{VERSION_KEY: "2031-01-01"})["error"]
    assert problem["code"] == -32022
    assert problem["data"] == {"supported": ["2026-07-28"], "requested": "2031-01-01"}


@pytest.mark.parametrize(
    "meta",
    [
        {},
        {VERSION_KEY: "2026-07-28"},
        {**STATELESS_META, VERSION_KEY: 5},
    ],
)
def test_incomplete_envelope(meta: Json) -> None:
    assert request("server/discover", {"_meta": meta})["error"]["code"] == -32602


@pytest.mark.parametrize("method", ["initialize", "ping", "logging/setLevel"])
def test_what_the_stateless_era_does_not_have(method: str) -> None:
    assert stateless(method)["error"]["code"] == -32601


@pytest.mark.parametrize("method", ["resources/list", "prompts/list", "", "x" * 10_000])
def test_unknown_method(method: str) -> None:
    problem = request(method)["error"]
    assert problem["code"] == -32601
    assert len(problem["message"]) < 200


@pytest.mark.parametrize("name", ["permission_prompt", "", None, 5, ["create_pause_request"]])
def test_unknown_tool(name: object) -> None:
    assert request("tools/call", {"name": name})["error"]["code"] == -32602


@pytest.mark.parametrize(
    ("message", "code", "request_id"),
    [
        (5, -32600, None),
        ("text", -32600, None),
        (None, -32600, None),
        ({}, -32600, None),
        ({"jsonrpc": "1.0", "id": 1, "method": "ping"}, -32600, 1),
        ({"jsonrpc": "2.0", "id": 1, "method": 5}, -32600, 1),
        ({"jsonrpc": "2.0", "id": None, "method": "ping"}, -32600, None),
        ({"jsonrpc": "2.0", "id": True, "method": "ping"}, -32600, None),
        ({"jsonrpc": "2.0", "id": 1.5, "method": "ping"}, -32600, None),
        ({"jsonrpc": "2.0", "id": [], "method": "ping"}, -32600, None),
        ({"jsonrpc": "2.0", "id": "a", "method": "ping", "params": [1]}, -32602, "a"),
        ({"jsonrpc": "2.0", "id": "a", "method": "ping", "params": "x"}, -32602, "a"),
    ],
)
def test_message_that_is_no_request(message: object, code: int, request_id: object) -> None:
    received = core.receive(message)
    assert isinstance(received, core.Reply)
    assert received.message["error"]["code"] == code
    assert received.message["id"] == request_id


@pytest.mark.parametrize(
    "message",
    [
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {}},
        {"jsonrpc": "2.0", "method": "tools/call", "params": {"name": "create_pause_request"}},
        {"jsonrpc": "2.0", "id": 1, "result": {}},
        {"jsonrpc": "2.0", "id": 1, "error": {}},
    ],
)
def test_messages_that_need_no_answer(message: Json) -> None:
    assert core.receive(message) is None


def test_cancellation() -> None:
    message = {
        "jsonrpc": "2.0",
        "method": "notifications/cancelled",
        "params": {"requestId": "a"},
    }
    received = core.receive(message)
    assert isinstance(received, core.Cancellation)
    assert received.request_id == "a"


@pytest.mark.parametrize("has_callback", [False, True])
def test_table_costs_a_model_little(has_callback: bool) -> None:
    shown = [
        {name: tool[name] for name in ("name", "description", "inputSchema")}
        for tool in tools.tool_table(45, has_callback=has_callback)
    ]
    assert len(json.dumps(shown)) <= 3400
    assert len(tools.INSTRUCTIONS.encode()) <= 1024


def test_table_is_found_by_the_words_people_search_for() -> None:
    texts = [tools.INSTRUCTIONS, tools.tool_table(45)[0]["description"]]
    for text in texts:
        for word in ("human", "approval", "permission", "ask", "confirm"):
            assert word in text.lower()


# What `Schema` of Gemini's function declarations has, in v1beta, as far as it is needed here.
GEMINI_KEYWORDS = {
    "type",
    "description",
    "properties",
    "required",
    "items",
    "enum",
    "default",
    "minimum",
    "maximum",
    "minItems",
    "maxItems",
    "minLength",
    "maxLength",
}
TYPES = {"object", "array", "string", "number", "integer", "boolean"}


def refused_by_a_host(schema: Json, where: str) -> list[str]:
    """Why an API that takes a part of JSON Schema would refuse this, and every turn with it."""
    found = [f"{where}: {word}" for word in schema if word not in GEMINI_KEYWORDS]
    kind = schema.get("type")
    if kind not in TYPES:
        found.append(f"{where}: type {kind!r}")
    if (kind == "object") != bool(schema.get("properties")):
        found.append(f"{where}: properties of {kind}")
    if (kind == "array") != ("items" in schema):
        found.append(f"{where}: items of {kind}")
    if "enum" in schema and kind != "string":
        found.append(f"{where}: enum of {kind}")
    properties = schema.get("properties", {})
    found += [f"{where}: requires {n}" for n in schema.get("required", ()) if n not in properties]
    for name, inner in properties.items():
        found += refused_by_a_host(inner, f"{where}.{name}")
    if "items" in schema:
        found += refused_by_a_host(schema["items"], f"{where}[]")
    return found


@pytest.mark.parametrize("max_wait_seconds", [1, 45, 3600])
def test_input_schemas_use_only_what_every_host_takes(max_wait_seconds: int) -> None:
    """Output schemas are checked by MCP clients and go to no model, so they may use more."""
    table = tools.tool_table(max_wait_seconds, has_permission_prompt=True)
    assert len(table) == 6
    for tool in table:
        assert refused_by_a_host(tool["inputSchema"], tool["name"]) == []


def test_hints_and_always_loaded_tools() -> None:
    table = {tool["name"]: tool for tool in tools.tool_table(45)}
    hints = {
        name: tuple(
            tool["annotations"][hint]
            for hint in ("readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint")
        )
        for name, tool in table.items()
    }
    assert hints == {
        "create_pause_request": (False, False, False, True),
        "poll_pause_request": (True, False, True, False),
        "cancel_pause_request": (False, True, True, False),
        "list_pause_requests": (True, False, True, False),
        "get_audit_log": (True, False, True, False),
    }
    loaded = [name for name, tool in table.items() if "_meta" in tool]
    assert loaded == ["create_pause_request", "poll_pause_request"]
    assert table["create_pause_request"]["_meta"] == {"anthropic/alwaysLoad": True}


def test_no_output_schema_has_the_persons_link() -> None:
    assert "respond_url" not in json.dumps(tools.tool_table(45))


def test_version_is_the_programs() -> None:
    assert pausepoint.__version__ == messages.VERSION


def test_every_file_is_of_the_oldest_python_that_is_promised() -> None:
    files = sorted((ROOT / "mcp_server").glob("*.py"))
    assert len(files) > 10
    for file in files:
        source = file.read_text("utf-8")
        ast.parse(source, file.name, feature_version=(3, 9))
        # Annotations of newer Pythons are fine as long as nothing evaluates them.
        assert "from __future__ import annotations" in source or file.name == "__init__.py"


def test_start_imports_nothing_heavy_and_the_core_nothing_that_talks() -> None:
    heavy = {"http", "ssl", "urllib", "asyncio", "typing", "dataclasses", "datetime", "logging"}
    program = (
        "import sys, json; before = set(sys.modules); "
        "import pausepoint.mcp.stdio; print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    output = subprocess.run(
        [
            sys.executable,
            "-S",
            "-c",
            f"import sys; sys.path.insert(0, {str(ROOT / 'src')!r}); {program}",
        ],
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    loaded = {name.partition(".")[0] for name in json.loads(output)}
    assert not heavy & loaded
