"""What all tests share: asyncio as the one event loop, and an environment without our settings."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.harness import World, a_world

HERE = Path(__file__).parent

# Who is started in the background may have to ignore Ctrl-C, and so would all that is started here.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


STARTS_PROGRAMS = (
    "e2e",
    "bench",
    "testing",
    "client",
    "store",
    "mcp_server",
    "security",
    "recipes",
)
"""Folders whose files take longest: begun first, so that no worker is left alone with one."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def rank(item: pytest.Item) -> int:
        folder = item.path.relative_to(HERE).parts[0]
        return STARTS_PROGRAMS.index(folder) if folder in STARTS_PROGRAMS else len(STARTS_PROGRAMS)

    items.sort(key=rank)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):  # noqa: TID251 - to empty it
        if name.startswith("PAUSEPOINT_") and name != "PAUSEPOINT_CHROMIUM":
            monkeypatch.delenv(name)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path) as made:
        yield made
