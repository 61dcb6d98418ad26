"""Rate-limit synchronisation: once a second the processes exchange their counts.

So a limit holds for all of them together, but for what came in the last second or two.
"""

from __future__ import annotations

import os
from collections import deque
from datetime import timedelta
from typing import Final

import msgspec

from pausepoint.domain.rate_limits import WINDOW_SECONDS
from pausepoint.domain.time import Instant
from pausepoint.limits.limiter import Counts, Limiter
from pausepoint.operations.services import Services
from pausepoint.store.counts import ToldCounts
from pausepoint.worker.periodic_task import PeriodicTask

EVERY: Final = timedelta(seconds=1)
LATE: Final = 5_000
"""Milliseconds of delay that is accepted from another process, its clock's difference included."""


class _Message(msgspec.Struct, array_like=True):
    counts: Counts
    held: dict[str, int]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Message).decode


class CountsLoop(PeriodicTask):
    """One per process that answers requests.

    Where counts cannot be published they are lost: each process then limits for itself.
    """

    trouble = "counts could not be shared"

    def __init__(self, services: Services, limiter: Limiter) -> None:
        super().__init__(EVERY, services.clock)
        self._services = services
        self._limiter = limiter
        self._process_id = f"prc_{os.urandom(8).hex()}"
        self._told_at: Instant = 0
        self._heard: deque[tuple[str, Instant]] = deque(maxlen=10_000)
        self._known: set[tuple[str, Instant]] = set()

    async def step(self) -> None:
        now = self._services.clock.now()
        message = _encode(_Message(*self._limiter.drain_local_counts()))
        # A process that begins hears all that still counts.
        since = (self._told_at or now - WINDOW_SECONDS * 1000) - LATE
        self._told_at = now
        own = ToldCounts(self._process_id, now, message)
        for told in await self._services.store.exchange_counts(own, since):
            if self._is_new(told):
                counts = _decode(told.counts)
                self._limiter.merge_remote_counts(told.process_id, counts.counts, counts.held, now)

    def _is_new(self, told: ToldCounts) -> bool:
        key = (told.process_id, told.counted_at)
        if key in self._known:
            return False
        if len(self._heard) == self._heard.maxlen:
            self._known.discard(self._heard.popleft())
        self._heard.append(key)
        self._known.add(key)
        return True
