"""CrewAI: a flow's `@human_feedback` is answered by a person through PausePoint.

from pausepoint.integrations.crewai import asks

person = asks("+15550100199")

@human_feedback("Publish this?", emit=["publish", "revise"], llm=person.exact, provider=person)
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from crewai import BaseLLM
from msgspec import Struct

from pausepoint.client import Answer, NotShowable, PausePoint, Unanswered
from pausepoint.client.format_arguments import format_arguments
from pausepoint.integrations.asking import Recipient, answers, open_client

_BEFORE = "Feedback: "


def asks(
    recipient: str,
    *,
    channel: str | None = None,
    timeout: timedelta | None = None,
    pausepoint: PausePoint | None = None,
) -> Person:
    """A provider for `@human_feedback`. Its buttons are the two to five of `emit`, else OK and Not OK.

    Silence is the flow's `default_outcome`; without one `TimedOut` is raised. Give `exact` as `llm`:
    otherwise CrewAI has a model guess which button was meant.
    """
    return Person(Recipient(recipient, channel, timeout), pausepoint)


class Person:
    """The person as a feedback provider."""

    def __init__(self, recipient: Recipient, pausepoint: PausePoint | None) -> None:
        self._recipient = recipient
        self._pausepoint = pausepoint
        self.exact = _Exact(model="the-button-itself")

    def request_feedback(self, context: Any, flow: Any) -> str:
        """The button, and the note on the lines after it; empty where the default fell."""
        question = _Feedback(context)
        with open_client(self._pausepoint) as client:
            [feedback] = answers(client, self._recipient, [question])
        return feedback


class _Feedback(Struct, frozen=True):
    """Has no ids: a flow may be started again under its id, and its history is not saved with it."""

    context: Any
    ids: None = None

    def question_fields(self) -> dict[str, Any]:
        output = self.context.method_output
        text = output if isinstance(output, str) else format_arguments({"output": output})
        return {
            "message": f"{self.context.message}\n\n{text}",
            "options": list(self.context.emit or ("OK", "Not OK")),
            "default": self.context.default_outcome,
            "allow_text": True,
        }

    def answered(self, answer: Answer) -> str:
        if not answer.by_human:
            return ""
        return f"{answer.choice}\n{answer.text or ''}".strip()

    def unanswered(self, error: Unanswered | NotShowable) -> str:
        raise error


class _Exact(BaseLLM):  # type: ignore[misc] # the framework's type is unknown without it
    """In a model's place: reads from CrewAI's prompt which button was pressed, and guesses nothing."""

    def call(self, messages: Any, *_: Any, **__: Any) -> str:
        prompt = messages if isinstance(messages, str) else messages[-1]["content"]
        return str(prompt.partition(_BEFORE)[2].partition("\n")[0])
