"""How the loops wait: for the first of several things, and never past the order to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from typing import Final

from pausepoint.clock import Clock
from pausepoint.domain.time import milliseconds

AFTER_TROUBLE: Final = timedelta(seconds=1)
"""When a loop tries again, after what it does has failed."""


async def first_of(waits: list[Awaitable[object]]) -> None:
    """Returns when one of them does, and cancels the others."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def rest(stopping: asyncio.Event, clock: Clock, span: timedelta) -> None:
    """Returns after `span`, or as soon as `stopping` is set."""
    until = clock.now() + milliseconds(span)
    await first_of([stopping.wait(), clock.sleep_until(until)])
