"""A tool call that a person decides on: shown whole, then approved, changed, answered or rejected."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, Literal

from msgspec import Struct

from pausepoint.client import Answer, Cancelled, Erased, NotShowable, Pause, TimedOut, Unanswered
from pausepoint.client.format_arguments import format_arguments
from pausepoint.client.question import MESSAGE_LIMIT
from pausepoint.integrations.changes import change_arguments
from pausepoint.mcp.verdict import ALLOWED, APPROVE, CHANGE, NO_REPLY, REJECT, REPLY, decide

Decision = Literal["approve", "edit", "respond", "reject"]

OPTIONS: Final[Mapping[Decision, str]] = {
    "approve": APPROVE,
    "edit": CHANGE,
    "respond": REPLY,
    "reject": REJECT,
}
FIXED: Final[frozenset[Decision]] = frozenset({"approve", "reject"})
EDITABLE: Final[frozenset[Decision]] = FIXED | {"edit"}


class Verdict(Struct, frozen=True, kw_only=True):
    """A person's decision.

    `arguments` are those to run with, for `approve` and `edit`. `message` is for the model: why
    not, or for `respond` what the person wrote.
    """

    decision: Decision
    arguments: dict[str, Any]
    message: str = ""

    @property
    def may_run(self) -> bool:
        return self.decision in ("approve", "edit")


class ToolCall(Struct, frozen=True, kw_only=True):
    """A question about one call. `ids` as in `Question`; `heading` stands above the call."""

    name: str
    arguments: dict[str, Any]
    ids: tuple[str, ...] | None = None
    decisions: frozenset[Decision] = FIXED
    heading: str | None = None

    def __post_init__(self) -> None:
        if not self.decisions & {"reject", "respond"}:
            raise TypeError(f'Allow "reject" for {self.name}: a person must be able to say no.')

    def question_fields(self) -> dict[str, Any]:
        options = [option for key, option in OPTIONS.items() if key in self.decisions]
        if len(options) == 1:
            options.append(NO_REPLY)
        return {"message": self._message(), "options": options, "allow_text": True}

    def answered(self, answer: Answer) -> Verdict:
        """Return the verdict of an answer. Only what a person chose lets the call run."""
        behavior, sentence = _decide(answer.pause)
        if behavior == ALLOWED:
            return Verdict(decision="approve", arguments=self.arguments)
        note = (answer.text or "").strip()
        if answer.by_human and answer.choice == CHANGE:
            arguments = change_arguments(self.arguments, note)
            if arguments is not None:
                return Verdict(decision="edit", arguments=arguments)
        if answer.by_human and answer.choice == REPLY and note:
            return Verdict(decision="respond", arguments={}, message=note)
        return self._no(sentence)

    def unanswered(self, error: Unanswered | NotShowable) -> Verdict:
        """Return a denial for a pause that has ended. Raises the error for one that has not."""
        if isinstance(error, NotShowable):
            return self._no(f"This call was not approved. {error}")
        if isinstance(error, TimedOut | Cancelled | Erased) and error.pause is not None:
            return self._no(_decide(error.pause)[1])
        raise error

    def _no(self, message: str) -> Verdict:
        can_reject = "reject" in self.decisions
        return Verdict(
            decision="reject" if can_reject else "respond", arguments={}, message=message
        )

    def _message(self) -> str:
        arguments = format_arguments(self.arguments)
        name = _on_one_line(self.name)
        above = (
            f"Run {name}?\n" if self.heading is None else f"{_on_one_line(self.heading)}\n\n{name}"
        )
        message = f"{above}\n{arguments or '(no arguments)'}"
        if "edit" in self.decisions and arguments:
            message += (
                f"\n\nTo change it, write each changed line anew as a note, and press {CHANGE}."
            )
        if len(message) > MESSAGE_LIMIT:
            raise NotShowable(
                f"With its arguments the question has {len(message)} characters, and a person is"
                f" shown at most {MESSAGE_LIMIT}. Nobody was asked."
            )
        return message


def _on_one_line(text: str) -> str:
    """So that it cannot look like the list of arguments below."""
    return " ".join(text.split())


def _decide(pause: Pause) -> tuple[str, str]:
    return decide(
        status=pause.status,
        resolved_by=pause.resolved_by,
        choice=pause.response_choice,
        options=pause.options,
        note=pause.response_text,
        timeout_seconds=(pause.expires_at - pause.created_at).total_seconds(),
        is_simulated=pause.delivery.state == "simulated",
    )


def parsed(arguments: object) -> dict[str, Any]:
    """A call's arguments, given as JSON or as a mapping. Odd ones are shown as they are."""
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments or "{}")
        except (ValueError, RecursionError):
            return {"arguments": arguments}
    return dict(arguments) if isinstance(arguments, Mapping) else {"arguments": arguments}
