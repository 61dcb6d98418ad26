"""A model that gives each of its calls the id `call_0`: `repeated_ids.py TURNS CALLS_PER_TURN`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[4] / "examples"))

import with_agent_framework as example
from agent_framework import ChatResponse, Content, Message

TURNS, PER_TURN = map(int, sys.argv[1:])
ARGUMENTS = {"payee": "Meridian", "amount": 8400}


class Scripted(example.Scripted):
    async def _inner_get_response(self, *, messages: Any, **options: Any) -> ChatResponse:
        contents = [content for message in messages for content in message.contents]
        results = [one for one in contents if one.type == "function_result"]
        if len(results) >= TURNS * PER_TURN:
            return ChatResponse(messages=[Message("assistant", ["Done."])])
        calls = [
            Content.from_function_call("call_0", "wire_money", arguments=ARGUMENTS)
            for _ in range(PER_TURN)
        ]
        return ChatResponse(messages=[Message("assistant", calls)])


example.Scripted = Scripted
asyncio.run(example.main())
