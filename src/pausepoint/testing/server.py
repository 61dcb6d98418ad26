"""A whole server in a thread of this process, on a free port, with a database of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from pausepoint.client import PausePoint
from pausepoint.config.settings import Command, Settings, load
from pausepoint.domain.time import to_datetime
from pausepoint.lifecycle.bootstrap import Running, open_service
from pausepoint.operations.register_developer import Registered, register_developer
from pausepoint.testing.answering import Answering
from pausepoint.testing.clock import ShiftedClock
from pausepoint.testing.person import Person
from pausepoint.testing.portal import Portal
from pausepoint.testing.quiet import only_warnings
from pausepoint.testing.worker import Worker
from pausepoint.web.app import create_app
from pausepoint.web.server import Server, listen

HOST: Final = "127.0.0.1"
PATIENCE: Final = timedelta(minutes=1)


class LocalClock:
    """The server's time: it runs as usual, ahead of the system's by as much as it was advanced."""

    def __init__(self, portal: Portal, clock: ShiftedClock, worker: Worker) -> None:
        self._portal = portal
        self._clock = clock
        self._worker = worker

    @property
    def now(self) -> datetime:
        """Return the server's time in UTC."""
        return to_datetime(self._clock.now())

    def advance(self, duration: timedelta | None = None, **parts: float) -> None:
        """`advance(timedelta(hours=4))` or `advance(hours=4)`, with the words that timedelta takes.

        Everything that falls due by then happens in order, and messages and deadlines have happened
        when it returns. Webhooks may still be on their way. Raises ValueError for a step back.
        """
        step = (duration or timedelta()) + timedelta(**parts)
        if step < timedelta():
            raise ValueError("Time does not go back.")
        self._portal.run(self._worker.advance(step))


class LocalPausePoint:
    """A running server with one account. `api_key` is live: it reaches `person` too, and no one else.

    `environment` is what a program under test needs to find it, with the test key.
    """

    def __init__(self, base_url: str, keys: Registered, person: Person, clock: LocalClock) -> None:
        self.base_url = base_url
        self.api_key = keys.live_key
        self.test_api_key = keys.test_key
        self.person = person
        self.clock = clock
        self._clients = ExitStack()

    @property
    def environment(self) -> Mapping[str, str]:
        return {
            "PAUSEPOINT_BASE_URL": self.base_url,
            "PAUSEPOINT_API_KEY": self.test_api_key,
        }

    @cached_property
    def client(self) -> PausePoint:
        """Return a client with the test key; it is closed with the server."""
        return self._clients.enter_context(PausePoint(self.test_api_key, self.base_url))

    def close(self) -> None:
        self._clients.close()

    def __repr__(self) -> str:
        return f"LocalPausePoint({self.base_url!r})"


@contextmanager
def running(
    folder: Path | None = None, *, patience: timedelta = PATIENCE
) -> Iterator[LocalPausePoint]:
    """Run a server and its database, a file in its own folder, until the block ends.

    That folder is made in `folder`, or where the system has such things. A question for which
    the test does not say what the person does is cancelled after `patience` of real time. Raises AssertionError
    at the end for that, and for what the person was set to do and could not. What still waits then is
    cancelled.
    """
    with only_warnings(), ExitStack() as stack:
        place = stack.enter_context(TemporaryDirectory(prefix="pausepoint-", dir=folder))
        thread = _Thread(Path(place), patience)
        stack.callback(thread.end)
        local = thread.begin()
        stack.callback(local.close)
        stack.callback(thread.withdraw_all)
        try:
            yield local
        except BaseException as error:
            for problem in thread.problems:
                error.add_note(problem)
            raise
        if thread.problems:
            raise AssertionError("\n".join(thread.problems))


class _Thread:
    def __init__(self, folder: Path, patience: timedelta) -> None:
        self._folder = folder
        self._patience = patience
        self._ready: Future[LocalPausePoint] = Future()
        self._server: Server | None = None
        self._answering: Answering | None = None
        self._withdraw_all: Callable[[], None] = lambda: None
        self._errors: list[BaseException] = []
        self._thread = threading.Thread(target=self._run, name="pausepoint", daemon=True)

    def begin(self) -> LocalPausePoint:
        """Start, and return once it listens. Raises the error that prevented it."""
        self._thread.start()
        return self._ready.result()

    @property
    def problems(self) -> list[str]:
        return self._answering.problems if self._answering else []

    def withdraw_all(self) -> None:
        self._withdraw_all()

    def end(self) -> None:
        """Stop. Raises an error that ended the server early."""
        self._stop()
        self._thread.join()
        for error in self._errors:
            raise error

    def _stop(self, _: object = None) -> None:
        if self._server is not None:
            self._server.should_exit = True

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            if self._ready.done():
                self._errors.append(error)
            else:
                self._ready.set_exception(error)

    async def _serve(self) -> None:
        with listen(HOST, 0) as sock:
            clock = ShiftedClock()
            service = await open_service(_settings(self._folder, sock.getsockname()[1]), clock)
            try:
                await self._serve_with(service, clock, sock)
            finally:
                await service.close()

    async def _serve_with(self, service: Running, clock: ShiftedClock, sock: Any) -> None:
        services = service.services
        assert service.inbox is not None
        keys = await register_developer(services, "dev@example.com", "Acme")
        worker = Worker(services, clock)
        answering = Answering(services, service.inbox, worker.advance, self._patience)
        portal = Portal(asyncio.get_running_loop())
        developer_id = keys.developer.developer_id
        self._answering = answering
        self._withdraw_all = lambda: portal.run(answering.withdraw_all(developer_id))
        local = LocalPausePoint(
            services.policy.public_url,
            keys,
            Person(portal, answering),
            LocalClock(portal, clock, worker),
        )
        app = create_app(services, service.inbox, keys.test_key)
        self._server = Server(app, lambda: self._ready.set_result(local), service.begin_stop)
        working = [asyncio.create_task(each.run()) for each in (worker, answering)]
        for task in working:
            task.add_done_callback(self._stop)
        try:
            await self._server.serve(sockets=[sock])
        finally:
            for task in working:
                task.cancel()
            ends = await asyncio.gather(*working, return_exceptions=True)
            self._errors += [end for end in ends if isinstance(end, Exception)]


def _settings(folder: Path, port: int) -> Settings:
    """Return settings that ignore the environment; without a public URL no channel is set up."""
    return load(
        Command.DEV,
        {
            "PAUSEPOINT_DATABASE_URL": f"sqlite:///{folder / 'pausepoint.db'}",
            "PAUSEPOINT_SECRET_KEY": "only-for-tests-" * 3,
            "PAUSEPOINT_HOST": HOST,
            "PAUSEPOINT_PORT": str(port),
            "PAUSEPOINT_OUTBOUND_ALLOW": "127.0.0.0/8,::1/128",
        },
    )
