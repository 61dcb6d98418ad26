"""A model that gives each of its calls the id `call_0`: `repeated_ids.py TURNS CALLS_PER_TURN`."""

from __future__ import annotations

import asyncio
import sys
from itertools import count
from pathlib import Path

sys.path.append(str(Path(__file__).parents[4] / "examples"))

import with_openai_agents as example
from agents import Agent
from agents.testing import ModelCall, ModelStep, ScriptedModel, assistant_message, function_call

from pausepoint.integrations.openai_agents import run

TURNS, PER_TURN = map(int, sys.argv[1:])
ARGUMENTS = {"payee": "Meridian", "amount": 8400}


turns = count()


def scripted(call: ModelCall) -> ModelStep:
    if next(turns) >= TURNS:
        return ModelStep([assistant_message("Done.")])
    calls = [function_call("wire_money", ARGUMENTS, call_id="call_0") for _ in range(PER_TURN)]
    return ModelStep(calls)


async def main() -> None:
    model = ScriptedModel([ModelStep.respond(scripted)] * (TURNS + 1))
    agent = Agent("Bookkeeper", model=model, tools=[example.wire_money])
    result = await run(agent, "Pay.", recipient="+15550100199", saved="run.json")
    print(result.final_output)


example.set_tracing_disabled(True)
asyncio.run(main())
