"""The pytest fixture `pausepoint`, an entry point; the rest is imported on first use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pausepoint.testing import LocalPausePoint


@pytest.fixture
def pausepoint(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LocalPausePoint]:
    """A running PausePoint for one test, with a person who answers and a clock to advance.

    A program under test finds it by the environment: PAUSEPOINT_BASE_URL and PAUSEPOINT_API_KEY.
    """
    try:
        from pausepoint.testing import running  # noqa: PLC0415 - only for tests that use it
    except ImportError as error:
        pytest.fail(str(error), pytrace=False)
    problem = ""
    try:
        with running(tmp_path_factory.getbasetemp()) as local:
            for name, value in local.environment.items():
                monkeypatch.setenv(name, value)
            yield local
    except AssertionError as error:  # the test's own failure does not come through here
        problem = str(error)
    if problem:
        pytest.fail(problem, pytrace=False)
