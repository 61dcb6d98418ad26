"""A model that gives each of its calls the id `call_0`: `repeated_ids.py TURNS CALLS_PER_TURN`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator
from itertools import count
from pathlib import Path

sys.path.append(str(Path(__file__).parents[4] / "examples"))

import with_google_adk as example
from google.adk.models import LlmRequest, LlmResponse
from google.genai.types import Content, FunctionCall, Part

TURNS, PER_TURN = map(int, sys.argv[1:])
ARGUMENTS = {"payee": "Meridian", "amount": 8400}
turns = count()


class Scripted(example.Scripted):
    async def generate_content_async(
        self, llm_request: LlmRequest, stream: bool = False
    ) -> AsyncGenerator[LlmResponse, None]:
        call = FunctionCall(name="wire_money", args=ARGUMENTS, id="call_0")
        parts = [Part(function_call=call.model_copy()) for _ in range(PER_TURN)]
        if next(turns) >= TURNS:
            parts = [Part(text="Done.")]
        yield LlmResponse(content=Content(role="model", parts=parts))


example.Scripted = Scripted
asyncio.run(example.main())
