"""A server on stdio that lists our tools by the SDK: `server.py TABLE`, the table as a JSON file."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import mcp_types as types
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server

TOOLS = [
    types.Tool.model_validate(tool) for tool in json.loads(Path(sys.argv[1]).read_text("utf-8"))
]


async def listed(context: object, params: object) -> types.ListToolsResult:
    return types.ListToolsResult(tools=TOOLS)


async def main() -> None:
    server = Server("bench", on_list_tools=listed)
    async with stdio_server() as (reading, writing):
        await server.run(reading, writing, server.create_initialization_options())


asyncio.run(main())
