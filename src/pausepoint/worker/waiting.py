"""Waits of the worker's loops: for the first of several events, and never past a stop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from typing import Final

from pausepoint.clock import Clock
from pausepoint.domain.time import milliseconds

RETRY_DELAY: Final = timedelta(seconds=1)
"""The delay before a loop retries a failed step."""


async def first_of(waits: list[Awaitable[object]]) -> None:
    """Return when the first of them does, and cancel the others."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def rest(stopping: asyncio.Event, clock: Clock, span: timedelta) -> None:
    """Return after `span`, or as soon as `stopping` is set."""
    until = clock.now() + milliseconds(span)
    await first_of([stopping.wait(), clock.sleep_until(until)])
