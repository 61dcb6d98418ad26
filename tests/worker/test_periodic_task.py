"""What is done again and again survives a database that is away."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from pausepoint.store.base import StoreUnavailable
from pausepoint.testing import FakeClock
from pausepoint.worker.periodic_task import PeriodicTask
from tests.harness import until

pytestmark = pytest.mark.anyio


class Refused(PeriodicTask):
    """Its first step is refused."""

    trouble = "it could not be done"

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(timedelta(minutes=1), clock)
        self.steps = 0

    async def step(self) -> None:
        self.steps += 1
        if self.steps == 1:
            raise StoreUnavailable("the database is away")


async def test_a_step_that_is_refused_is_said_and_the_next_one_taken() -> None:
    clock = FakeClock()
    loop = Refused(clock)
    with capture_logs() as logged:
        running = asyncio.create_task(loop.run())
        await until(lambda: loop.steps == 1 and logged)
        clock.advance(timedelta(minutes=1))
        await until(lambda: loop.steps == 2)
        loop.stop()
        await running
    said = {"event": "it could not be done", "error": "the database is away"}
    assert logged == [said | {"log_level": "warning"}]
