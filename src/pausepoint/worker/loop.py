"""Claims deliveries that are due, carries each a step further, and drains when told to stop."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable
from datetime import timedelta
from typing import Final

import structlog

from pausepoint.domain.account import Delivery
from pausepoint.domain.time import Instant, milliseconds
from pausepoint.operations.deliver import deliver
from pausepoint.operations.services import Services
from pausepoint.store.base import Change, StoreUnavailable, UpdateDelivery

SLOTS: Final = 512
CLAIM_LIMIT: Final = 64
PER_WEBHOOK: Final = 4
"""How many deliveries one target may hold at once: a slow one delays only itself."""

LEASE: Final = timedelta(seconds=60)
"""Longer than any attempt may take, so that a living worker's lease never lapses."""

AFTER_TROUBLE: Final = timedelta(seconds=1)

log = structlog.get_logger("pausepoint.worker")


class DeliveryLoop:
    """One per process. `run` returns once `stop` was called and what was begun has ended.

    Cancelling `run` breaks off what was begun and hands it back, due at once for anybody.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._tasks: dict[asyncio.Task[None], Delivery] = {}
        self._busy: Counter[str] = Counter()
        self._gates: dict[str, asyncio.Semaphore] = {}
        self._stopping = asyncio.Event()
        self._slot_freed = asyncio.Event()

    def stop(self) -> None:
        self._stopping.set()

    async def run(self) -> None:
        try:
            await self._run()
        except asyncio.CancelledError:
            await self._hand_back()
            raise

    async def _run(self) -> None:
        while not self._stopping.is_set():
            self._slot_freed.clear()
            try:
                claimed = await self._claim()
                due = None if claimed else await self._services.store.next_delivery_due()
            except StoreUnavailable as error:
                log.warning("deliveries wait for the database", error=str(error))
                due, claimed = self._services.clock.now() + milliseconds(AFTER_TROUBLE), []
            for delivery in claimed:
                self._begin(delivery)
            if not claimed:
                await self._wait(due)
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _hand_back(self) -> None:
        begun = dict(self._tasks)
        for task in begun:
            task.cancel()
        await asyncio.gather(*begun, return_exceptions=True)
        now = self._services.clock.now()
        await self._services.store.apply_all([due_again(one, now) for one in begun.values()])

    async def _claim(self) -> list[Delivery]:
        limit = min(CLAIM_LIMIT, SLOTS - len(self._tasks))
        if limit <= 0:
            return []
        full = [webhook for webhook, count in self._busy.items() if count >= PER_WEBHOOK]
        return await self._services.store.claim_deliveries(limit, milliseconds(LEASE), full)

    async def _wait(self, due: Instant | None) -> None:
        """Until a row appears, a slot is free, the next row is due, or the end."""
        now = self._services.clock.now()
        waits: list[Awaitable[object]] = [
            self._stopping.wait(),
            self._slot_freed.wait(),
            self._services.store.outbox_news(),
        ]
        # A row that is due and yet was not claimed waits for a slot, not for time.
        if due is not None and (due > now or not self._tasks):
            waits.append(self._services.clock.sleep_until(max(due, now + 1)))
        await first_of(waits)

    def _begin(self, delivery: Delivery) -> None:
        task = asyncio.create_task(self._carry(delivery))
        self._tasks[task] = delivery
        task.add_done_callback(self._ended)
        if delivery.webhook_id is not None:
            self._busy[delivery.webhook_id] += 1
            self._gates.setdefault(delivery.webhook_id, asyncio.Semaphore(PER_WEBHOOK))

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._tasks[task]
        self._slot_freed.set()

    async def _carry(self, delivery: Delivery) -> None:
        if delivery.webhook_id is None:
            await self._attempt(delivery)
            return
        try:
            async with self._gates[delivery.webhook_id]:
                await self._attempt(delivery)
        finally:
            self._busy[delivery.webhook_id] -= 1
            if not self._busy[delivery.webhook_id]:
                del self._busy[delivery.webhook_id]
                del self._gates[delivery.webhook_id]

    async def _attempt(self, delivery: Delivery) -> None:
        lease_ends = delivery.due_at or 0
        if self._services.clock.now() >= lease_ends - milliseconds(LEASE) // 2:
            return  # It waited too long for its turn: whoever claims it next has a whole lease.
        try:
            await deliver(self._services, delivery)
        except Exception:
            # The row stays claimed and falls due by itself when the lease ends.
            log.exception("a delivery broke off", delivery_id=delivery.delivery_id)


def due_again(delivery: Delivery, now: Instant) -> Change:
    """Ends a lease early; loses against whatever the attempt has written meanwhile."""
    return Change(
        guard=UpdateDelivery(
            delivery_id=delivery.delivery_id,
            expected_state=delivery.state,
            expected_attempt=delivery.attempt,
            state=delivery.state,
            attempts=delivery.attempts,
            due_at=now,
            checks=delivery.checks,
            provider_id=delivery.provider_id,
        )
    )


async def first_of(waits: list[Awaitable[object]]) -> None:
    """Returns when one of them does, and cancels the others."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
