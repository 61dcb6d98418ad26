"""uvicorn, with three manners of our own: waiters go first on shutdown, headers must arrive, errors are JSON."""

from __future__ import annotations

import asyncio
import resource
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from pausepoint.domain.errors import InvalidRequest
from pausepoint.web.errors import error_response

HEADERS_TIME: Final = timedelta(seconds=10)
SHUTDOWN_TIME: Final = 3
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
        await super().shutdown(sockets)


class Protocol(HttpToolsProtocol):
    """Closes connections whose headers do not end in time, and answers malformed HTTP in JSON."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._headers_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        self._got_headers()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._expect_headers()

    def on_headers_complete(self) -> None:
        self._got_headers()
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        response = error_response(InvalidRequest())
        headers = b"".join(name + b": " + value + b"\r\n" for name, value in response.raw_headers)
        self.transport.write(
            b"HTTP/1.1 400 Bad Request\r\n" + headers + b"connection: close\r\n\r\n"
        )
        self.transport.write(bytes(response.body))
        self.transport.close()

    def _expect_headers(self) -> None:
        if self._headers_timer is None:
            seconds = HEADERS_TIME.total_seconds()
            self._headers_timer = self.loop.call_later(seconds, self.transport.close)

    def _got_headers(self) -> None:
        if self._headers_timer is not None:
            self._headers_timer.cancel()
            self._headers_timer = None


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
