"""An agent of Google's ADK, whose tool runs only after a person has said yes.

    pip install 'pausepoint[google-adk]'
    python examples/with_google_adk.py

Kill it while it waits and start it again: it goes on, and the person is not asked again.
"""

import asyncio
from collections.abc import AsyncGenerator

from google.adk.agents import LlmAgent
from google.adk.models import BaseLlm, LlmRequest, LlmResponse
from google.adk.runners import Runner
from google.adk.sessions.sqlite_session_service import SqliteSessionService
from google.adk.tools import FunctionTool
from google.genai.types import Content, FunctionCall, Part

from pausepoint.integrations.google_adk import run


class Scripted(BaseLlm):
    """Stands for a model: calls the tool, then says what came of it."""

    async def generate_content_async(
        self, llm_request: LlmRequest, stream: bool = False
    ) -> AsyncGenerator[LlmResponse, None]:
        parts = [part for content in llm_request.contents for part in content.parts or []]
        results = [part.function_response for part in parts if part.function_response]
        if results:
            reply = Part(text=f"The tool said: {results[-1].response}")
        else:
            arguments = {"payee": "Meridian", "amount": 8400}
            reply = Part(function_call=FunctionCall(name="wire_money", args=arguments))
        yield LlmResponse(content=Content(role="model", parts=[reply]))


def wire_money(payee: str, amount: int) -> str:
    """Sends money."""
    print(f"wiring {amount} to {payee}")
    return f"sent {amount}"


async def main() -> None:
    agent = LlmAgent(
        name="bookkeeper",
        model=Scripted(model="scripted"),
        tools=[FunctionTool(wire_money, require_confirmation=True)],
    )
    sessions = SqliteSessionService("sessions.db")
    runner = Runner(app_name="books", agent=agent, session_service=sessions)
    session = {"user_id": "acme", "session_id": "invoice-2281"}
    if await sessions.get_session(app_name="books", **session) is None:
        await sessions.create_session(app_name="books", **session)

    message = Content(role="user", parts=[Part(text="Pay invoice 2281.")])
    async for event in run(runner, **session, new_message=message, recipient="+15550100199"):
        if event.is_final_response() and event.content and event.content.parts[0].text:
            print(event.content.parts[0].text)


if __name__ == "__main__":
    asyncio.run(main())
