# /// script
# requires-python = ">=3.11"
# dependencies = ["mcp>=2.3,<3"]
# ///
"""The official SDK, major version 2, as a client: `sdk2.py TARGET MODE`.

TARGET is JSON: `command`, `args` and `env` of a server on stdio, or `url` and `key` of one by HTTP.
MODE is `auto`, `legacy` or a version of the stateless era.

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

from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client

QUESTION = {
    "recipient": "+15550100",
    "channel": "sms",
    "message": "Delete 500 records?",
    "options": ["Approve", "Reject"],
}


@asynccontextmanager
async def server_at(target: dict[str, Any]) -> AsyncIterator[Any]:
    if "command" in target:
        yield StdioServerParameters(**target)
        return
    headers = {"Authorization": f"Bearer {target['key']}"}
    async with create_mcp_http_client(headers=headers) as http:
        yield streamable_http_client(target["url"], http_client=http)


async def on_progress(progress: float, total: float | None, message: str | None) -> None:
    """That somebody listens makes the SDK ask for progress."""


async def run(target: str, mode: str) -> dict[str, object]:
    async with server_at(json.loads(target)) as server, Client(server, mode=mode) as client:
        tools = (await client.list_tools()).tools

        async def call(name: str, **arguments: object) -> dict[str, object]:
            result = await client.call_tool(name, arguments, progress_callback=on_progress)
            assert not result.is_error, result.content
            assert result.structured_content is not None
            return result.structured_content

        first = await call("create_pause_request", **QUESTION)
        polled = await call("poll_pause_request", pause_id=first["pause_id"])
        second = await call("create_pause_request", **QUESTION)
        cancelled = await call("cancel_pause_request", pause_id=second["pause_id"])
        listed = await call("list_pause_requests")
        audited = await call("get_audit_log", pause_id=first["pause_id"])
        faulty = await client.call_tool("create_pause_request", {})
        return {
            "protocol": client.protocol_version,
            "server": client.server_info.name if client.server_info else None,
            "tools": [tool.name for tool in tools],
            "choice": polled["response_choice"],
            "cancelled": cancelled["status"],
            "listed": len(listed["items"]),
            "audited": len(audited["items"]),
            "faulty_is_error": faulty.is_error,
        }


print(json.dumps(asyncio.run(run(*sys.argv[1:3]))))
