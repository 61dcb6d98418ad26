"""Once a minute: when each key was used last."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Final

from pausepoint.domain.time import milliseconds
from pausepoint.operations.key_use import write_key_use
from pausepoint.operations.services import Services
from pausepoint.worker.loop import first_of

EVERY: Final = timedelta(minutes=1)


class KeyUseLoop:
    """One per process that answers requests. `run` returns after `stop`, with all of it written."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        self._stopping.set()

    async def run(self) -> None:
        clock = self._services.clock
        while not self._stopping.is_set():
            again_at = clock.now() + milliseconds(EVERY)
            await first_of([self._stopping.wait(), clock.sleep_until(again_at)])
            await write_key_use(self._services)
