"""Background work in order: a jump of the clock stops at each item that falls due in it.

It takes the place of the loops in `pausepoint.worker`, by the same operations.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import timedelta

from pausepoint.domain.delivery import Delivery, DeliveryKind
from pausepoint.domain.in_flight import InFlight
from pausepoint.domain.time import Instant, milliseconds
from pausepoint.operations.deliver import deliver
from pausepoint.operations.services import Services
from pausepoint.operations.time_out_pauses import time_out_pauses
from pausepoint.testing.clock import ShiftedClock
from pausepoint.worker.deadlines import BATCH
from pausepoint.worker.deliveries import CLAIM_LIMIT, LEASE
from pausepoint.worker.waiting import first_of


class Worker:
    """`run` goes on until it is cancelled; both methods belong to the server's event loop."""

    def __init__(self, services: Services, clock: ShiftedClock) -> None:
        self._services = services
        self._clock = clock
        self._turn = asyncio.Lock()
        self._events: dict[asyncio.Task[object], Delivery] = {}

    async def run(self) -> None:
        try:
            while True:
                async with self._turn:
                    await self._do_what_is_due()
                    due = await self._next_due()
                await self._wait(due)
        finally:
            begun = list(self._events)
            for event in begun:
                event.cancel()
            await asyncio.gather(*begun, return_exceptions=True)

    async def advance(self, duration: timedelta) -> None:
        """Advance the clock. Messages and deadlines up to then are done; webhooks may be in flight."""
        async with self._turn:
            target = self._clock.now() + milliseconds(duration)
            await self._do_what_is_due()
            while (due := await self._next_due()) is not None and due <= target:
                self._clock.move_to(due)
                await self._do_what_is_due()
            self._clock.move_to(target)

    async def _do_what_is_due(self) -> None:
        store = self._services.store
        while True:
            overdue = await store.due_pauses(self._clock.now(), BATCH)
            await time_out_pauses(self._services, overdue)
            in_flight = InFlight()
            for event in self._events.values():
                in_flight.add(event.kind, event.target, event.developer_id)
            claimed = await store.claim_deliveries(CLAIM_LIMIT, milliseconds(LEASE), in_flight)
            for delivery in claimed:
                if delivery.kind is DeliveryKind.NOTIFICATION:
                    await deliver(self._services, delivery)
                else:
                    self._begin(delivery)
            if not claimed and not overdue:
                return

    def _begin(self, delivery: Delivery) -> None:
        """Start without waiting: the event's receiver may run in the thread that waits for us."""
        task: asyncio.Task[object] = asyncio.create_task(deliver(self._services, delivery))
        self._events[task] = delivery
        task.add_done_callback(self._events.pop)

    async def _next_due(self) -> Instant | None:
        store = self._services.store
        next_due = await store.next_delivery_due(after=self._clock.now())
        instants = [at for at in (next_due, await store.next_deadline()) if at is not None]
        return min(instants, default=None)

    async def _wait(self, due: Instant | None) -> None:
        store = self._services.store
        waits: list[Awaitable[object]] = [store.outbox_news(), store.deadline_news(due)]
        if due is not None:
            waits.append(self._clock.sleep_until(due))
        if self._events:
            waits.append(asyncio.wait(self._events, return_when=asyncio.FIRST_COMPLETED))
        await first_of(waits)
