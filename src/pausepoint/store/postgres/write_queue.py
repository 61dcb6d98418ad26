"""The queue of pending writes on PostgreSQL, and the records that are being written."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pausepoint.domain.delivery import Delivery
from pausepoint.domain.in_flight import InFlight
from pausepoint.store.changes import Applied, Lost
from pausepoint.store.statements import Parameters
from pausepoint.store.write_plan import WritePlan

BATCH_LIMIT: Final = 256


@dataclass(slots=True, eq=False)
class Item:
    change: WritePlan
    keys: frozenset[Parameters]
    future: asyncio.Future[Applied | Lost]
    since: float


@dataclass(slots=True, eq=False)
class Claim:
    limit: int
    lease: int
    in_flight: InFlight
    future: asyncio.Future[list[Delivery]]
    since: float


@dataclass(slots=True)
class Queue:
    """`busy` are the records that a batch is writing now: no other batch may write them."""

    items: deque[Item] = field(default_factory=deque)
    claims: deque[Claim] = field(default_factory=deque)
    busy: set[Parameters] = field(default_factory=set)

    def take(self, limit: int) -> list[Item]:
        batch: list[Item] = []
        later: list[Item] = []
        blocked: set[Parameters] = set()
        while self.items and len(batch) < limit and len(later) < BATCH_LIMIT:
            item = self.items.popleft()
            if item.keys and not (
                self.busy.isdisjoint(item.keys) and blocked.isdisjoint(item.keys)
            ):
                later.append(item)
                blocked |= item.keys
            else:
                batch.append(item)
                self.busy |= item.keys
        self.items.extendleft(reversed(later))
        return batch

    def release(self, batch: Sequence[Item]) -> None:
        for item in batch:
            self.busy -= item.keys

    def expired(self, before: float) -> list[Item | Claim]:
        found: list[Item | Claim] = []
        waiting: tuple[deque[Any], ...] = (self.items, self.claims)
        for each in waiting:
            while each and each[0].since <= before:
                found.append(each.popleft())
        return found

    @property
    def oldest(self) -> float | None:
        return min((each[0].since for each in (self.items, self.claims) if each), default=None)


def fail(work: Item | Claim, error: Exception) -> None:
    if not work.future.done():
        work.future.set_exception(error)
