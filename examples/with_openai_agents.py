"""An agent of the OpenAI Agents SDK, whose tool runs only after a person has said yes.

    pip install 'pausepoint[openai-agents]'
    python examples/with_openai_agents.py

Kill it while it waits and start it again: it goes on, and the person is not asked again.
"""

import asyncio

from agents import Agent, function_tool, set_tracing_disabled
from agents.testing import ModelCall, ModelStep, ScriptedModel, assistant_message, function_call

from pausepoint.integrations.openai_agents import run


def scripted(call: ModelCall) -> ModelStep:
    """Stands for a model: calls the tool, then says what came of it."""
    last = call.input[-1] if isinstance(call.input, list) else {}
    if last.get("type") == "function_call_output":
        return ModelStep([assistant_message(f"The tool said: {last['output']}")])
    arguments = {"payee": "Meridian", "amount": 8400}
    return ModelStep([function_call("wire_money", arguments, call_id="call_1")])


@function_tool(needs_approval=True)
def wire_money(payee: str, amount: int) -> str:
    """Sends money."""
    print(f"wiring {amount} to {payee}")
    return f"sent {amount}"


async def main() -> None:
    model = ScriptedModel([ModelStep.respond(scripted)] * 2)
    agent = Agent("Bookkeeper", model=model, tools=[wire_money])
    result = await run(agent, "Pay invoice 2281.", recipient="+15550100199", saved="run.json")
    print(result.final_output)


if __name__ == "__main__":
    set_tracing_disabled(True)
    asyncio.run(main())
