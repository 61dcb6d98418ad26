"""The delivery worker: claims due deliveries, processes them, and drains on shutdown."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final, TypeAlias

import structlog

from pausepoint.domain.delivery import Delivery, Outcome
from pausepoint.domain.in_flight import InFlight
from pausepoint.domain.time import Instant, milliseconds
from pausepoint.observability import logs
from pausepoint.operations.attempt_result import AttemptResult
from pausepoint.operations.deliver import deliver, release_claims
from pausepoint.operations.services import Services
from pausepoint.store.base import StoreUnavailable
from pausepoint.worker.waiting import RETRY_DELAY, first_of

CLAIM_LIMIT: Final = 64
LEASE: Final = timedelta(seconds=60)
"""Longer than any attempt may take, so that a living worker's lease never lapses."""

Deliver: TypeAlias = Callable[[Services, Delivery], Awaitable[AttemptResult | None]]

log = structlog.get_logger("pausepoint.worker")


class DeliveryLoop:
    """One per process. `run` returns once `stop` was called and what was begun has ended.

    Cancelling `run` cancels attempts in flight and releases their claims, due at once for every
    worker. `deliver` is the operation, or a wrapper around it.
    """

    def __init__(self, services: Services, deliver: Deliver = deliver) -> None:
        self._services = services
        self._deliver = deliver
        self._tasks: dict[asyncio.Task[None], Delivery] = {}
        self._in_flight = InFlight()
        self._stopping = asyncio.Event()
        self._slot_freed = asyncio.Event()

    def stop(self) -> None:
        self._stopping.set()

    async def run(self) -> None:
        try:
            await self._run()
        except asyncio.CancelledError:
            begun = dict(self._tasks)
            for task in begun:
                task.cancel()
            await asyncio.gather(*begun, return_exceptions=True)
            await release_claims(self._services, list(begun.values()))
            raise

    async def _run(self) -> None:
        while not self._stopping.is_set():
            self._slot_freed.clear()
            try:
                asked_at = self._services.clock.now()
                claimed = await self._claim()
                # What was due and yet was not claimed waits for a place, not for time.
                store = self._services.store
                due = None if claimed else await store.next_delivery_due(after=asked_at)
            except StoreUnavailable as error:
                log.warning("deliveries wait for the database", error=str(error))
                due, claimed = self._services.clock.now() + milliseconds(RETRY_DELAY), []
            for delivery in claimed:
                self._begin(delivery)
            if not claimed:
                await self._wait(due)
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _claim(self) -> list[Delivery]:
        return await self._services.store.claim_deliveries(
            CLAIM_LIMIT, milliseconds(LEASE), self._in_flight
        )

    async def _wait(self, due: Instant | None) -> None:
        """Until a row appears, a slot is free, the next row is due, or the end."""
        waits: list[Awaitable[object]] = [
            self._stopping.wait(),
            self._slot_freed.wait(),
            self._services.store.outbox_news(),
        ]
        if due is not None:
            waits.append(self._services.clock.sleep_until(due))
        await first_of(waits)

    def _begin(self, delivery: Delivery) -> None:
        task = asyncio.create_task(self._carry(delivery))
        self._tasks[task] = delivery
        task.add_done_callback(self._ended)
        self._in_flight.add(delivery.kind, delivery.target, delivery.developer_id)

    def _ended(self, task: asyncio.Task[None]) -> None:
        delivery = self._tasks.pop(task)
        self._in_flight.remove(delivery.kind, delivery.target, delivery.developer_id)
        self._slot_freed.set()

    async def _carry(self, delivery: Delivery) -> None:
        logs.delivery_id.set(delivery.delivery_id)
        logs.pause_id.set(delivery.pause_id)
        began = time.perf_counter()
        # Where it breaks off, the row stays claimed and falls due when the lease ends.
        try:
            attempt_result = await self._deliver(self._services, delivery)
        except StoreUnavailable as error:
            log.warning("a delivery broke off", error=str(error))
        except Exception:
            log.exception("a delivery broke off")
        else:
            _say(delivery, attempt_result, time.perf_counter() - began)


def _say(delivery: Delivery, attempt_result: AttemptResult | None, seconds: float) -> None:
    """An attempt's line in the log, as a request has its own."""
    if attempt_result is None:
        return
    say = log.warning if attempt_result.outcome in (Outcome.RETRYING, Outcome.FAILED) else log.info
    say(
        "attempt",
        target=delivery.via,
        attempt=delivery.attempt,
        outcome=attempt_result.outcome.value,
        code=attempt_result.code,
        ms=round(seconds * 1000, 1),
    )
