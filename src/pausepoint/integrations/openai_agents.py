"""OpenAI Agents: tools with `needs_approval` run once a person has approved the call.

from pausepoint.integrations.openai_agents import run

result = await run(agent, "Pay invoice 2281.", recipient="+15550100199", saved="run.json")
"""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

from agents import Runner, RunState

from pausepoint.client import AsyncPausePoint
from pausepoint.integrations.asking import Recipient, answers_async, opened_async
from pausepoint.integrations.saved_run import SavedRun
from pausepoint.integrations.tool_call import ToolCall, parsed


async def run(
    agent: Any,
    input: Any,
    *,
    recipient: str,
    channel: str | None = None,
    timeout: timedelta | None = None,
    saved: str | os.PathLike[str] | None = None,
    pausepoint: AsyncPausePoint | None = None,
    **options: Any,
) -> Any:
    """Runs the agent to its end, and returns what `Runner.run` returns.

    With a file in `saved`, a run that waits is kept there: a program that was killed goes on with
    it, without the input, and the person is not asked again. The file is deleted at the end. It
    says what was decided and what runs next, so protect it from other writers. `options` are those of
    `Runner.run`. Silence is a rejection. Raises Undeliverable, and what the client raises.
    """
    whom = Recipient(recipient, channel, timeout)
    kept = SavedRun(saved)
    async with opened_async(pausepoint) as client:
        state = await _restored(agent, kept, options)
        while True:
            if state is not None:
                items = state.get_interruptions()
                calls = [_call(kept, item) for item in items]
                verdicts = await answers_async(client, whom, calls, is_restored=kept.is_restored)
                for item, verdict in zip(items, verdicts, strict=True):
                    if verdict.may_run:
                        state.approve(item)
                    else:
                        state.reject(item, rejection_message=verdict.message)
            result = await Runner.run(agent, input if state is None else state, **options)
            if not result.interruptions:
                kept.forget()
                return result
            state = result.to_state()
            kept.keep(openai_agents=state.to_json())


async def _restored(agent: Any, kept: SavedRun, options: dict[str, Any]) -> Any:
    if kept.state is None:
        return None
    context = {"context_override": options["context"]} if "context" in options else {}
    return await RunState.from_json(agent, kept.state["openai_agents"], **context)


def _call(kept: SavedRun, item: Any) -> ToolCall:
    return ToolCall(
        name=item.qualified_name or item.name or "a tool",
        arguments=parsed(item.arguments),
        ids=kept.stop_ids,
    )
