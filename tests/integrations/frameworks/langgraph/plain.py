"""A graph that stops by `interrupt` alone: twice with the same words, then at two places at once."""

from __future__ import annotations

import asyncio
import json
import operator
from typing import Annotated, Any, TypedDict

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph
from langgraph.types import interrupt

from pausepoint.integrations.langgraph import run_async


class State(TypedDict):
    answers: Annotated[list[Any], operator.add]


def twice(state: State) -> State:
    first = interrupt("Are you sure?")
    second = interrupt("Are you sure?")
    return {"answers": [first["choice"], second["choice"], second["text"]]}


def left(state: State) -> State:
    return {"answers": [interrupt({"message": "Left?", "options": ["Go", "Stay"]})["choice"]]}


def right(state: State) -> State:
    return {"answers": [interrupt({"amount": 8400, "payee": "Meridian"})["by_human"]]}


async def main() -> None:
    builder = StateGraph(State)
    builder.add_node("twice", twice).add_node("left", left).add_node("right", right)
    builder.add_edge(START, "twice").add_edge("twice", "left").add_edge("twice", "right")
    graph = builder.compile(checkpointer=InMemorySaver())
    config = {"configurable": {"thread_id": "1"}}
    result = await run_async(graph, {"answers": []}, config, recipient="you@example.com")
    print(json.dumps(result["answers"]))


asyncio.run(main())
