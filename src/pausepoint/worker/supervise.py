"""Supervises a loop: errors are logged, and it restarts."""

from __future__ import annotations

import asyncio
from typing import Protocol

import structlog

from pausepoint.clock import Clock
from pausepoint.worker.waiting import RETRY_DELAY, rest

log = structlog.get_logger("pausepoint.worker")


class Loop(Protocol):
    def stop(self) -> None: ...

    async def run(self) -> None:
        """Returns after `stop`."""
        ...


class Supervised:
    """Runs a loop until it ends by itself, which it does only when stopped."""

    def __init__(self, loop: Loop, clock: Clock) -> None:
        self._loop = loop
        self._clock = clock
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        self._stopping.set()
        self._loop.stop()

    async def run(self) -> None:
        while True:
            try:
                await self._loop.run()
            except Exception:
                log.exception("a worker's loop broke off and begins again")
            if self._stopping.is_set():
                return
            await rest(self._stopping, self._clock, RETRY_DELAY)
