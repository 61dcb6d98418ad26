"""OpenAI Agents as a host."""

import asyncio

from agents import Agent, Runner, set_tracing_disabled
from agents.mcp import MCPServerStdio, MCPServerStreamableHttp
from agents.testing import ModelCall, ModelStep, ScriptedModel, assistant_message, function_call
from model import ENOUGH_TURNS, Model, target

MODEL, TARGET = Model(), target()


def scripted(call: ModelCall) -> ModelStep:
    items = call.input if isinstance(call.input, list) else []
    results = [i["output"] for i in items if i.get("type") == "function_call_output"]
    wanted = MODEL.call(results)
    if wanted is None:
        return ModelStep([assistant_message("Done.")])
    return ModelStep([function_call(*wanted, call_id=f"call_{len(results)}")])


async def main() -> None:
    kind = MCPServerStdio if "command" in TARGET else MCPServerStreamableHttp
    async with kind(params=TARGET) as server:
        model = ScriptedModel([ModelStep.respond(scripted)] * ENOUGH_TURNS)
        agent = Agent("Clerk", model=model, mcp_servers=[server])
        result = await Runner.run(agent, "Clean up.", max_turns=ENOUGH_TURNS)
    MODEL.report(result.final_output)


set_tracing_disabled(True)
asyncio.run(main())
