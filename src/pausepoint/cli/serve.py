"""One serving process: it answers from the start, and for real as soon as its database is there."""

# ruff: noqa: PLC0415 - a command imports what it needs when it runs
from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from pausepoint.cli.banner import NewKeys, show_ready
from pausepoint.cli.common import open_or_fail
from pausepoint.cli.output import fail
from pausepoint.cli.startup import open_when_there, refusal_of

if TYPE_CHECKING:
    import socket

    from pausepoint.admin.socket import AdminSocket
    from pausepoint.config.settings import Settings
    from pausepoint.lifecycle.bootstrap import Running

DEV_EMAIL: Final = "dev@example.com"
DEV_NAME: Final = "Acme"
HOLD_BACK: Final = timedelta(seconds=2)
"""How long one of several waits for its database before it takes requests that others could answer."""


class Serving:
    """`is_one_of` several processes: then its parent speaks for all, serves the metrics, and ends it."""

    def __init__(
        self, settings: Settings, *, as_json: bool, delivers: bool = True, is_one_of: bool = False
    ) -> None:
        from pausepoint.web.server import Server
        from pausepoint.web.starting import Starting

        self._settings = settings
        self._as_json = as_json
        self._delivers = delivers
        self._is_one_of = is_one_of
        self._app = Starting()
        self._opened = asyncio.Event()
        self._listening = asyncio.Event()
        self._server = Server(self._app, self._listening.set, self._begin_stop)
        self._running: Running | None = None
        self._admin: AdminSocket | None = None
        self._refusal: str | None = None

    async def run(self, sock: socket.socket) -> None:
        """Serve until SIGTERM or SIGINT, and return after the shutdown."""
        loop = asyncio.get_running_loop()
        for stop_signal in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(stop_signal, self._server.handle_exit, stop_signal, None)
        if self._is_one_of:
            # Nothing is ever written to it: it can be read once the parent is gone.
            loop.add_reader(sys.stdin.fileno(), self._lose_parent)
        if self._settings.is_sqlite:
            # Problems with a file are reported before the first connection.
            self._running = await open_or_fail(self._settings)
        opening = asyncio.create_task(self._open())
        if self._is_one_of:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._opened.wait(), HOLD_BACK.total_seconds())
        try:
            await self._server.serve(sockets=[sock])
        finally:
            opening.cancel()
            await asyncio.gather(opening, return_exceptions=True)
            await self._close()
        if self._refusal is not None:
            fail(self._refusal)

    async def _open(self) -> None:
        try:
            if self._running is None:
                self._running = await open_when_there(self._settings)
            await self._begin(self._running)
        except Exception as error:
            # Or readiness would fail for ever without a reason.
            self._refusal = refusal_of(error)
            self._server.should_exit = True
            self._opened.set()

    async def _begin(self, running: Running) -> None:
        from pausepoint.admin.socket import AdminSocket
        from pausepoint.lifecycle.gc_tuning import freeze_gc
        from pausepoint.web.app import create_app

        new_keys = await _first_account(running) if self._settings.is_dev else None
        has_accounts = bool(await running.store.developers())
        if self._settings.is_sqlite:
            self._admin = AdminSocket(running.services, self._settings.database_path)
            await self._admin.open()
        example_key = new_keys.test if new_keys else None
        app = create_app(running.services, running.inbox, example_key)
        self._app.become(running.traced(app))
        running.start_work(delivers=self._delivers, serves_metrics=not self._is_one_of)
        freeze_gc()
        self._opened.set()
        await self._listening.wait()
        await self._server.check_itself()
        as_json = self._as_json or self._is_one_of
        show_ready(self._settings, new_keys, has_accounts=has_accounts, as_json=as_json)

    def _lose_parent(self) -> None:
        asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
        self._server.handle_exit(signal.SIGTERM, None)

    def _begin_stop(self) -> None:
        if self._running is not None:
            self._running.begin_stop()

    async def _close(self) -> None:
        if self._admin is not None:
            await self._admin.close()
        if self._running is not None:
            await self._running.close()


async def _first_account(running: Running) -> NewKeys | None:
    from pausepoint.operations.register_developer import register_developer

    if await running.store.developers():
        return None
    registered = await register_developer(running.services, DEV_EMAIL, DEV_NAME)
    return NewKeys(registered.live_key, registered.test_key)
