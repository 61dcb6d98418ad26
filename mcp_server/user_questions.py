"""Claude Code's tools that need more than a yes: what may be asked of a person, and how it is answered.

`AskUserQuestion` is answered by its input with `answers` added, a label for each question's text.
Source: code.claude.com, "Handle approvals and user input", and Claude Code 2.1.332.
"""

from __future__ import annotations

import json
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Optional

    from .api import Json

ASK_USER_QUESTION = "AskUserQuestion"
EXIT_PLAN_MODE = "ExitPlanMode"

# Cards whose answer is more than a yes, and is chosen in Claude Code's own window.
_CARDS = ("OfferChromeSetup", "ShowOnboardingRolePicker", "SuggestPluginInstall")

MAX_MESSAGE_CHARACTERS = 2000
MAX_OPTION_CHARACTERS = 100
_MAX_OPTIONS = 5
_MAX_QUESTIONS = 4
_BREAKS = re.compile("[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")

UNFIT = (
    "This needs an answer that cannot be chosen from two to five buttons, so no person was asked by"
    " PausePoint"
)


class UserQuestion:
    """One question of `AskUserQuestion`: `message` has its text and what each option means."""

    __slots__ = ("labels", "message", "text")

    def __init__(self, text: str, labels: list[str], message: str) -> None:
        self.text = text
        self.labels = labels
        self.message = message


def is_answered_elsewhere(tool: str, tool_input: Any) -> bool:
    """Return True if no option in PausePoint could be a complete answer for this tool."""
    if tool == ASK_USER_QUESTION:
        return user_questions(tool_input) is None
    if tool == EXIT_PLAN_MODE:
        # The plan may be in a file that only Claude Code shows.
        plan = tool_input.get("plan") if isinstance(tool_input, dict) else None
        return not (isinstance(plan, str) and plan.strip())
    return tool in _CARDS


def user_questions(tool_input: Any) -> Optional[list[UserQuestion]]:
    """The questions of an `AskUserQuestion`; None if one of them cannot be asked as it is.

    That is one with several choices, more than five options, a preview, or another kind of answer.
    """
    given = tool_input.get("questions") if isinstance(tool_input, dict) else None
    if not isinstance(given, list) or not 1 <= len(given) <= _MAX_QUESTIONS:
        return None
    found = []
    for each in given:
        question = _question(each)
        if question is None:
            return None
        found.append(question)
    # Answers are found by the question's text.
    if len({question.text for question in found}) != len(found):
        return None
    return found


def answer_text(label: str, note: Optional[str]) -> str:
    """The chosen label, and what the person wrote beside it."""
    if not note or not note.strip():
        return label
    return f"{label} (the person's note: {json.dumps(note.strip(), ensure_ascii=False)})"


def with_answers(tool_input: Json, answers: dict[str, str]) -> Json:
    """The tool's input as Claude Code takes an answered `AskUserQuestion`."""
    return {**tool_input, "answers": answers}


def _question(given: Any) -> Optional[UserQuestion]:
    if (
        not isinstance(given, dict)
        or given.get("multiSelect")
        or (given.get("kind") not in (None, "choice"))
    ):
        return None
    text, options = given.get("question"), given.get("options")
    if not isinstance(text, str) or not text.strip() or not isinstance(options, list):
        return None
    if not 2 <= len(options) <= _MAX_OPTIONS:
        return None
    labels, lines = [], []
    for option in options:
        label = option.get("label") if isinstance(option, dict) else None
        if not isinstance(label, str) or not _fits_a_button(label) or option.get("preview"):
            return None
        labels.append(label)
        description = option.get("description")
        if isinstance(description, str) and description.strip():
            lines.append(f"{label}: {description.strip()}")
    message = "\n\n".join(part for part in (text, "\n".join(lines)) if part)
    if len(set(labels)) != len(labels) or len(message) > MAX_MESSAGE_CHARACTERS:
        return None
    return UserQuestion(text, labels, message)


def _fits_a_button(label: str) -> bool:
    return bool(label.strip()) and len(label) <= MAX_OPTION_CHARACTERS and not _BREAKS.search(label)
