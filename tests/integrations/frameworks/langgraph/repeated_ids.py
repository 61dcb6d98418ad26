"""A model that gives each of its calls the id `call_0`: `repeated_ids.py TURNS CALLS_PER_TURN MODE`."""

from __future__ import annotations

import sys
from itertools import count
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[4] / "examples"))

import with_langgraph as example
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult

TURNS, PER_TURN = map(int, sys.argv[1:3])
turns = count()


class Scripted(example.Scripted):
    def _generate(self, messages: list[BaseMessage], *args: Any, **options: Any) -> ChatResult:
        call = {"name": "wire_money", "args": {"payee": "Meridian", "amount": 8400}, "id": "call_0"}
        said = AIMessage("", tool_calls=[dict(call) for _ in range(PER_TURN)])
        if next(turns) >= TURNS:
            said = AIMessage("Done.")
        return ChatResult(generations=[ChatGeneration(message=said)])


example.Scripted = Scripted
example.main(sys.argv[3])
