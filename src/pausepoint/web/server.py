"""uvicorn, where waiters go first on shutdown; its sockets and descriptors."""

from __future__ import annotations

import resource
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any, Final, cast

import uvicorn
from starlette.types import ASGIApp

from pausepoint.web.departures import Departures
from pausepoint.web.protocol import Protocol

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
                interface="asgi3",
                http=cast(Any, partial(Protocol, Departures())),
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
