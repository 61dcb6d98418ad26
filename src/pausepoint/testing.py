"""For tests of programs that use PausePoint, our own included: a clock to set, a server in process."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from pausepoint.domain.time import Instant, milliseconds


class FakeClock:
    """Time that moves only by `advance`. Starts on 2026-01-01 at noon, UTC."""

    def __init__(self, now: Instant = 1_767_268_800_000) -> None:
        self._now = now
        self._sleepers: list[tuple[Instant, asyncio.Future[None]]] = []

    def now(self) -> Instant:
        return self._now

    def advance(self, duration: timedelta) -> None:
        """Moves time and wakes whoever slept until then."""
        self._now += milliseconds(duration)
        for instant, future in self._sleepers:
            if instant <= self._now and not future.done():
                future.set_result(None)
        self._sleepers = [(at, future) for at, future in self._sleepers if not future.done()]

    async def sleep_until(self, instant: Instant) -> None:
        while instant > self._now:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._sleepers.append((instant, future))
            await future
