"""The seed and the servers are those of tests/e2e."""

from tests.e2e.conftest import pytest_runtest_makereport, seed

__all__ = ["pytest_runtest_makereport", "seed"]
