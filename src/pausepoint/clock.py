"""The clock, injected into everything that reads the time or waits."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol

from pausepoint.domain.time import Instant


class Clock(Protocol):
    def now(self) -> Instant:
        """Epoch milliseconds."""
        ...

    async def sleep_until(self, instant: Instant) -> None:
        """Returns once `now()` is at or past `instant`."""
        ...


class SystemClock:
    """Wall time, re-read at least once a second, so that a clock that is set is noticed."""

    def now(self) -> Instant:
        return time.time_ns() // 1_000_000  # noqa: TID251 - this is the clock

    async def sleep_until(self, instant: Instant) -> None:
        while (left := instant - self.now()) > 0:  # noqa: ASYNC110 - time has no event
            await asyncio.sleep(min(left, 1000) / 1000)
