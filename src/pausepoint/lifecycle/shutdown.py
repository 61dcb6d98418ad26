"""Graceful shutdown: work in flight is drained up to a limit, then cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

DRAIN_SECONDS: Final = 1.5
"""How long sends under way may still take once the stop has begun."""

HAND_BACK_SECONDS: Final = 0.75
FAREWELL_SECONDS: Final = 0.25
"""How long the stop waits for a database that does not take back what was broken off, and for a
query that was: that may take longer to end than the query itself."""

STOP_SECONDS: Final = 4.8
"""Limit of a shutdown; the remainder is for exporting the last spans."""

FLUSH_SECONDS: Final = (0.3, 2.0)
"""How long these may take at least and at most."""


class Stop:
    """The shutdown of a process, which may begin at any time."""

    def __init__(self) -> None:
        self._began_at = 0.0
        self._draining: asyncio.Task[None] | None = None

    @property
    def has_begun(self) -> bool:
        return self._draining is not None

    def begin(self, work: Sequence[asyncio.Task[None]]) -> None:
        """Start the deadline of `work`, which has been asked to stop."""
        self._began_at = asyncio.get_running_loop().time()
        self._draining = asyncio.create_task(_drain(work))

    async def drained(self) -> None:
        """Wait until the work has ended or was cancelled."""
        assert self._draining is not None
        await self._draining

    def seconds_to_flush(self) -> float:
        """Return the seconds left to export the last spans."""
        passed = asyncio.get_running_loop().time() - self._began_at
        at_least, at_most = FLUSH_SECONDS
        return min(max(STOP_SECONDS - passed, at_least), at_most)


async def still_running(
    tasks: Sequence[asyncio.Task[None]], seconds: float
) -> list[asyncio.Task[None]]:
    """Wait up to `seconds` and return the tasks that still run."""
    if not tasks:
        return []
    _, late = await asyncio.wait(tasks, timeout=seconds)
    return list(late)


async def cancel_remaining(tasks: Sequence[asyncio.Task[None]], seconds: float) -> None:
    """Wait at most this long for cancelled tasks; their errors are ignored."""
    for task in tasks:
        if task.cancel():
            task.add_done_callback(_ignore)
    await still_running(tasks, seconds)


async def _drain(work: Sequence[asyncio.Task[None]]) -> None:
    late = await still_running(work, DRAIN_SECONDS)
    # What they break off they hand back, if the database takes it.
    await cancel_remaining(late, HAND_BACK_SECONDS)
    await cancel_remaining(late, FAREWELL_SECONDS)


def _ignore(task: asyncio.Task[None]) -> None:
    if not task.cancelled():
        task.exception()
