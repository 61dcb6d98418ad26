"""Keeps the name of the test that runs in a file, so that `.ci/run` can say what took too long."""

from __future__ import annotations

from pathlib import Path

PLACE = Path(__file__).parents[1] / ".build" / "running-test"


def pytest_runtest_logstart(nodeid: str) -> None:
    PLACE.parent.mkdir(exist_ok=True)
    PLACE.write_text(nodeid, "utf-8")


def pytest_sessionfinish() -> None:
    PLACE.unlink(missing_ok=True)
