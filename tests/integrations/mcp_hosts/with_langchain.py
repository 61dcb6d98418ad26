"""LangChain as a host, by its MCP adapters."""

import asyncio
from typing import Any

from langchain.agents import create_agent
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_mcp_adapters.client import MultiServerMCPClient
from model import Model, target

MODEL, TARGET = Model(), target()


class Scripted(GenericFakeChatModel):
    def bind_tools(self, tools: Any, **options: Any) -> Any:
        return self

    def _generate(self, messages: list[BaseMessage], *args: Any, **options: Any) -> ChatResult:
        results = [one.content for one in messages if isinstance(one, ToolMessage)]
        wanted = MODEL.call(results)
        if wanted is None:
            said = AIMessage("Done.")
        else:
            call = {"name": wanted[0], "args": wanted[1], "id": f"call_{len(results)}"}
            said = AIMessage("", tool_calls=[call])
        return ChatResult(generations=[ChatGeneration(message=said)])


async def main() -> None:
    transport = "stdio" if "command" in TARGET else "streamable_http"
    client = MultiServerMCPClient({"pausepoint": {"transport": transport, **TARGET}})
    agent = create_agent(Scripted(messages=iter(())), await client.get_tools())
    result = await agent.ainvoke({"messages": [HumanMessage("Clean up.")]})
    MODEL.report(result["messages"][-1].content)


asyncio.run(main())
