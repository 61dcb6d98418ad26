"""Detects that a database in use was moved, replaced or deleted: what is written to it would be lost."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Final, TypeAlias

from pausepoint.store.base import DatabaseGone

CHECK_SECONDS: Final = 1.0

_Identity: TypeAlias = tuple[int, int]


class OpenedFiles:
    """The identities of the database's file, its log and the log's index, taken once it is open.

    SQLite creates the last two when the first connection reads, and removes them when the last one
    closes.
    """

    def __init__(self, path: Path) -> None:
        # Where `path` is a link, the last two lie beside the file that it leads to.
        real = os.path.realpath(path)
        paths = (os.fspath(path), f"{real}-wal", f"{real}-shm")
        self._opened = {each: _identity(each) for each in paths}
        self._checked_at = time.monotonic()

    def check(self) -> None:
        """Raise DatabaseGone if a file is not the one that was opened."""
        for path, opened in self._opened.items():
            try:
                is_here = _identity(path) == opened
            except OSError:
                is_here = False
            if not is_here:
                self._checked_at = float("-inf")
                raise DatabaseGone
        self._checked_at = time.monotonic()

    def check_now_and_then(self) -> None:
        """As `check`, if the last check was a second ago or failed."""
        if time.monotonic() - self._checked_at >= CHECK_SECONDS:
            self.check()


def _identity(path: str) -> _Identity:
    found = os.stat(path)
    return found.st_dev, found.st_ino
