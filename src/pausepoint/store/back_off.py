"""How long to wait for a database that is away: ever longer, and no two processes in step."""

from __future__ import annotations

import asyncio
import random
from typing import Final

SHORTEST_SECONDS: Final = 0.05


class BackOff:
    """The waits between tries that fail, up to `longest` seconds."""

    def __init__(self, longest: float) -> None:
        self._longest = longest
        self._next = SHORTEST_SECONDS

    async def wait(self) -> None:
        await asyncio.sleep(self._next * random.uniform(0.5, 1))  # noqa: S311 - not a secret
        self._next = min(self._next * 2, self._longest)

    def reset(self) -> None:
        """A try has succeeded."""
        self._next = SHORTEST_SECONDS
