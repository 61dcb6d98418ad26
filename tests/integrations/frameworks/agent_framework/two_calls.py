"""Two calls in one turn of the model, with the example's agent."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[4] / "examples"))

import with_agent_framework as example
from agent_framework import ChatResponse, Content, Message


class Scripted(example.Scripted):
    async def _inner_get_response(self, *, messages: Any, **options: Any) -> ChatResponse:
        contents = [content for message in messages for content in message.contents]
        results = [str(one.result) for one in contents if one.type == "function_result"]
        texts = [one.text for one in contents if one.type == "text"]
        if results:
            said = " | ".join([*results, *texts[1:]])
            return ChatResponse(messages=[Message("assistant", [said])])
        calls = [
            Content.from_function_call(
                f"call_{n}", "wire_money", arguments={"payee": "M", "amount": n}
            )
            for n in (1, 2)
        ]
        return ChatResponse(messages=[Message("assistant", calls)])


example.Scripted = Scripted
asyncio.run(example.main())
