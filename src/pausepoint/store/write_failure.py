"""Remembers the last failed write for the readiness check, such as one on a full disk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

REMEMBERED_SECONDS: Final = 3
"""The readiness check fails for this long: after it a small write may succeed and the next one not."""


class WriteFailure:
    """`seconds` is any clock; if it is set back, the failure is forgotten."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self._error: str | None = None
        self._noted_at = 0.0

    def note(self, error: str) -> None:
        self._error, self._noted_at = error, self._seconds()

    @property
    def recent(self) -> str | None:
        """The error of a write that failed within `REMEMBERED_SECONDS`, else None."""
        is_recent = 0 <= self._seconds() - self._noted_at < REMEMBERED_SECONDS
        return self._error if is_recent else None
