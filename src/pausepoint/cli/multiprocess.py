"""`serve --workers N`: N server processes on one listening socket."""

# ruff: noqa: PLC0415 - a command imports what it needs when it runs
from __future__ import annotations

import asyncio
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

import structlog

from pausepoint.cli.banner import show_ready
from pausepoint.config.settings import share_metrics_in

if TYPE_CHECKING:
    import socket

    from pausepoint.config.settings import Settings

STOP_SECONDS: Final = 6
"""After which a process that does not end is killed."""

AFTER_TROUBLE_SECONDS: Final = 1.0

log = structlog.get_logger("pausepoint.processes")


class NeverReady(Exception):
    """A process ended before it was ready; what it said is on stderr."""


class Processes:
    """Start the processes, report when all are ready, restart those that die, stop them all.

    Each holds the far end of a pipe and stops when it closes, so that none outlives this process.
    """

    def __init__(self, words: Sequence[str], count: int, sock: socket.socket) -> None:
        listen = ("--listen-fd", str(sock.fileno()))
        self._words = [sys.executable, "-m", "pausepoint", *words, *listen]
        self._count = count
        self._sock = sock
        self._stopping = asyncio.Event()
        self._alive: set[asyncio.subprocess.Process] = set()
        self._ready = 0

    async def run(self, on_ready: Callable[[], None], on_death: Callable[[int], None]) -> None:
        """Run until all processes have ended after SIGTERM or SIGINT. Raises NeverReady."""
        loop = asyncio.get_running_loop()
        for stop_signal in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(stop_signal, self.stop)
        is_never_ready = False
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self._count):
                    group.create_task(self._keep_one(on_ready, on_death))
        except* NeverReady:
            is_never_ready = True
        if is_never_ready:
            raise NeverReady

    def stop(self) -> None:
        if not self._stopping.is_set():
            self._stopping.set()
            asyncio.get_running_loop().call_later(STOP_SECONDS, self._signal_all, signal.SIGKILL)
        self._signal_all(signal.SIGTERM)

    def _signal_all(self, signal_number: signal.Signals) -> None:
        for process in self._alive:
            _signal(process, signal_number)

    async def _keep_one(
        self, on_ready: Callable[[], None], on_death: Callable[[int], None]
    ) -> None:
        is_first = True
        while not self._stopping.is_set():
            process = await asyncio.create_subprocess_exec(
                *self._words,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                pass_fds=(self._sock.fileno(),),
            )
            self._alive.add(process)
            if self._stopping.is_set():
                # It was started while the others were being stopped.
                _signal(process, signal.SIGTERM)
            try:
                await self._watch(process, on_ready, is_first=is_first)
            finally:
                await _end(process)
                self._alive.discard(process)
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


async def _end(process: asyncio.subprocess.Process) -> None:
    """Stop a process that may still run because another never became ready."""
    if process.returncode is None:
        _signal(process, signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        except TimeoutError:
            _signal(process, signal.SIGKILL)
            await process.wait()


def _signal(process: asyncio.subprocess.Process, signal_number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        process.send_signal(signal_number)


async def run_several(
    settings: Settings, count: int, sock: socket.socket, options: Sequence[str], *, as_json: bool
) -> None:
    """Serve with `count` processes until SIGTERM or SIGINT. Raises NeverReady.

    `options` are those that this process was given: all else the others inherit, so that no
    secret setting comes to stand on a command line.
    """

    def ready() -> None:
        show_ready(settings, None, has_accounts=True, as_json=as_json)

    with shared_metrics(settings) as on_death:
        await Processes(["serve", *options], count, sock).run(ready, on_death)


@contextmanager
def shared_metrics(settings: Settings) -> Iterator[Callable[[int], None]]:
    """Serve the metrics of all processes at one address; forget those of dead processes."""
    if settings.metrics_address is None:
        yield lambda _: None
        return
    with tempfile.TemporaryDirectory(prefix="pausepoint-metrics-") as folder:
        share_metrics_in(folder)
        from prometheus_client import multiprocess

        from pausepoint.observability.metrics import serve_shared

        stop = serve_shared(*settings.metrics_address)
        try:
            yield multiprocess.mark_process_dead
        finally:
            stop()
