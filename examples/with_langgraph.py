"""An agent of LangChain, on LangGraph, whose tool runs only after a person has said yes.

    pip install 'pausepoint[langchain]' langgraph-checkpoint-sqlite
    python examples/with_langgraph.py

Kill it while it waits and start it again: it goes on, and the person is not asked again.
"""

import sys
from typing import Any

from langchain.agents import create_agent
from langchain.agents.middleware import HumanInTheLoopMiddleware
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import tool
from langgraph.checkpoint.sqlite import SqliteSaver

from pausepoint.integrations.langgraph import run


class Scripted(GenericFakeChatModel):
    """Stands for a model: calls the tool, then says what came of it."""

    def bind_tools(self, tools: Any, **options: Any) -> Any:
        return self

    def _generate(self, messages: list[BaseMessage], *args: Any, **options: Any) -> ChatResult:
        last = messages[-1]
        call = {"name": "wire_money", "args": {"payee": "Meridian", "amount": 8400}, "id": "call_1"}
        if isinstance(last, HumanMessage):
            said = AIMessage("", tool_calls=[call])
        else:
            said = AIMessage(f"The tool said: {last.content}")
        return ChatResult(generations=[ChatGeneration(message=said)])


@tool
def wire_money(payee: str, amount: int) -> str:
    """Sends money."""
    print(f"wiring {amount} to {payee}")
    return f"sent {amount}"


def main(mode: str = "batched") -> None:
    allowed = {"allowed_decisions": ["approve", "edit", "reject"]}
    with SqliteSaver.from_conn_string("checkpoints.db") as checkpointer:
        agent = create_agent(
            Scripted(messages=iter(())),
            [wire_money],
            middleware=[HumanInTheLoopMiddleware({"wire_money": allowed}, interrupt_mode=mode)],
            checkpointer=checkpointer,
        )
        result = run(
            agent,
            {"messages": [HumanMessage("Pay invoice 2281.")]},
            {"configurable": {"thread_id": "invoice-2281"}},
            recipient="+15550100199",
        )
        print(result["messages"][-1].content)


if __name__ == "__main__":
    main(*sys.argv[1:])
