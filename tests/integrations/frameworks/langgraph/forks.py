"""Runs the example's agent to its end, then again from the checkpoint where it had stopped to ask."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[4] / "examples"))

import with_langgraph as example
from langchain.agents import create_agent
from langchain.agents.middleware import HumanInTheLoopMiddleware
from langchain_core.messages import HumanMessage
from langgraph.checkpoint.memory import InMemorySaver

from pausepoint.integrations.langgraph import run

agent = create_agent(
    example.Scripted(messages=iter(())),
    [example.wire_money],
    middleware=[HumanInTheLoopMiddleware({"wire_money": True})],
    checkpointer=InMemorySaver(),
)
thread = {"configurable": {"thread_id": "1"}}
run(agent, {"messages": [HumanMessage("Pay.")]}, thread, recipient="+15550100199")
stopped = next(state for state in agent.get_state_history(thread) if state.interrupts)
result = run(agent, None, stopped.config, recipient="+15550100199")
print(result["messages"][-1].content)
