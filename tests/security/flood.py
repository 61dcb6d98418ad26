"""A program that opens as many connections as it is told, and holds them until its input ends.

python tests/security/flood.py HOST PORT COUNT: prints how many it holds. Each waits to be taken by
the system, not by the server: whoever the server refuses counts too.
"""

from __future__ import annotations

import resource
import socket
import sys
from contextlib import suppress

AT_ONCE = 1_000
"""Fewer than the server's backlog: what overflows it comes again after a second, then after two."""

SPARE = 50


def main(host: str, port: int, count: int) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    wanted = count if hard == resource.RLIM_INFINITY else min(count, hard - SPARE)
    held: list[socket.socket] = []
    while len(held) < wanted:
        held.append(socket.create_connection((host, port), timeout=10))
        if len(held) % AT_ONCE == 0:
            _wait_for_its_turn(held[-1])
    print(len(held), flush=True)
    sys.stdin.read()


def _wait_for_its_turn(connection: socket.socket) -> None:
    connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
    with suppress(OSError):
        connection.recv(1)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
