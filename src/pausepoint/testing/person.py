"""The test's handle on the person who is asked."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from pausepoint.testing.answering import Answering, Said
from pausepoint.testing.portal import Portal
from pausepoint.testing.questions import AskedQuestion

WITHIN: Final = timedelta(seconds=10)


class Person:
    """Everybody who is asked and is not a simulated person. Any thread but the server's may call it.

    What is set before a question comes waits for it. Each setting is for one question, in their
    order; reminders and messages to the fallback belong to the question that they repeat.
    """

    def __init__(self, portal: Portal, answering: Answering) -> None:
        self._portal = portal
        self._answering = answering
        self._read = 0

    def answers(self, choice: str, text: str | None = None) -> None:
        """Choose that option of the newest open question, or else of the next one.

        `text` is the person's note. Raises AssertionError where a question waits and does not have
        that option, or takes no note. Where the question comes later and does not, it is cancelled,
        so that no agent waits for ever, and the test fails at its end.
        """
        self._portal.run(self._answering.say(Said(choice, text)))

    def stays_silent(self) -> None:
        """Let the newest open question, or else the next one, time out at once.

        The clock is moved to it: what falls due before, such as a reminder, happens before.
        """
        self._portal.run(self._answering.say(Said()))

    @property
    def questions(self) -> tuple[AskedQuestion, ...]:
        """Return every message so far, oldest first, with reminders."""
        return tuple(self._answering.asked)

    @property
    def is_asked(self) -> bool:
        """True if a question waits for an answer."""
        return self._portal.run(self._answering.has_open())

    def next_question(self, within: timedelta = WITHIN) -> AskedQuestion:
        """Return the next message not yet returned; blocks until it arrives.

        Raises AssertionError after so much real time, regardless of the clock.
        """
        try:
            question = self._portal.run(self._answering.nth(self._read, within))
        except TimeoutError:
            seconds = f"{within.total_seconds():g}"
            raise AssertionError(f"The person was not asked within {seconds} s.") from None
        self._read += 1
        return question
