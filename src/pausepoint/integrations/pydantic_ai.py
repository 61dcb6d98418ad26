"""Pydantic AI: tools with `requires_approval` run once a person has approved the call.

    from pausepoint.integrations.pydantic_ai import run

    agent = Agent(model, output_type=[str, DeferredToolRequests])
    result = await run(agent, "Pay invoice 2281.", recipient="+15550100199", saved="run.json")

Or inside any run: `Agent(model, capabilities=[asks("+15550100199")])`.
"""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

from pydantic import TypeAdapter
from pydantic_ai import (
    DeferredToolRequests,
    DeferredToolResults,
    ModelMessagesTypeAdapter,
    ToolApproved,
    ToolDenied,
)
from pydantic_ai.capabilities import HandleDeferredToolCalls

from pausepoint.client import AsyncPausePoint
from pausepoint.integrations.asking import Recipient, answers_async, opened_async
from pausepoint.integrations.saved_run import SavedRun
from pausepoint.integrations.tool_call import EDITABLE, FIXED, ToolCall, Verdict, parsed

_REQUESTS = TypeAdapter(DeferredToolRequests)


async def run(
    agent: Any,
    prompt: Any,
    *,
    recipient: str,
    channel: str | None = None,
    timeout: timedelta | None = None,
    edits: bool = False,
    saved: str | os.PathLike[str] | None = None,
    pausepoint: AsyncPausePoint | None = None,
    **options: Any,
) -> Any:
    """Runs the agent until nothing waits for a person, and returns what `agent.run` returns.

    The agent's `output_type` must hold `DeferredToolRequests`. With a file in `saved`, a run that
    waits is kept there: a program that was killed goes on with it, without the prompt, and the
    person is not asked again. The file is deleted at the end; protect it from other writers. With
    `edits` the person may change the arguments. `options` are those of `agent.run`. Silence is a
    denial. Calls that wait for something else than a person come back in the result, unanswered
    asked. Raises Undeliverable, and what the client raises.
    """
    whom = Recipient(recipient, channel, timeout)
    kept = SavedRun(saved)
    async with opened_async(pausepoint) as client:
        if kept.state is None:
            result = await agent.run(prompt, **options)
        else:
            result = await _go_on(agent, kept, client, whom, edits, options)
        while _waits_for_a_person(result.output):
            kept.keep(
                messages=ModelMessagesTypeAdapter.dump_python(result.all_messages(), mode="json"),
                requests=_REQUESTS.dump_python(result.output, mode="json"),
            )
            result = await _go_on(agent, kept, client, whom, edits, options)
        kept.forget()
        return result


def asks(
    recipient: str,
    *,
    channel: str | None = None,
    timeout: timedelta | None = None,
    edits: bool = False,
    pausepoint: AsyncPausePoint | None = None,
) -> Any:
    """A capability for `Agent`: questions are put during the run, which waits for the answers.

    Nothing is kept over a restart: a new run asks again. `run` with `saved` does.
    """
    whom = Recipient(recipient, channel, timeout)

    async def handle(_: Any, requests: Any) -> Any:
        async with opened_async(pausepoint) as client:
            return await _results(client, whom, requests, edits)

    return HandleDeferredToolCalls(handler=handle)


def _waits_for_a_person(output: Any) -> bool:
    return isinstance(output, DeferredToolRequests) and bool(output.approvals) and not output.calls


async def _go_on(
    agent: Any,
    kept: SavedRun,
    client: AsyncPausePoint,
    whom: Recipient,
    edits: bool,
    options: dict[str, Any],
) -> Any:
    assert kept.state is not None
    messages = ModelMessagesTypeAdapter.validate_python(kept.state["messages"])
    requests = _REQUESTS.validate_python(kept.state["requests"])
    results = await _results(client, whom, requests, edits, kept)
    own = {**options, "message_history": messages, "deferred_tool_results": results}
    return await agent.run(**own)


async def _results(
    client: AsyncPausePoint,
    whom: Recipient,
    requests: Any,
    edits: bool,
    kept: SavedRun | None = None,
) -> Any:
    calls = [
        ToolCall(
            name=part.tool_name,
            arguments=parsed(part.args),
            ids=None if kept is None else kept.stop_ids,
            decisions=EDITABLE if edits else FIXED,
        )
        for part in requests.approvals
    ]
    is_restored = kept is not None and kept.is_restored
    verdicts = await answers_async(client, whom, calls, is_restored=is_restored)
    approvals = {
        part.tool_call_id: _approval(verdict)
        for part, verdict in zip(requests.approvals, verdicts, strict=True)
    }
    return DeferredToolResults(approvals=approvals)


def _approval(verdict: Verdict) -> Any:
    if verdict.decision == "edit":
        return ToolApproved(override_args=verdict.arguments)
    return ToolApproved() if verdict.may_run else ToolDenied(verdict.message)
