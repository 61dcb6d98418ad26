"""The seed and the servers are those of tests/e2e; the vendor is the one SMS company."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from doubles.twilio import FakeTwilio
from tests.e2e.conftest import pytest_runtest_makereport, seed

__all__ = ["pytest_runtest_makereport", "seed"]


@pytest.fixture
def twilio() -> Iterator[FakeTwilio]:
    with FakeTwilio() as fake:
        yield fake
