"""What is done again and again, so long after it was done last."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from datetime import timedelta

from pausepoint.clock import Clock
from pausepoint.worker.waiting import rest


class Every(ABC):
    """A `Loop` whose step is taken at once and then every `interval`. `run` returns soon after `stop`."""

    def __init__(self, interval: timedelta, clock: Clock) -> None:
        self._interval = interval
        self._clock = clock
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        self._stopping.set()

    async def run(self) -> None:
        while not self._stopping.is_set():
            await self.step()
            await rest(self._stopping, self._clock, self._interval)

    @abstractmethod
    async def step(self) -> None: ...
