"""That a database could not write a moment ago, though it could be reached: its disk is full, say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

REMEMBERED_SECONDS: Final = 3
"""How long a process says so: a small write may find room where the next one does not."""


class WriteFailure:
    """`seconds` is any clock; one that was set back ends what is remembered."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self._words: str | None = None
        self._noted_at = 0.0

    def note(self, words: str) -> None:
        self._words, self._noted_at = words, self._seconds()

    @property
    def recent(self) -> str | None:
        """What was said, while it is remembered."""
        is_recent = 0 <= self._seconds() - self._noted_at < REMEMBERED_SECONDS
        return self._words if is_recent else None
