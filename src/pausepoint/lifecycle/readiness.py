"""Readiness of this process: free descriptors, a database that answers, no shutdown."""

from __future__ import annotations

import asyncio
import errno
import os
import resource
from pathlib import Path
from typing import Final

from pausepoint.domain.errors import Unavailable
from pausepoint.lifecycle.shutdown import Stop, cancel_remaining, still_running
from pausepoint.store.base import Store

READY_SECONDS: Final = 3.0
"""After which a database that does not answer is one that cannot take work."""

_DESCRIPTORS: Final = Path("/proc/self/fd")


class Readiness:
    def __init__(self, store: Store, stop: Stop) -> None:
        self._store = store
        self._stop = stop

    async def check(self) -> None:
        """Check readiness. Raises Unavailable with the reason."""
        if _descriptors_used() > 0.9:
            raise Unavailable("Nearly all file descriptors are in use.")
        if not self._stop.has_begun:
            await self._check_store()
        # Asked last: the stop may have begun meanwhile.
        if self._stop.has_begun:
            raise Unavailable("This process is stopping.")

    async def _check_store(self) -> None:
        checking = asyncio.create_task(self._store.check())
        if await still_running([checking], READY_SECONDS):
            await cancel_remaining([checking], 0)
            raise Unavailable("The database does not answer.")
        checking.result()


def _descriptors_used() -> float:
    """Return the share of file descriptors in use, 0 where it is unknown."""
    if not _DESCRIPTORS.exists():
        return 0
    try:
        used = len(os.listdir(_DESCRIPTORS))
    except OSError as error:
        if error.errno != errno.EMFILE:
            raise
        return 1  # to look takes one, and there is none left
    return used / resource.getrlimit(resource.RLIMIT_NOFILE)[0]
