"""The official Python SDK as a host, of major version 1 or 2."""

import asyncio
from contextlib import asynccontextmanager

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from model import Model, target

try:
    from mcp.shared._httpx_utils import create_mcp_http_client
except ImportError:
    from mcp.client.streamable_http import create_mcp_http_client


TARGET = target()


@asynccontextmanager
async def streams():
    if "command" in TARGET:
        async with stdio_client(StdioServerParameters(**TARGET)) as both:
            yield both
        return
    async with (
        create_mcp_http_client(headers=TARGET["headers"]) as http,
        streamable_http_client(TARGET["url"], http_client=http) as both,
    ):
        yield both[:2]


async def main() -> None:
    model, results = Model(), []
    async with streams() as both, ClientSession(*both) as session:
        await session.initialize()
        while (call := model.call(results)) is not None:
            results.append((await session.call_tool(*call)).content[0].text)
    model.report()


asyncio.run(main())
