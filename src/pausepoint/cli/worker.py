"""A worker of its own: it delivers and times out, and answers no requests."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

import click

from pausepoint.cli.output import fail
from pausepoint.cli.startup import open_when_there, refusal_of
from pausepoint.lifecycle.gc_tuning import freeze_gc

if TYPE_CHECKING:
    from pausepoint.config.settings import Settings
    from pausepoint.lifecycle.bootstrap import Running


async def work(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT, which may arrive before the database is reachable."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for stop_signal in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(stop_signal, stopping.set)
    told_to_stop = asyncio.ensure_future(stopping.wait())
    opening = asyncio.create_task(open_when_there(settings))
    await asyncio.wait((opening, told_to_stop), return_when=asyncio.FIRST_COMPLETED)
    if not opening.done():
        opening.cancel()
        await asyncio.gather(opening, return_exceptions=True)
        return
    try:
        running = opening.result()
    except Exception as error:
        fail(refusal_of(error))
    await _work_until(running, stopping)


async def _work_until(running: Running, stopping: asyncio.Event) -> None:
    try:
        running.start_work()
    except Exception as error:
        fail(refusal_of(error))
    freeze_gc()
    click.echo("PausePoint's worker is ready.", err=True)
    await stopping.wait()
    await running.close()
