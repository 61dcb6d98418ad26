"""Whether a database in use still lies where it was opened: what goes into a file without a name is lost."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Final, TypeAlias

from pausepoint.store.base import DatabaseGone

LOOK_AGAIN_SECONDS: Final = 1.0

_Identity: TypeAlias = tuple[int, int]


class OpenedFiles:
    """Made once the database is open, when its file, the log and the log's index are all there.

    SQLite makes the last two when the first connection reads, and removes them when the last one closes.

    Raises DatabaseGone from `check`, and from `check_now_and_then` if the last look is a second old
    or found it gone.
    """

    def __init__(self, path: Path) -> None:
        # Where `path` is a link, the last two lie beside the file that it leads to.
        real = os.path.realpath(path)
        paths = (os.fspath(path), f"{real}-wal", f"{real}-shm")
        self._opened = {each: _identity(each) for each in paths}
        self._looked_at = time.monotonic()

    def check(self) -> None:
        for path, opened in self._opened.items():
            try:
                is_here = _identity(path) == opened
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
