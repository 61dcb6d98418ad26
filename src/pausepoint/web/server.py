"""uvicorn, where waiters go first on shutdown; its sockets and descriptors."""

from __future__ import annotations

import asyncio
import resource
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import partial
from importlib.metadata import version
from typing import Any, Final, cast

import uvicorn
from starlette.types import ASGIApp

from pausepoint.web.protocol import Protocol
from pausepoint.web.write_coalescing import WriteCoalescer

LINGER: Final = 0.5
"""Seconds for which a server that stops still answers on the connections that it has. A client may
have sent something just now, and could not know that it may send it again elsewhere."""

LINGER_STEP: Final = 0.05
SHUTDOWN_TIME: Final = 2
"""Whole seconds before remaining requests are cancelled at shutdown."""

KEEP_ALIVE_TIME: Final = 75
"""Longer than the usual proxy's, so that the proxy is the one that closes."""

BACKLOG: Final = 4096


CHECK_TIME: Final = 5
"""Seconds in which a request of its own must be answered."""


class ServerBroken(Exception):
    """The installed HTTP server does not fit. The message says what to install."""


class Server(uvicorn.Server):
    """`on_ready` is called once it listens; `on_stop` before it waits for what is under way."""

    def __init__(
        self, app: ASGIApp, on_ready: Callable[[], None], on_stop: Callable[[], None]
    ) -> None:
        self._protocol = partial(Protocol, WriteCoalescer())
        super().__init__(
            uvicorn.Config(
                app,
                interface="asgi3",
                http=cast(Any, self._protocol),
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

    async def check_itself(self) -> None:
        """Send one request through the protocol, on a socket pair. Raises ServerBroken.

        The protocol subclasses uvicorn's: with a version that it does not fit, every request fails.
        """
        ours, theirs = socket.socketpair()
        theirs.setblocking(False)
        await asyncio.get_running_loop().connect_accepted_socket(self._new_protocol, theirs)
        reader, writer = await asyncio.open_connection(sock=ours)
        try:
            writer.write(
                b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            )
            async with asyncio.timeout(CHECK_TIME):
                answer = await reader.read()
        except (OSError, TimeoutError):
            answer = b""
        finally:
            writer.close()
        if not answer.startswith(b"HTTP/1.1 200 "):
            raise ServerBroken(
                "The server does not answer a request of its own."
                f" uvicorn {version('uvicorn')} and httptools {version('httptools')} are installed;"
                " install those that PausePoint asks for: pip install 'pausepoint[server]'"
            )

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._on_stop()
        listening = [sock.dup() for sock in sockets or ()]
        for server in self.servers:
            server.close()
        loop = asyncio.get_running_loop()
        for accepted in _accept_all(listening):
            await loop.connect_accepted_socket(self._new_protocol, accepted)
        await self._linger(loop.time() + LINGER)
        await super().shutdown(sockets)

    def _new_protocol(self) -> asyncio.Protocol:
        return self._protocol(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )

    async def _linger(self, until: float) -> None:
        loop = asyncio.get_running_loop()
        while True:
            for connection in self.server_state.connections:
                if isinstance(connection, Protocol):
                    connection.linger()
            await asyncio.sleep(LINGER_STEP)
            if not self.server_state.connections or loop.time() >= until:
                return


def _accept_all(listening: list[socket.socket]) -> list[socket.socket]:
    """Every connection that the system has taken already, and the end of listening.

    Closing alone would reset them, though their clients may have sent a request.
    """
    accepted = []
    for sock in listening:
        # BlockingIOError: there are no more; any other: no more can be taken.
        with sock, suppress(OSError):
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
