"""Servers as processes, vendors that only look like vendors, and a real browser."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))  # for `doubles`


from tests.browser import FLAGS, chromium_path
from tests.doubles.postgres import PostgresServer
from tests.e2e.server import LIMITS_OFF, Server, StartServer, running
from tests.e2e.vendors import Vendors

# Not a setting of the program: it repeats a run.
SEED = int(os.environ.get("PAUSEPOINT_TEST_SEED", random.randrange(2**32)))  # noqa: TID251


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        report.sections.append(("seed", f"PAUSEPOINT_TEST_SEED={SEED}"))
        for server in running:
            report.sections.append((f"log of the server on port {server.port}", server.log()))
    return report


@pytest.fixture(scope="module")
def seed() -> int:
    """For every choice by chance; shown with a failure, and PAUSEPOINT_TEST_SEED sets it."""
    print(f"PAUSEPOINT_TEST_SEED={SEED}")
    return SEED


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[StartServer]:
    """Starts servers, each in a directory of its own, and ends them after the test."""
    with ExitStack() as stack:

        def started(command: str = "serve", **settings: str) -> Server:
            directory = tmp_path / f"server-{len(running)}"
            directory.mkdir()
            return stack.enter_context(Server(directory, command, **settings))

        yield started


@pytest.fixture(scope="module")
def dev_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`pausepoint dev` for the tests of one module, with an open network for webhooks."""
    settings = {"PAUSEPOINT_OUTBOUND_ALLOW": "127.0.0.0/8", **LIMITS_OFF}
    with Server(tmp_path_factory.mktemp("dev"), "dev", **settings) as server:
        yield server


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """For tests that do it no harm; those that stop it have one of their own."""
    server = PostgresServer()
    yield server
    server.close()


@pytest.fixture(scope="module")
def vendors() -> Iterator[Vendors]:
    with Vendors() as ready:
        yield ready


@pytest.fixture(scope="module")
def production_server(
    vendors: Vendors, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """`pausepoint serve` with all three channels set up, for the tests of one module."""
    with Server(tmp_path_factory.mktemp("serve"), **vendors.settings) as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # Not for the whole session: while it is open, no other event loop can run in this thread.
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium_path(), args=list(FLAGS))
        yield opened
        opened.close()
