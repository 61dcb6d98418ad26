"""Ports on this machine: a free one, and whether somebody listens on it."""

from __future__ import annotations

import socket
import time
from contextlib import closing

from bench.clock import wait


def free_port() -> int:
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def wait_until_it_listens(port: int, seconds: float = 30) -> None:
    """Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with closing(socket.socket()) as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        wait(0.02)
    raise TimeoutError(f"nothing listens on port {port}")
