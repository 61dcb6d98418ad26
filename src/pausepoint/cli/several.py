"""`serve --workers N`: as many whole processes as asked for, on one listening socket."""

from __future__ import annotations

import asyncio
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import structlog

if TYPE_CHECKING:
    import socket

STOP_SECONDS: Final = 6
AFTER_TROUBLE_SECONDS: Final = 1.0

log = structlog.get_logger("pausepoint.processes")


class NeverReady(Exception):
    """A process ended before it was ready; what it said is on stderr."""


class Processes:
    """Starts them, tells when all are ready, begins again those that die, stops them all."""

    def __init__(self, words: Sequence[str], count: int, sock: socket.socket) -> None:
        self._words = [
            sys.executable,
            "-m",
            "pausepoint",
            *words,
            "--listen-fd",
            str(sock.fileno()),
        ]
        self._count = count
        self._sock = sock
        self._stopping = asyncio.Event()
        self._alive: set[asyncio.subprocess.Process] = set()
        self._ready = 0

    async def run(self, on_ready: Callable[[], None], on_death: Callable[[int], None]) -> None:
        """Returns once all have ended after SIGTERM or SIGINT. Raises NeverReady."""
        loop = asyncio.get_running_loop()
        for stop_signal in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(stop_signal, self.stop)
        async with asyncio.TaskGroup() as group:
            for _ in range(self._count):
                group.create_task(self._keep_one(on_ready, on_death))

    def stop(self) -> None:
        self._stopping.set()
        for process in self._alive:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)

    async def _keep_one(
        self, on_ready: Callable[[], None], on_death: Callable[[int], None]
    ) -> None:
        is_first = True
        while not self._stopping.is_set():
            process = await asyncio.create_subprocess_exec(
                *self._words, stdout=asyncio.subprocess.PIPE, pass_fds=(self._sock.fileno(),)
            )
            self._alive.add(process)
            try:
                await self._watch(process, on_ready, is_first=is_first)
            finally:
                await self._end(process)
                on_death(process.pid)
            is_first = False

    async def _watch(
        self, process: asyncio.subprocess.Process, on_ready: Callable[[], None], *, is_first: bool
    ) -> None:
        assert process.stdout is not None
        said = await process.stdout.readline()
        if not said and is_first and not self._stopping.is_set():
            raise NeverReady
        if said and is_first:
            self._ready += 1
            if self._ready == self._count:
                on_ready()
        await process.wait()
        if not self._stopping.is_set():
            log.error("a process died and is begun again", pid=process.pid, code=process.returncode)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), AFTER_TROUBLE_SECONDS)

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(process.wait(), STOP_SECONDS)
            except TimeoutError:
                process.kill()
                await process.wait()
        self._alive.discard(process)


def shared_metrics_folder() -> str:
    """Where several processes keep their figures, so that one address can tell them all."""
    return tempfile.mkdtemp(prefix="pausepoint-metrics-")
