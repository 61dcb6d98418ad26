"""Google ADK as a host."""

import asyncio
from collections.abc import AsyncGenerator

from google.adk.agents import LlmAgent
from google.adk.agents.run_config import RunConfig
from google.adk.models import BaseLlm, LlmRequest, LlmResponse
from google.adk.runners import InMemoryRunner
from google.adk.tools.mcp_tool import (
    McpToolset,
    StdioConnectionParams,
    StreamableHTTPConnectionParams,
)
from google.genai.types import Content, FunctionCall, Part
from mcp import StdioServerParameters
from model import ENOUGH_TURNS, Model, target

MODEL, TARGET = Model(), target()
SESSION = {"user_id": "acme", "session_id": "clean-up"}


class Scripted(BaseLlm):
    async def generate_content_async(
        self, llm_request: LlmRequest, stream: bool = False
    ) -> AsyncGenerator[LlmResponse, None]:
        parts = [part for content in llm_request.contents for part in content.parts or []]
        results = [part.function_response.response for part in parts if part.function_response]
        wanted = MODEL.call(results)
        if wanted is None:
            part = Part(text="Done.")
        else:
            part = Part(function_call=FunctionCall(name=wanted[0], args=wanted[1]))
        yield LlmResponse(content=Content(role="model", parts=[part]))


async def main() -> None:
    if "command" in TARGET:
        place = StdioConnectionParams(server_params=StdioServerParameters(**TARGET))
    else:
        place = StreamableHTTPConnectionParams(**TARGET)
    tools = McpToolset(connection_params=place)
    agent = LlmAgent(name="clerk", model=Scripted(model="scripted"), tools=[tools])
    runner = InMemoryRunner(agent, app_name="clerk")
    await runner.session_service.create_session(app_name="clerk", **SESSION)
    message, said = Content(role="user", parts=[Part(text="Clean up.")]), ""
    limit = RunConfig(max_llm_calls=ENOUGH_TURNS)
    async for event in runner.run_async(**SESSION, new_message=message, run_config=limit):
        for part in event.content.parts if event.content else ():
            said = part.text or said
    await tools.close()
    MODEL.report(said)


asyncio.run(main())
