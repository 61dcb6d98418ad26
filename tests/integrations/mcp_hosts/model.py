"""The scripted model of every host here: it asks, polls while told that the question is pending, and ends.

A program's first argument is JSON: `command`, `args` and `env` of a server on stdio, or
`url` and `headers` of one by HTTP.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from typing import Any

ENOUGH_TURNS = 2000
"""For hosts that end a run after a number of turns: what is tried here are their time-outs."""

QUESTION = {
    "recipient": "you@example.com",
    "channel": "email",
    "message": "Delete 500 records?",
    "options": ["Approve", "Reject"],
}
_PAUSE_ID = re.compile(r"psr_[0-9a-f-]{36}")
_PENDING = re.compile(r'psr_[0-9a-f-]{36}: pending\.|"status": ?"pending"')


def target() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(sys.argv[1])
    return read


class Model:
    """What every tool call returned, as the model was told it."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def call(self, results: Sequence[object]) -> tuple[str, dict[str, Any]] | None:
        """The next tool and its arguments; None at the end. `results` are all of the conversation."""
        self.told = [one if isinstance(one, str) else json.dumps(one) for one in results]
        if not self.told:
            return "create_pause_request", QUESTION
        last = self.told[-1].replace("\\", "")
        found = _PAUSE_ID.search(last)
        if found is None or _PENDING.search(last) is None:
            return None
        # As next_step and the tool's schema say.
        return "poll_pause_request", {"pause_id": found[0], "poll_number": len(self.told)}

    def report(self, said: str = "Done.") -> None:
        print(json.dumps({"told": self.told, "said": said}), flush=True)
