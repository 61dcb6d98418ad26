"""Two calls in one turn of the model, with the example's agent."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

sys.path.append(str(Path(__file__).parents[4] / "examples"))

import with_google_adk as example
from google.adk.models import LlmRequest, LlmResponse
from google.genai.types import Content, FunctionCall, Part


class Scripted(example.Scripted):
    async def generate_content_async(
        self, llm_request: LlmRequest, stream: bool = False
    ) -> AsyncGenerator[LlmResponse, None]:
        parts = [part for content in llm_request.contents for part in content.parts or []]
        results = [str(part.function_response.response) for part in parts if part.function_response]
        if results:
            replies = [Part(text=" | ".join(results))]
        else:
            calls = [{"payee": "M", "amount": number} for number in (1, 2)]
            replies = [Part(function_call=FunctionCall(name="wire_money", args=c)) for c in calls]
        yield LlmResponse(content=Content(role="model", parts=replies))


example.Scripted = Scripted
asyncio.run(example.main())
