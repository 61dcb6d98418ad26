"""A server, and a proxy before it that sees every question and may fail as it is told."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))  # for `doubles`

from tests.client.proxy import Proxy
from tests.e2e.server import LIMITS_OFF, Server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {"PAUSEPOINT_OUTBOUND_ALLOW": "127.0.0.0/8", **LIMITS_OFF}
    with Server(tmp_path_factory.mktemp("dev"), "dev", **settings) as started:
        yield started


@pytest.fixture
def proxy(server: Server) -> Iterator[Proxy]:
    with Proxy(server.base_url) as started:
        yield started
