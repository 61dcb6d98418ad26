"""Microsoft Agent Framework as a host."""

import asyncio
from typing import Any

from agent_framework import (
    Agent,
    BaseChatClient,
    ChatResponse,
    Content,
    FunctionInvocationLayer,
    MCPStdioTool,
    MCPStreamableHTTPTool,
    Message,
)
from model import ENOUGH_TURNS, Model, target

MODEL, TARGET = Model(), target()


class Scripted(FunctionInvocationLayer, BaseChatClient):
    async def _inner_get_response(self, *, messages: Any, **options: Any) -> ChatResponse:
        contents = [content for message in messages for content in message.contents]
        results = [str(one.result) for one in contents if one.type == "function_result"]
        wanted = MODEL.call(results)
        if wanted is None:
            return ChatResponse(messages=[Message("assistant", ["Done."])])
        name, arguments = wanted
        call = Content.from_function_call(f"call_{len(results)}", name, arguments=arguments)
        return ChatResponse(messages=[Message("assistant", [call])])


def tool() -> Any:
    # It withholds arguments of this name from servers unless told otherwise.
    forwarded = {"additional_tool_argument_names": ["options"]}
    if "command" in TARGET:
        return MCPStdioTool("pausepoint", **TARGET, **forwarded)
    headers = {"static_headers": TARGET["headers"]}
    return MCPStreamableHTTPTool("pausepoint", url=TARGET["url"], **headers, **forwarded)


async def main() -> None:
    model = Scripted()
    model.function_invocation_configuration["max_iterations"] = ENOUGH_TURNS
    async with tool() as tools:
        response = await Agent(model, tools=[tools]).run("Clean up.")
    MODEL.report(response.text)


asyncio.run(main())
