"""A server, a person who sees every question, and programs that run in a framework's environment."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.client.proxy import Proxy
from tests.e2e.server import LIMITS_OFF, Server
from tests.integrations.frameworks.program import Programs


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("dev"), "dev", **LIMITS_OFF) as started:
        yield started


@pytest.fixture
def programs(server: Server, tmp_path: Path) -> Iterator[Programs]:
    with Proxy(server.base_url) as proxy, Programs(server, proxy, tmp_path) as made:
        yield made
