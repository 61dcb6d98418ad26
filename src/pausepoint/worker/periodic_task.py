"""Periodic tasks: an interval after the end of the last run."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from datetime import timedelta
from typing import ClassVar

import structlog

from pausepoint.clock import Clock
from pausepoint.store.base import StoreUnavailable
from pausepoint.worker.waiting import rest

log = structlog.get_logger("pausepoint.worker")


class PeriodicTask(ABC):
    """A `Loop` whose step is taken at once and then every `interval`. `run` returns soon after `stop`.

    A step that the database does not let pass is left out, and the log says `trouble`.
    """

    trouble: ClassVar[str]

    def __init__(self, interval: timedelta, clock: Clock) -> None:
        self._interval = interval
        self._clock = clock
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        self._stopping.set()

    async def run(self) -> None:
        while not self._stopping.is_set():
            await self.take_step()
            await rest(self._stopping, self._clock, self._interval)

    async def take_step(self) -> None:
        try:
            await self.step()
        except StoreUnavailable as error:
            log.warning(self.trouble, error=str(error))

    @abstractmethod
    async def step(self) -> None:
        """Raises StoreUnavailable."""
