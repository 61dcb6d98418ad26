"""Fixtures: the API's stand-in, and the server as a process beside it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from api_stub import API_KEY, ApiStub
from stdio_process import Start, StdioProcess


@pytest.fixture
def api() -> Iterator[ApiStub]:
    with ApiStub() as stub:
        yield stub
    assert stub.violations == []


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts the server with these settings and ends it after the test."""
    processes: list[StdioProcess] = []

    def started(**settings: str) -> StdioProcess:
        processes.append(StdioProcess(**settings))
        return processes[-1]

    yield started
    for process in processes:
        if process.process.poll() is None:
            assert process.close() == 0
        process.check_lines()


@pytest.fixture
def mcp(api: ApiStub, start: Start) -> StdioProcess:
    """The server, set up rightly."""
    return start(PAUSEPOINT_API_KEY=API_KEY, PAUSEPOINT_BASE_URL=api.base_url)
