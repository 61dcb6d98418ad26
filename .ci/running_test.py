"""Keeps the name of the test that runs in a file, so that `.ci/run` can say what took too long.

Tests run in several processes: each has its own file.
"""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).parents[1] / ".build" / "running-tests"
PLACE = FOLDER / str(os.getpid())


def pytest_runtest_logstart(nodeid: str) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    PLACE.write_text(f"{nodeid}\n", "utf-8")


def pytest_sessionfinish() -> None:
    PLACE.unlink(missing_ok=True)
