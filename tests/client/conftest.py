"""A server for all scenarios of a module, and each kind of client."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parents[1]))  # for `doubles`

from tests.client.drivers import KINDS, Client, Kind, a_client
from tests.client.proxy import Proxy
from tests.e2e.server import LIMITS_OFF, Server

settings.register_profile("steady", derandomize=True, deadline=None)
settings.load_profile("steady")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {"PAUSEPOINT_OUTBOUND_ALLOW": "127.0.0.0/8", **LIMITS_OFF}
    with Server(tmp_path_factory.mktemp("dev"), "dev", **settings) as started:
        yield started


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    chosen: Kind = request.param
    return chosen


@pytest.fixture
def client(kind: Kind, server: Server) -> Iterator[Client]:
    with a_client(kind, server.test_api_key, server.base_url) as opened:
        yield opened


@pytest.fixture
def proxy(server: Server) -> Iterator[Proxy]:
    with Proxy(server.base_url) as started:
        yield started


@pytest.fixture
def through(kind: Kind, server: Server, proxy: Proxy) -> Iterator[Client]:
    """A client that reaches the server through the proxy."""
    with a_client(kind, server.test_api_key, proxy.base_url) as opened:
        yield opened
