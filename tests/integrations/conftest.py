"""The packages, and PausePoint as it is shipped."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))  # for `doubles`

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
