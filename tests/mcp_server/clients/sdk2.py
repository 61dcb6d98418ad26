# /// script
# requires-python = ">=3.11"
# dependencies = ["mcp>=2.3,<3"]
# ///
"""The official SDK, major version 2, as a client: `sdk2.py PYTHON SERVER SETTINGS MODE`.

SETTINGS is the server's environment as JSON; MODE is `auto`, `legacy` or a version of the stateless
era.

Runs every tool through the SDK, which checks each result against its output schema, and prints one
line of JSON. Somebody else has to answer the first question while it polls.
"""

from __future__ import annotations

import asyncio
import json
import sys

from mcp import Client, StdioServerParameters

QUESTION = {
    "recipient": "+15550100",
    "channel": "sms",
    "message": "Delete 500 records?",
    "options": ["Approve", "Reject"],
}


async def run(python: str, server: str, settings: str, mode: str) -> dict[str, object]:
    parameters = StdioServerParameters(command=python, args=[server], env=json.loads(settings))
    async with Client(parameters, mode=mode) as client:
        tools = (await client.list_tools()).tools

        async def call(name: str, **arguments: object) -> dict[str, object]:
            result = await client.call_tool(name, arguments)
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


print(json.dumps(asyncio.run(run(*sys.argv[1:5]))))
