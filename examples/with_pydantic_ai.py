"""An agent of Pydantic AI, whose tool runs only after a person has said yes.

    pip install 'pausepoint[pydantic-ai]'
    python examples/with_pydantic_ai.py

Kill it while it waits and start it again: it goes on, and the person is not asked again.
"""

import asyncio
import sys

from pydantic_ai import Agent, DeferredToolRequests, ModelMessage, ModelResponse
from pydantic_ai.messages import TextPart, ToolCallPart, ToolReturnPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from pausepoint.integrations.pydantic_ai import asks, run


def scripted(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
    """Stands for a model: calls the tool, then says what came of it."""
    last = messages[-1].parts[-1]
    if isinstance(last, ToolReturnPart):
        return ModelResponse([TextPart(f"The tool said: {last.content}")])
    arguments = {"payee": "Meridian", "amount": 8400}
    return ModelResponse([ToolCallPart("wire_money", arguments, tool_call_id="call_1")])


def wire_money(payee: str, amount: int) -> str:
    """Sends money."""
    print(f"wiring {amount} to {payee}")
    return f"sent {amount}"


async def main() -> None:
    agent = Agent(FunctionModel(scripted), output_type=[str, DeferredToolRequests])
    agent.tool_plain(wire_money, requires_approval=True)
    result = await run(
        agent, "Pay invoice 2281.", recipient="+15550100199", edits=True, saved="run.json"
    )
    print(result.output)


async def inline() -> None:
    """The same within one run, which is not kept over a restart."""
    agent = Agent(FunctionModel(scripted), capabilities=[asks("+15550100199", edits=True)])
    agent.tool_plain(wire_money, requires_approval=True)
    print((await agent.run("Pay invoice 2281.")).output)


if __name__ == "__main__":
    asyncio.run(inline() if "inline" in sys.argv else main())
