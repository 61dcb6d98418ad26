# /// script
# requires-python = ">=3.11"
# dependencies = ["mcp>=1.20,<2"]
# ///
"""The official SDK, major version 1, as a client: `sdk1.py PYTHON SERVER SETTINGS`.

SETTINGS is the server's environment as JSON.

Runs every tool through the SDK, which checks each result against its output schema, and prints one
line of JSON. Somebody else has to answer the first question while it polls.
"""

from __future__ import annotations

import asyncio
import json
import sys

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

QUESTION = {
    "recipient": "+15550100",
    "channel": "sms",
    "message": "Delete 500 records?",
    "options": ["Approve", "Reject"],
}


async def run(python: str, server: str, settings: str) -> dict[str, object]:
    parameters = StdioServerParameters(command=python, args=[server], env=json.loads(settings))
    async with stdio_client(parameters) as streams, ClientSession(*streams) as session:
        started = await session.initialize()
        tools = (await session.list_tools()).tools

        async def call(name: str, **arguments: object) -> dict[str, object]:
            result = await session.call_tool(name, arguments)
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


print(json.dumps(asyncio.run(run(*sys.argv[1:4]))))
