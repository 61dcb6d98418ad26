"""A model that gives each of its calls the id `call_0`: `repeated_ids.py TURNS CALLS_PER_TURN [inline]`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[4] / "examples"))

import with_pydantic_ai as example
from pydantic_ai import Agent, DeferredToolRequests, ModelMessage, ModelResponse
from pydantic_ai.messages import TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from pausepoint.integrations.pydantic_ai import asks, run

TURNS, PER_TURN = map(int, sys.argv[1:3])
ARGUMENTS = {"payee": "Meridian", "amount": 8400}


def scripted(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
    turns = sum(isinstance(message, ModelResponse) for message in messages)
    if turns >= TURNS:
        return ModelResponse([TextPart("Done.")])
    parts = [ToolCallPart("wire_money", ARGUMENTS, tool_call_id="call_0") for _ in range(PER_TURN)]
    return ModelResponse(parts)


async def saved() -> None:
    agent = Agent(FunctionModel(scripted), output_type=[str, DeferredToolRequests])
    agent.tool_plain(example.wire_money, requires_approval=True)
    result = await run(agent, "Pay.", recipient="+15550100199", saved="run.json")
    print(result.output)


async def inline() -> None:
    agent = Agent(FunctionModel(scripted), capabilities=[asks("+15550100199")])
    agent.tool_plain(example.wire_money, requires_approval=True)
    print((await agent.run("Pay.")).output)


asyncio.run(inline() if "inline" in sys.argv else saved())
