"""Once a minute: when each key was used last."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from pausepoint.operations.key_use import write_key_use
from pausepoint.operations.services import Services
from pausepoint.worker.periodic_task import PeriodicTask

EVERY: Final = timedelta(minutes=1)


class KeyUseLoop(PeriodicTask):
    """One per process that answers requests. `run` returns after `stop`, with all of it written."""

    trouble = "the last use of keys could not be written"

    def __init__(self, services: Services) -> None:
        super().__init__(EVERY, services.clock)
        self._services = services

    async def run(self) -> None:
        await super().run()
        await self.take_step()

    async def step(self) -> None:
        await write_key_use(self._services)
