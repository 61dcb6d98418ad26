"""An agent of the Microsoft Agent Framework, whose tool runs only after a person has said yes.

    pip install 'pausepoint[agent-framework]'
    python examples/with_agent_framework.py

Kill it while it waits and start it again: it goes on, and the person is not asked again.
"""

import asyncio
from typing import Any

from agent_framework import (
    Agent,
    BaseChatClient,
    ChatResponse,
    Content,
    FunctionInvocationLayer,
    Message,
    tool,
)

from pausepoint.integrations.agent_framework import run


class Scripted(FunctionInvocationLayer, BaseChatClient):
    """Stands for a model: calls the tool, then says what came of it."""

    async def _inner_get_response(self, *, messages: Any, **options: Any) -> ChatResponse:
        contents = [content for message in messages for content in message.contents]
        results = [str(one.result) for one in contents if one.type == "function_result"]
        texts = [one.text for one in contents if one.type == "text"]
        if results:
            said = " ".join([f"The tool said: {results[-1]}", *texts[1:]])
            return ChatResponse(messages=[Message("assistant", [said])])
        arguments = {"payee": "Meridian", "amount": 8400}
        call = Content.from_function_call("call_1", "wire_money", arguments=arguments)
        return ChatResponse(messages=[Message("assistant", [call])])


@tool(approval_mode="always_require")
def wire_money(payee: str, amount: int) -> str:
    """Sends money."""
    print(f"wiring {amount} to {payee}")
    return f"sent {amount}"


async def main() -> None:
    agent = Agent(Scripted(), tools=[wire_money])
    response = await run(agent, "Pay invoice 2281.", recipient="+15550100199", saved="run.json")
    print(response.text)


if __name__ == "__main__":
    asyncio.run(main())
