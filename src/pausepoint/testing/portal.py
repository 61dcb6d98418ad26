"""From a test's thread to the server's event loop, and back with the result."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Portal:
    """For every thread but the loop's own."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Blocks; what the coroutine raises is raised here."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()
