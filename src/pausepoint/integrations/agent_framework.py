"""Microsoft Agent Framework: tools with `approval_mode` run once a person has approved the call.

from pausepoint.integrations.agent_framework import run

response = await run(agent, "Pay invoice 2281.", recipient="+15550100199", saved="run.json")
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from agent_framework import AgentSession, Content, Message

from pausepoint.client import AsyncPausePoint
from pausepoint.integrations.asking import Recipient, answers_async, opened_async
from pausepoint.integrations.saved_run import SavedRun
from pausepoint.integrations.tool_call import ToolCall, Verdict, parsed


async def run(
    agent: Any,
    messages: Any,
    *,
    recipient: str,
    channel: str | None = None,
    timeout: timedelta | None = None,
    session: Any = None,
    saved: str | os.PathLike[str] | None = None,
    pausepoint: AsyncPausePoint | None = None,
    **options: Any,
) -> Any:
    """Runs the agent until nothing waits for a person, and returns what `agent.run` returns.

    With a file in `saved`, a run that waits is kept there with its session: a program that was
    killed goes on with it, without the messages, and the person is not asked again. The file is
    deleted at the end; protect it from other writers. `options` are those of `agent.run`. Silence is a
    rejection. Requests of another kind come back in the response, unanswered. Raises
    Undeliverable, and what the client raises.
    """
    whom = Recipient(recipient, channel, timeout)
    kept = SavedRun(saved)
    async with opened_async(pausepoint) as client:
        if kept.state is None:
            session = AgentSession() if session is None else session
            response = await agent.run(messages, session=session, **options)
            requests = response.user_input_requests
        else:
            session = AgentSession.from_dict(kept.state["session"])
            requests = [Content.from_dict(one) for one in kept.state["requests"]]
        while requests and all(one.type == "function_approval_request" for one in requests):
            if not kept.is_restored:
                kept.keep(session=session.to_dict(), requests=[one.to_dict() for one in requests])
            calls = [_call(kept, request) for request in requests]
            verdicts = await answers_async(client, whom, calls, is_restored=kept.is_restored)
            kept.is_restored = False
            response = await agent.run(_replies(requests, verdicts), session=session, **options)
            requests = response.user_input_requests
        kept.forget()
        return response


def _call(kept: SavedRun, request: Any) -> ToolCall:
    function = request.function_call
    return ToolCall(name=function.name, arguments=parsed(function.arguments), ids=kept.stop_ids)


def _replies(requests: Sequence[Any], verdicts: Sequence[Verdict]) -> list[Any]:
    """The decisions; and after them why not, for which a decision has no room."""
    both = list(zip(requests, verdicts, strict=True))
    decisions = [one.to_function_approval_response(verdict.may_run) for one, verdict in both]
    reasons = [
        f"{one.function_call.name}: {verdict.message}" for one, verdict in both if verdict.message
    ]
    messages = [Message("user", decisions)]
    return [*messages, Message("user", ["\n".join(reasons)])] if reasons else messages
