"""The seed and the servers are those of tests/e2e; the vendor is the one SMS company."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.conftest import postgres, pytest_runtest_makereport, seed  # isort: skip - puts `doubles` on the path
from doubles.twilio import FakeTwilio

__all__ = ["postgres", "pytest_runtest_makereport", "seed"]


@pytest.fixture
def twilio() -> Iterator[FakeTwilio]:
    with FakeTwilio() as fake:
        yield fake
