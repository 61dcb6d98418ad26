"""A loop that breaks begins again."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from pausepoint.testing import FakeClock
from pausepoint.worker.supervise import Supervised

pytestmark = pytest.mark.anyio


class Breaking:
    """Breaks off at its first runs, then runs until it is stopped."""

    def __init__(self, breaks: int) -> None:
        self.breaks = breaks
        self.runs = 0
        self.stopped = asyncio.Event()

    def stop(self) -> None:
        self.stopped.set()

    async def run(self) -> None:
        self.runs += 1
        if self.runs <= self.breaks:
            raise ZeroDivisionError
        await self.stopped.wait()


async def test_it_begins_again_after_a_second_and_ends_when_stopped(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock, loop = FakeClock(), Breaking(breaks=2)
    supervised = Supervised(loop, clock)
    task = asyncio.create_task(supervised.run())
    for runs in (1, 2):
        while loop.runs < runs or not clock._sleepers:  # noqa: ASYNC110 - turns of the loop
            await asyncio.sleep(0)
        clock.advance(timedelta(seconds=1))
    while loop.runs < 3:  # noqa: ASYNC110 - turns of the loop
        await asyncio.sleep(0)
    supervised.stop()
    await asyncio.wait_for(task, 5)

    assert loop.runs == 3
    capsys.readouterr()


async def test_a_broken_loop_can_be_stopped_while_it_waits(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock, loop = FakeClock(), Breaking(breaks=9)
    supervised = Supervised(loop, clock)
    task = asyncio.create_task(supervised.run())
    while not clock._sleepers:  # noqa: ASYNC110 - turns of the loop
        await asyncio.sleep(0)
    supervised.stop()
    await asyncio.wait_for(task, 5)
    capsys.readouterr()
