"""Deadlines: sleeps until the nearest one and times out, in batches, what has fallen due."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from typing import Final

import structlog

from pausepoint.domain.time import milliseconds
from pausepoint.operations.create_pause import IDEMPOTENCY_KEPT
from pausepoint.operations.services import Services
from pausepoint.operations.time_out_pauses import time_out_pauses
from pausepoint.store.base import StoreUnavailable
from pausepoint.store.changes import Change, ForgetIdempotencyKeys
from pausepoint.worker.loop import AFTER_TROUBLE, first_of

BATCH: Final = 500
TIDY_EVERY: Final = timedelta(hours=1)

log = structlog.get_logger("pausepoint.worker")


class DeadlineLoop:
    """One per process. `run` returns soon after `stop`."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._stopping = asyncio.Event()
        self._tidied_at = 0

    def stop(self) -> None:
        self._stopping.set()

    async def run(self) -> None:
        while not self._stopping.is_set():
            try:
                await self._step()
            except StoreUnavailable as error:
                log.warning("deadlines wait for the database", error=str(error))
                retry_at = self._services.clock.now() + milliseconds(AFTER_TROUBLE)
                await first_of([self._stopping.wait(), self._services.clock.sleep_until(retry_at)])

    async def _step(self) -> None:
        store, clock = self._services.store, self._services.clock
        await self._tidy()
        overdue = await store.due_pauses(clock.now(), BATCH)
        if overdue:
            await time_out_pauses(self._services, overdue)
            return
        nearest = await store.next_deadline()
        tidy_at = self._tidied_at + milliseconds(TIDY_EVERY)
        waits: list[Awaitable[object]] = [
            self._stopping.wait(),
            store.deadline_news(nearest),
            clock.sleep_until(min(nearest, tidy_at) if nearest is not None else tidy_at),
        ]
        await first_of(waits)

    async def _tidy(self) -> None:
        now = self._services.clock.now()
        if now - self._tidied_at >= milliseconds(TIDY_EVERY):
            self._tidied_at = now
            before = now - milliseconds(IDEMPOTENCY_KEPT)
            await self._services.store.apply(Change(rows=(ForgetIdempotencyKeys(before),)))
