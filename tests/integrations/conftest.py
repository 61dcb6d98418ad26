"""The packages, and PausePoint as it is shipped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.server import Server
from tests.integrations import packages


@pytest.fixture(scope="session")
def modules() -> Path:
    return packages.installed()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    folder = tmp_path / "server"
    folder.mkdir()
    with Server(folder, "dev") as started:
        yield started
