"""What the tests of this room share."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))  # for `doubles`


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
