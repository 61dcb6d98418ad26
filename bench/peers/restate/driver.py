"""Restate: its server, a service beside it, and its HTTP ingress for agents and people."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import uvloop

from bench.agents import AT_ONCE, close_all
from bench.clock import epoch
from bench.connection import Connection
from bench.load import Load
from bench.peers import http
from bench.peers.environments import node_packages, python_environment, versions
from bench.peers.peer import CLIENTS, a_process
from bench.ports import free_port, wait_until_it_listens
from bench.server import a_folder

LEAD: Final = 10.0
"""Seconds from beginning to ask to the common deadline."""

HOUR: Final = 3600.0
SERVER: Final = "1.7.12"

# Every workflow needs a key of its own.
_LUA: Final = """
local count = 0
request = function()
  count = count + 1
  return wrk.format(nil, "/Ask/load-" .. count .. "/run/send")
end
"""


class Restate:
    def __init__(self) -> None:
        self.name = f"Restate {SERVER} ({versions('restate', 'restate-sdk')})"

    def creates_per_second(self, seconds: float) -> float:
        with a_server() as (url, folder):
            load = Load(url, "", epoch() + HOUR, _LUA)
            return load.run(folder, CLIENTS, seconds).per_second

    def resumed_ms(self, waiting: int) -> list[float]:
        with a_server() as (url, _):
            return uvloop.run(_resumed_ms(url, waiting))

    def lateness_s(self, together: int) -> list[float]:
        with a_server() as (url, _):
            return uvloop.run(_lateness_s(url, together))


@contextmanager
def a_server() -> Iterator[tuple[str, Path]]:
    """The ingress' address, and a folder for files. Raises NotAvailable."""
    python, node = python_environment("restate"), node_packages("restate")
    program = next(node.glob("@restatedev/restate-server-*/bin/restate-server"))
    ingress, admin, nodes, service = (free_port() for _ in range(4))
    with a_folder() as folder:
        path = {"PATH": os.defpath, "HOME": str(folder)}
        settings = {
            "RESTATE_INGRESS__BIND_PORT": str(ingress),
            "RESTATE_ADMIN__BIND_PORT": str(admin),
            "RESTATE_BIND_PORT": str(nodes),
            "RESTATE_BIND_IP": "127.0.0.1",
            "RESTATE_LISTEN_MODE": "tcp",
            "RESTATE_NODE_NAME": "bench",
            "RESTATE_BASE_DIR": str(folder / "data"),
            "RESTATE_DISABLE_TELEMETRY": "true",
            "RESTATE_LOG_FILTER": "error",
            "RESTATE_SHUTDOWN_TIMEOUT": "2s",
        }
        code = Path(__file__).parent
        serve = [str(python / "hypercorn"), "--bind", f"127.0.0.1:{service}"]
        serve += ["--graceful-timeout", "1", "service:app"]
        with (
            a_process([str(program), "--no-logo"], folder, {**path, **settings}),
            a_process(serve, folder, {**path, "PYTHONPATH": str(code)}),
        ):
            for port in (ingress, admin, service):
                wait_until_it_listens(port)
            asyncio.run(_register(f"http://127.0.0.1:{admin}", f"http://127.0.0.1:{service}"))
            yield f"http://127.0.0.1:{ingress}", folder


async def _register(admin: str, service: str) -> None:
    """Retried, since the server listens before it is ready."""
    until = time.monotonic() + 30
    while True:
        connection = await Connection.open(admin)
        status, body = await connection.send("POST", "/deployments", {"uri": service})
        close_all([connection])
        if status < 300:
            return
        if time.monotonic() > until:
            raise RuntimeError(f"Restate did not take the service: {status} {body[:300].decode()}")
        await asyncio.sleep(0.3)


def _surface(url: str) -> http.Surface:
    return http.Surface(
        url,
        "",
        wait=lambda question: ("GET", f"/restate/workflow/Ask/{question}/attach", None),
        is_over=lambda _: True,
        answer=lambda question: ("POST", f"/Ask/{question}/respond", "Approve"),
    )


async def _resumed_ms(url: str, waiting: int) -> list[float]:
    questions = await _make(url, waiting, epoch() + HOUR)
    return await http.resumed_ms(_surface(url), questions)


async def _lateness_s(url: str, together: int) -> list[float]:
    due_at = epoch() + LEAD
    questions = await _make(url, together, due_at)
    return await http.lateness_s(_surface(url), questions, [due_at] * together)


async def _make(url: str, count: int, due_at: float) -> list[str]:
    names = [f"q{number}" for number in range(count)]

    async def some(own: list[str]) -> None:
        connection = await Connection.open(url)
        for name in own:
            await connection.ask("POST", f"/Ask/{name}/run/send", due_at)
        close_all([connection])

    await asyncio.gather(*(some(names[i::AT_ONCE]) for i in range(AT_ONCE)))
    return names
