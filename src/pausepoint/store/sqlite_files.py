"""Whether a database in use still lies where it was opened: what goes into a file without a name is lost."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Final, TypeAlias

from pausepoint.store.base import DatabaseGone

LOOK_AGAIN_SECONDS: Final = 1.0

# SQLite makes the last two when the first connection reads, and removes them when the last one closes.
_PARTS: Final = ("", "-wal", "-shm")
_Identity: TypeAlias = tuple[int, int]


class OpenedFiles:
    """Made once the database is open, when all its files are there.

    Raises DatabaseGone from `check`, and from `check_now_and_then` if the last look is a second old
    or found it gone.
    """

    def __init__(self, path: Path) -> None:
        self._opened = {part: _identity(f"{path}{part}") for part in _PARTS}
        self._path = path
        self._looked_at = time.monotonic()

    def check(self) -> None:
        for part, opened in self._opened.items():
            try:
                is_here = _identity(f"{self._path}{part}") == opened
            except OSError:
                is_here = False
            if not is_here:
                self._looked_at = float("-inf")
                raise DatabaseGone
        self._looked_at = time.monotonic()

    def check_now_and_then(self) -> None:
        if time.monotonic() - self._looked_at >= LOOK_AGAIN_SECONDS:
            self.check()


def _identity(path: str) -> _Identity:
    found = os.stat(path)
    return found.st_dev, found.st_ino
