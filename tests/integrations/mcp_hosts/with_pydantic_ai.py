"""Pydantic AI as a host."""

import asyncio

from fastmcp.client.transports import StdioTransport
from model import Model, target
from pydantic_ai import Agent, ModelMessage, ModelResponse, UsageLimits
from pydantic_ai.mcp import MCPToolset
from pydantic_ai.messages import RetryPromptPart, TextPart, ToolCallPart, ToolReturnPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

MODEL, TARGET = Model(), target()


def scripted(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
    parts = [part for message in messages for part in message.parts]
    results = [
        part.content for part in parts if isinstance(part, (ToolReturnPart, RetryPromptPart))
    ]
    wanted = MODEL.call(results)
    if wanted is None:
        return ModelResponse([TextPart("Done.")])
    return ModelResponse([ToolCallPart(*wanted, tool_call_id=f"call_{len(results)}")])


async def main() -> None:
    if "command" in TARGET:
        toolset = MCPToolset(StdioTransport(**TARGET))
    else:
        toolset = MCPToolset(TARGET["url"], headers=TARGET["headers"])
    agent = Agent(FunctionModel(scripted), toolsets=[toolset])
    result = await agent.run("Clean up.", usage_limits=UsageLimits(request_limit=None))
    MODEL.report(result.output)


asyncio.run(main())
