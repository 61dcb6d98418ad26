"""Exponential back-off with jitter for reconnecting to a database."""

from __future__ import annotations

import asyncio
import random
from typing import Final

SHORTEST_SECONDS: Final = 0.05


class BackOff:
    """Delays between failed attempts, up to `longest` seconds."""

    def __init__(self, longest: float) -> None:
        self._longest = longest
        self._next = SHORTEST_SECONDS

    async def wait(self) -> None:
        await asyncio.sleep(self._next * random.uniform(0.5, 1))  # noqa: S311 - not a secret
        self._next = min(self._next * 2, self._longest)

    def reset(self) -> None:
        """Begin again with the shortest delay, after a success."""
        self._next = SHORTEST_SECONDS
