"""uvicorn, with three manners of our own: waiters go first on shutdown, headers must arrive, errors are JSON."""

from __future__ import annotations

import asyncio
import resource
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from pausepoint.domain.errors import (
    HeadersTooLarge,
    InvalidRequest,
    PausePointError,
    RequestTimeout,
)
from pausepoint.web.errors import error_response

HEADERS_TIME: Final = timedelta(seconds=10)
HEADERS_LIMIT: Final = 64 * 1024
BODY_TIME: Final = timedelta(seconds=15)
LINGER_STEP: Final = 0.05
LINGER: Final = timedelta(seconds=0.5)
"""How long a server that stops still answers on connections that it has. A client may have sent
something just now, and would lose it: it cannot know that it may send it again elsewhere."""

SHUTDOWN_TIME: Final = 2
"""Whole seconds, after it lingered, until what is still under way is broken off."""

KEEP_ALIVE_TIME: Final = 75
"""Longer than the usual proxy's, so that the proxy is the one that closes."""

BACKLOG: Final = 4096


class Server(uvicorn.Server):
    """`on_ready` is called once it listens; `on_stop` before it waits for what is under way."""

    def __init__(
        self, app: ASGIApp, on_ready: Callable[[], None], on_stop: Callable[[], None]
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=Protocol,
                ws="none",
                loop="uvloop",
                lifespan="off",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=SHUTDOWN_TIME,
                timeout_keep_alive=KEEP_ALIVE_TIME,
                backlog=BACKLOG,
            )
        )
        self._on_ready = on_ready
        self._on_stop = on_stop

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        # uvicorn's own raises the signal again when it has stopped, before we have closed.
        return nullcontext()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._on_stop()
        listening = [sock.dup() for sock in sockets or ()]
        for server in self.servers:
            server.close()
        loop = asyncio.get_running_loop()
        for accepted in _accept_all(listening):
            await loop.connect_accepted_socket(self._new_protocol, accepted)
        await self._linger(loop.time() + LINGER.total_seconds())
        await super().shutdown(sockets)

    def _new_protocol(self) -> Protocol:
        return Protocol(self.config, self.server_state, self.lifespan.state)

    async def _linger(self, until: float) -> None:
        loop = asyncio.get_running_loop()
        while True:
            for connection in self.server_state.connections:
                if isinstance(connection, Protocol):
                    connection.linger()
            await asyncio.sleep(LINGER_STEP)
            if not self.server_state.connections or loop.time() >= until:
                return


class Protocol(HttpToolsProtocol):
    """Headers and bodies must arrive in time, and malformed HTTP is answered in JSON.

    A request that arrives whole in one piece, as nearly all do, costs no timer.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._arriving: timedelta | None = HEADERS_TIME
        self._timer: asyncio.TimerHandle | None = None
        self._header_bytes = 0
        self._is_lingering = False

    def linger(self) -> None:
        """The next response, or the one under way, is the last on this connection, and says so."""
        self._is_lingering = True
        self._end_after_response()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._watch_arrival()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_watching()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._arriving is HEADERS_TIME:
            self._header_bytes += len(data)
        super().data_received(data)
        if self._arriving is HEADERS_TIME and self._header_bytes > HEADERS_LIMIT:
            self._refuse(HeadersTooLarge())
        self._watch_arrival()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._arriving = HEADERS_TIME

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        if self._is_lingering:
            self._end_after_response()
        self._stop_watching()
        self._header_bytes = 0
        self._arriving = BODY_TIME

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._stop_watching()
        self._arriving = None

    def send_400_response(self, msg: str) -> None:
        self._refuse(InvalidRequest())

    def _end_after_response(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.keep_alive = False

    def _watch_arrival(self) -> None:
        is_open = not self.transport.is_closing()
        if self._timer is None and self._arriving is not None and is_open:
            self._timer = self.loop.call_later(self._arriving.total_seconds(), self._too_slow)

    def _stop_watching(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_slow(self) -> None:
        # Before its headers are whole it is no request: there is nobody to answer.
        if self._arriving is BODY_TIME and not self.cycle.response_started:
            self.cycle.disconnected = True
            self._refuse(RequestTimeout())
        else:
            self.transport.close()

    def _refuse(self, error: PausePointError) -> None:
        response = error_response(error)
        reason = HTTPStatus(error.status).phrase
        lines = [f"HTTP/1.1 {error.status} {reason}".encode(), b"connection: close"]
        lines += [name + b": " + value for name, value in response.raw_headers]
        self.transport.write(b"\r\n".join(lines) + b"\r\n\r\n" + bytes(response.body))
        self.transport.close()


def _accept_all(listening: list[socket.socket]) -> list[socket.socket]:
    """Every connection that the system has taken already, and the end of listening.

    Closing alone would reset them, though their clients may have sent a request.
    """
    accepted = []
    for sock in listening:
        with sock, suppress(BlockingIOError):
            sock.setblocking(False)
            while True:
                connection, _ = sock.accept()
                connection.setblocking(False)
                accepted.append(connection)
    return accepted


def listen(host: str, port: int) -> socket.socket:
    """A bound socket; port 0 takes a free one. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
    except BaseException:
        sock.close()
        raise
    sock.set_inheritable(True)
    return sock


def raise_descriptor_limit() -> None:
    """Each waiting agent holds a descriptor, and the usual soft limit is 1,024."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
