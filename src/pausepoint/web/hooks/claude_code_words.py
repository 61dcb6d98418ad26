"""The formats of Claude Code's hook requests and decisions.

Verified with Claude Code 1.0.100, 2.1.295 and 2.1.332: `tests/integrations/test_claude_code_hooks.py`.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

import msgspec

from pausepoint.domain.errors import ValidationFailed
from pausepoint.domain.hook_rules import Decision
from pausepoint.mcp.user_questions import (
    ASK_USER_QUESTION,
    EXIT_PLAN_MODE,
    answer_text,
    user_questions,
    with_answers,
)
from pausepoint.operations.decide_tool_call import Choice, ToolCall, Verdict
from pausepoint.web.body import decode_json

Json = dict[str, Any]

BEFORE_TOOL: Final = "PreToolUse"
PERMISSION: Final = "PermissionRequest"

_EVENT: Final = re.compile(rb'"hook_event_name"\s*:\s*"(\w{1,64})"')
_ANSWERS: Final = {
    BEFORE_TOOL: (Decision.ALLOW, Decision.DENY, Decision.ASK, Decision.DEFER),
    # Anything else leaves it to the user who sits before it, if there is one.
    PERMISSION: (Decision.ALLOW, Decision.DENY),
}


class HookInput(msgspec.Struct):
    """Fields of other events and unknown fields are ignored."""

    hook_event_name: str
    session_id: str = ""
    cwd: str = ""
    tool_name: str | None = None
    tool_input: Any = msgspec.UNSET
    tool_use_id: str | None = None


_DECODER: Final = msgspec.json.Decoder(HookInput)


def read(body: bytes) -> HookInput:
    """Raises InvalidJson, ValidationFailed."""
    return decode_json(body, _DECODER)  # type: ignore[no-any-return]


def event_in(beginning: bytes) -> str:
    """Return the event's name from the beginning of a body: it precedes the agent's words."""
    found = _EVENT.search(beginning)
    return found[1].decode() if found and found[1].decode() in _ANSWERS else BEFORE_TOOL


def is_decided(event: str) -> bool:
    """Return True if this event waits for a decision."""
    return event in _ANSWERS


def tool_call(given: HookInput) -> ToolCall:
    """Raises ValidationFailed."""
    if given.tool_name is None:
        raise ValidationFailed(("tool_name", "This field is required."))
    if given.tool_input is msgspec.UNSET:
        raise ValidationFailed(("tool_input", "This field is required."))
    call_id = None
    if given.hook_event_name == BEFORE_TOOL and given.tool_use_id and given.session_id:
        call_id = json.dumps([given.session_id, given.tool_use_id])
    questions = None
    if given.tool_name == ASK_USER_QUESTION:
        questions = user_questions(given.tool_input)
    return ToolCall(
        tool=given.tool_name,
        arguments=given.tool_input,
        cwd=given.cwd,
        call_id=call_id,
        choices=tuple(Choice(each.message, tuple(each.labels)) for each in questions or ()),
    )


def updated_input(call: ToolCall, verdict: Verdict) -> Json | None:
    """The input of a tool whose allow counts only with its input; None for all others.

    Claude Code asks its own user, if there is one, when an allow of these has no `updatedInput`.
    """
    if verdict.decision is not Decision.ALLOW:
        return None
    if call.tool == ASK_USER_QUESTION:
        texts = [each.text for each in user_questions(call.arguments) or ()]
        said = [answer_text(*each) for each in verdict.answers]
        return with_answers(call.arguments, dict(zip(texts, said, strict=True)))
    return dict(call.arguments) if call.tool == EXIT_PLAN_MODE else None


def answer(event: str, verdict: Verdict, updated: Json | None = None) -> Json:
    """Empty where Claude Code decides as if there were no hook."""
    if verdict.decision not in _ANSWERS.get(event, ()):
        return {}
    output: Json = {"hookEventName": event}
    if event == PERMISSION:
        output["decision"] = {"behavior": verdict.decision.value}
        if verdict.decision is Decision.DENY:
            output["decision"]["message"] = verdict.reason
        elif updated is not None:
            output["decision"]["updatedInput"] = updated
    else:
        output["permissionDecision"] = verdict.decision.value
        output["permissionDecisionReason"] = verdict.reason
        if updated is not None:
            output["updatedInput"] = updated
    return {"hookSpecificOutput": output}


def remark(sentence: str) -> Json:
    """Shown to the user, and no decision."""
    return {"systemMessage": sentence}
