"""A store on a real database, and an account in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pausepoint.store.base import Change, InsertDeveloper
from pausepoint.store.sqlite import SqliteStore
from pausepoint.testing import FakeClock
from tests.store.samples import SECRET, a_developer


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def store(tmp_path: Path, clock: FakeClock) -> AsyncIterator[SqliteStore]:
    opened = await SqliteStore.open(tmp_path / "test.db", [SECRET], clock)
    await opened.apply(Change(guard=InsertDeveloper(a_developer())))
    yield opened
    await opened.close()
