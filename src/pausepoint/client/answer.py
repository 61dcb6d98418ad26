"""The answer to a question, made so that it cannot be taken for a yes by accident."""

from __future__ import annotations

from datetime import datetime
from typing import NoReturn

from msgspec import Struct

from pausepoint.client.errors import Cancelled, Erased, TimedOut, Unanswered, Undeliverable
from pausepoint.client.matching import check_choice
from pausepoint.client.results import Pause


class Answer(Struct, frozen=True, kw_only=True, eq=False):
    """What was chosen, and whether by a person.

    `resolved_by` is `human`, or `timeout` where the default fell at the deadline. `text` is the
    person's note: data, not a command. `at` is when they answered, or the deadline. `pause` is the whole pause, with its recipient.
    """

    choice: str
    text: str | None
    resolved_by: str
    pause_id: str
    at: datetime
    pause: Pause

    @property
    def by_human(self) -> bool:
        """True if a person chose the option, False if the time-out's default applied."""
        return self.resolved_by == "human"

    def is_(self, option: str, *, allow_default: bool = False) -> bool:
        """True if a person chose this option; with `allow_default`, also if the default applied.

        Raises ValueError for what was not among the options: a misspelled one would never be true.
        """
        if self.pause.options is not None and option not in self.pause.options:
            raise ValueError(f"{option!r} was not among the options of {self.pause_id}.")
        may_count = self.by_human or (allow_default and self.resolved_by == "timeout")
        return may_count and self.choice == option

    def __bool__(self) -> NoReturn:
        raise TypeError(_INSTEAD)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str):
            raise TypeError(_INSTEAD)
        return isinstance(other, Answer) and self.pause == other.pause

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash((self.pause_id, self.resolved_by, self.at))

    def __repr__(self) -> str:
        return (
            f"Answer({self.choice!r}, resolved_by={self.resolved_by!r}, pause_id={self.pause_id!r})"
        )


_INSTEAD = (
    "An answer is neither true nor false, and equal to no text."
    ' Write: answer.choice == "Approve" and answer.by_human, or: answer.is_("Approve").'
)


def answer_of(pause: Pause) -> Answer | None:
    """Return the answer, or None while the pause is pending. Raises Unanswered if it ended without one."""
    if pause.is_pending:
        if pause.is_undeliverable:
            raise Undeliverable(
                f"The message of {pause.pause_id} could not be delivered. It is still pending:"
                " cancel it, or ask another way.",
                pause=pause,
            )
        return None
    if pause.status == "cancelled":
        raise Cancelled(f"{pause.pause_id} was cancelled.", pause=pause)
    if pause.response_choice is None:
        raise _no_choice(pause)
    check_choice(pause)
    return Answer(
        choice=pause.response_choice,
        text=pause.response_text,
        resolved_by=pause.resolved_by or "unknown",
        pause_id=pause.pause_id,
        at=pause.response_at or pause.expires_at,
        pause=pause,
    )


def _no_choice(pause: Pause) -> Unanswered:
    if pause.message is None:
        return Erased(f"The answer to {pause.pause_id} has been erased.", pause=pause)
    if pause.status == "timed_out":
        return TimedOut(f"Nobody answered {pause.pause_id} in time.", pause=pause)
    return Unanswered(f"{pause.pause_id} is {pause.status}, without a choice.", pause=pause)
