"""Deadlines: sleeps until the nearest one and times out, in batches, what has fallen due."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Final

import structlog

from pausepoint.operations.services import Services
from pausepoint.operations.time_out_pauses import time_out_pauses
from pausepoint.store.base import StoreUnavailable
from pausepoint.worker.waiting import RETRY_DELAY, first_of, rest

BATCH: Final = 500

log = structlog.get_logger("pausepoint.worker")


class DeadlineLoop:
    """One per process. `run` returns soon after `stop`."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        self._stopping.set()

    async def run(self) -> None:
        while not self._stopping.is_set():
            try:
                await self._step()
            except StoreUnavailable as error:
                log.warning("deadlines wait for the database", error=str(error))
                await rest(self._stopping, self._services.clock, RETRY_DELAY)

    async def _step(self) -> None:
        store, clock = self._services.store, self._services.clock
        overdue = await store.due_pauses(clock.now(), BATCH)
        if overdue:
            await time_out_pauses(self._services, overdue)
            return
        nearest = await store.next_deadline()
        waits: list[Awaitable[object]] = [self._stopping.wait(), store.deadline_news(nearest)]
        if nearest is not None:
            waits.append(clock.sleep_until(nearest))
        await first_of(waits)
