"""Claude Agent SDK: Claude's tool calls wait for a person, by `can_use_tool`.

from pausepoint.integrations.claude_agent_sdk import can_use_tool

options = ClaudeAgentOptions(can_use_tool=can_use_tool("+15550100199"))
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from claude_agent_sdk import PermissionResultAllow, PermissionResultDeny
from msgspec import Struct

from pausepoint.client import Answer, AsyncPausePoint, NotShowable, PausePointError, Unanswered
from pausepoint.integrations.asking import Recipient, answers_async, opened_async
from pausepoint.integrations.tool_call import EDITABLE, FIXED, ToolCall
from pausepoint.mcp.user_questions import (
    ASK_USER_QUESTION,
    UNFIT,
    UserQuestion,
    answer_text,
    is_answered_elsewhere,
    user_questions,
    with_answers,
)


def can_use_tool(
    recipient: str,
    *,
    channel: str | None = None,
    timeout: timedelta | None = None,
    edits: bool = False,
    pausepoint: AsyncPausePoint | None = None,
) -> Callable[[str, dict[str, Any], Any], Awaitable[Any]]:
    """The callback for `ClaudeAgentOptions`: the person sees the tool and its whole input.

    With `edits` they may change the input. Each call is asked about each time it is made, also after
    a restart: a `tool_use_id` may come again. Every failure denies the call, and Claude reads
    why. Silence denies it too. The questions of `AskUserQuestion` are asked as they are; one that
    takes several choices, or more than five options, is denied.
    """
    whom = Recipient(recipient, channel, timeout)

    async def decide(tool_name: str, tool_input: dict[str, Any], context: Any) -> Any:
        if is_answered_elsewhere(tool_name, tool_input):
            return PermissionResultDeny(message=f"{UNFIT}.")
        if tool_name == ASK_USER_QUESTION:
            return await answer_questions(tool_input)
        call = ToolCall(
            name=tool_name,
            arguments=tool_input,
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

    async def answer_questions(tool_input: dict[str, Any]) -> Any:
        asked = [_Asked(question) for question in user_questions(tool_input) or ()]
        try:
            async with opened_async(pausepoint) as client:
                replies = await answers_async(client, whom, asked)
        except PausePointError as error:
            return PermissionResultDeny(message=f"These questions have no answer. {error.message}")
        answers = {one.question.text: text for one, text in zip(asked, replies, strict=True)}
        return PermissionResultAllow(updated_input=with_answers(tool_input, answers))

    return decide


class _Asked(Struct, frozen=True):
    """One question of `AskUserQuestion`."""

    question: UserQuestion
    ids: None = None

    def question_fields(self) -> dict[str, Any]:
        return {
            "message": self.question.message,
            "options": self.question.labels,
            "allow_text": True,
        }

    def answered(self, answer: Answer) -> str:
        return answer_text(answer.choice, answer.text)

    def unanswered(self, error: Unanswered | NotShowable) -> str:
        raise error
