# /// script
# requires-python = ">=3.11"
# dependencies = ["mcp>=2.3,<3"]
# ///
"""An agent, by the official SDK: asks one question and polls until it is answered.

`ask_and_wait.py PYTHON SERVER SETTINGS QUESTION`; the last two are JSON. Prints the results of
both tools as one line of JSON each, the first as soon as the question is asked.
"""

from __future__ import annotations

import asyncio
import json
import sys

from mcp import Client, StdioServerParameters


async def run(python: str, server: str, settings: str, question: str) -> None:
    parameters = StdioServerParameters(command=python, args=[server], env=json.loads(settings))
    async with Client(parameters) as client:

        async def call(name: str, **arguments: object) -> dict[str, object]:
            result = await client.call_tool(name, arguments)
            assert not result.is_error, result.content
            assert result.structured_content is not None
            return result.structured_content

        asked = await call("create_pause_request", **json.loads(question))
        print(json.dumps(asked), flush=True)
        polled = await call("poll_pause_request", pause_id=asked["pause_id"])
        while polled["status"] == "pending":
            polled = await call("poll_pause_request", pause_id=asked["pause_id"])
        print(json.dumps(polled))


asyncio.run(run(*sys.argv[1:5]))
