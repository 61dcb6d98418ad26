"""A capacity limiter with a bounded queue, for expensive work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pausepoint.domain.errors import Unavailable


class CapacityLimiter:
    def __init__(self, at_once: int, waiting: int) -> None:
        self._places = asyncio.Semaphore(at_once)
        self._left = at_once + waiting

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Raises Unavailable at once where as many as may wait already."""
        if not self._left:
            raise Unavailable("Too many of these are under way. Try again shortly.")
        self._left -= 1
        try:
            async with self._places:
                yield
        finally:
            self._left += 1
