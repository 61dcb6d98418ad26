"""Live or test: with a test key no real person is asked."""

from __future__ import annotations

from enum import StrEnum


class Mode(StrEnum):
    """Live and test never see each other."""

    LIVE = "live"
    TEST = "test"
