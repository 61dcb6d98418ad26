"""Claude Agent SDK: Claude's tool calls wait for a person, by `can_use_tool`.

from pausepoint.integrations.claude_agent_sdk import can_use_tool

options = ClaudeAgentOptions(can_use_tool=can_use_tool("+15550100199"))
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from claude_agent_sdk import PermissionResultAllow, PermissionResultDeny

from pausepoint.client import AsyncPausePoint, PausePointError
from pausepoint.integrations.asking import Recipient, answers_async, opened_async
from pausepoint.integrations.tool_call import EDITABLE, FIXED, ToolCall


def can_use_tool(
    recipient: str,
    *,
    channel: str | None = None,
    timeout: timedelta | None = None,
    edits: bool = False,
    pausepoint: AsyncPausePoint | None = None,
) -> Callable[[str, dict[str, Any], Any], Awaitable[Any]]:
    """The callback for `ClaudeAgentOptions`: the person sees the tool and its whole input.

    With `edits` they may change the input. The question is known by Claude's `tool_use_id`, so the
    same call, made again after a restart, is not asked again. Whatever goes wrong denies the call, and Claude
    reads why. Silence denies it too.
    """
    whom = Recipient(recipient, channel, timeout)

    async def decide(tool_name: str, tool_input: dict[str, Any], context: Any) -> Any:
        call = ToolCall(
            name=tool_name,
            arguments=tool_input,
            ids=("claude", context.tool_use_id),
            decisions=EDITABLE if edits else FIXED,
            heading=context.title,
        )
        try:
            async with opened_async(pausepoint) as client:
                [verdict] = await answers_async(client, whom, [call])
        except PausePointError as error:
            return PermissionResultDeny(message=f"This call was not approved. {error.message}")
        if verdict.may_run:
            return PermissionResultAllow(updated_input=verdict.arguments)
        return PermissionResultDeny(message=verdict.message)

    return decide
