"""Hypothesis tries the same examples every time; servers, vendors and the browser are those of tests/e2e."""

from hypothesis import settings

from tests.e2e.conftest import (
    browser,
    pytest_runtest_makereport,
    seed,
    start_server,
    vendors,
)

__all__ = ["browser", "pytest_runtest_makereport", "seed", "start_server", "vendors"]

settings.register_profile("steady", derandomize=True, deadline=None)
settings.load_profile("steady")
