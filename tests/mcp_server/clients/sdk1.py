# /// script
# requires-python = ">=3.11"
# dependencies = ["mcp>=1.20,<2"]
# ///
"""The official SDK, major version 1, as a client: `sdk1.py TARGET`.

TARGET is JSON: `command`, `args` and `env` of a server on stdio, or `url` and `key` of one by HTTP.

Runs every tool through the SDK, which checks each result against its output schema, and prints one
line of JSON. Somebody else has to answer the first question while it polls.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client

QUESTION = {
    "recipient": "+15550100",
    "channel": "sms",
    "message": "Delete 500 records?",
    "options": ["Approve", "Reject"],
}


@asynccontextmanager
async def streams_to(target: dict[str, Any]) -> AsyncIterator[tuple[Any, Any]]:
    if "command" in target:
        async with stdio_client(StdioServerParameters(**target)) as streams:
            yield streams
        return
    headers = {"Authorization": f"Bearer {target['key']}"}
    async with (
        create_mcp_http_client(headers=headers) as http,
        streamable_http_client(target["url"], http_client=http) as (reading, writing, _),
    ):
        yield reading, writing


async def on_progress(progress: float, total: float | None, message: str | None) -> None:
    """That somebody listens makes the SDK ask for progress."""


async def run(target: str) -> dict[str, object]:
    async with streams_to(json.loads(target)) as streams, ClientSession(*streams) as session:
        started = await session.initialize()
        tools = (await session.list_tools()).tools

        async def call(name: str, **arguments: object) -> dict[str, object]:
            result = await session.call_tool(name, arguments, progress_callback=on_progress)
            assert not result.isError, result.content
            assert result.structuredContent is not None
            return result.structuredContent

        first = await call("create_pause_request", **QUESTION)
        polled = await call("poll_pause_request", pause_id=first["pause_id"])
        second = await call("create_pause_request", **QUESTION)
        cancelled = await call("cancel_pause_request", pause_id=second["pause_id"])
        listed = await call("list_pause_requests")
        audited = await call("get_audit_log", pause_id=first["pause_id"])
        faulty = await session.call_tool("create_pause_request", {})
    return {
        "protocol": started.protocolVersion,
        "server": started.serverInfo.name,
        "tools": [tool.name for tool in tools],
        "choice": polled["response_choice"],
        "cancelled": cancelled["status"],
        "listed": len(listed["items"]),
        "audited": len(audited["items"]),
        "faulty_is_error": faulty.isError,
    }


print(json.dumps(asyncio.run(run(sys.argv[1]))))
