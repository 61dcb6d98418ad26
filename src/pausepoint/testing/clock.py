"""Clocks for tests: one that only moves by hand, and the system's with an offset."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta

from pausepoint.clock import SystemClock
from pausepoint.domain.time import Instant, milliseconds


class FakeClock:
    """Time that moves only by `advance`. Starts on 2026-01-01 at noon, UTC."""

    def __init__(self, now: Instant = 1_767_268_800_000) -> None:
        self._now = now
        self._sleepers: list[tuple[Instant, asyncio.Future[None]]] = []

    def now(self) -> Instant:
        return self._now

    def advance(self, duration: timedelta) -> None:
        """Advance the time and wake the sleepers that are due."""
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


class ShiftedClock:
    """The system's time, ahead of it by as much as it was moved. It belongs to one event loop.

    It runs on by itself, so that nothing waits for ever for a test to move it.
    """

    def __init__(self) -> None:
        self._system = SystemClock()
        self._ahead = 0
        self._moved = asyncio.Event()

    def now(self) -> Instant:
        return self._system.now() + self._ahead

    def move_to(self, instant: Instant) -> None:
        """Move to a time; earlier times are ignored."""
        self._ahead += max(0, instant - self.now())
        self._moved.set()
        self._moved = asyncio.Event()

    async def sleep_until(self, instant: Instant) -> None:
        while (left := instant - self.now()) > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._moved.wait(), min(left, 1000) / 1000)
