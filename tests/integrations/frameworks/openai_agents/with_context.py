"""Two calls at once, a context of the program's own, and a tool that goes through another agent's."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from agents import Agent, RunContextWrapper, function_tool, set_tracing_disabled
from agents.testing import ModelCall, ModelStep, ScriptedModel, assistant_message, function_call

from pausepoint.integrations.openai_agents import run


@dataclass
class Books:
    owner: str


def scripted(call: ModelCall) -> ModelStep:
    items = call.input if isinstance(call.input, list) else []
    outputs = [item["output"] for item in items if item.get("type") == "function_call_output"]
    if outputs:
        return ModelStep([assistant_message(" | ".join(outputs))])
    return ModelStep(
        [function_call("pay", {"amount": number}, call_id=f"call_{number}") for number in (1, 2)]
    )


@function_tool(needs_approval=True)
def pay(context: RunContextWrapper[Books], amount: int) -> str:
    """Sends money."""
    return f"{context.context.owner} paid {amount}"


async def main() -> None:
    model = ScriptedModel([ModelStep.respond(scripted)] * 2)
    agent = Agent("Bookkeeper", model=model, tools=[pay])
    result = await run(
        agent, "Pay.", recipient="you@example.com", saved="run.json", context=Books("Acme")
    )
    print(result.final_output)


set_tracing_disabled(True)
asyncio.run(main())
