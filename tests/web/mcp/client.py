"""`POST /mcp` as a client of either era calls it, in process."""

from __future__ import annotations

import json
from itertools import count
from typing import Any, Final

import httpx2
from jsonschema import Draft202012Validator

from pausepoint.mcp.tools import tool_table

Json = dict[str, Any]

VERSION_KEY: Final = "io.modelcontextprotocol/protocolVersion"
META: Final[Json] = {
    VERSION_KEY: "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}
QUESTION: Final[Json] = {
    "recipient": "+15550100",
    "channel": "sms",
    "message": "Delete 500 records?",
    "options": ["Approve", "Reject"],
}
SCHEMAS: Final = {tool["name"]: tool["outputSchema"] for tool in tool_table(45)}
_ids = count(1)


def message(method: str, params: Json | None = None, **more: object) -> Json:
    return {"jsonrpc": "2.0", "id": next(_ids), "method": method, "params": params or {}, **more}


def stateless(method: str, params: Json | None = None) -> tuple[Json, dict[str, str]]:
    """A message of 2026-07-28 and the headers that go with it."""
    asked = message(method, {**(params or {}), "_meta": META | (params or {}).get("_meta", {})})
    headers = {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": method}
    if "name" in asked["params"]:
        headers["Mcp-Name"] = asked["params"]["name"]
    return asked, headers


def tool(name: str, arguments: Json, **meta: object) -> Json:
    return message("tools/call", {"name": name, "arguments": arguments, "_meta": meta})


async def answered(http: httpx2.AsyncClient, asked: object, **headers: str) -> Json:
    """The one message that answers."""
    headers = {"Content-Type": "application/json", **headers}
    response = await http.post("/mcp", content=json.dumps(asked), headers=headers)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/json"
    answer: Json = response.json()
    assert isinstance(asked, dict)
    assert answer["id"] == asked["id"]
    return answer


async def called(http: httpx2.AsyncClient, name: str, arguments: Json) -> Json:
    """The structured content of a good result."""
    result = (await answered(http, tool(name, arguments)))["result"]
    assert "isError" not in result, result["content"]
    content: Json = result["structuredContent"]
    Draft202012Validator(SCHEMAS[name]).validate(content)
    return content


def events(body: str) -> list[Json]:
    """The messages in a stream of server-sent events."""
    blocks = [block for block in body.split("\n\n") if block and not block.startswith(":")]
    assert all(block.startswith("data: ") and "\n" not in block for block in blocks)
    return [json.loads(block.removeprefix("data: ")) for block in blocks]
