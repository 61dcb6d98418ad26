"""awaithumans' own server on SQLite, by its HTTP API, as its SDK uses it."""

from __future__ import annotations

import asyncio
import os
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import uvloop

from bench.agents import AT_ONCE, close_all
from bench.clock import epoch
from bench.connection import Connection
from bench.load import Load
from bench.peers import http
from bench.peers.environments import python_environment, versions
from bench.peers.peer import CLIENTS, a_process
from bench.ports import free_port, wait_until_it_listens
from bench.server import a_folder

TOKEN: Final = "only-for-benchmarks-only-for-benchmarks"
SHORTEST: Final = 60
"""Seconds: it refuses questions whose time is shorter."""

QUESTION: Final[dict[str, Any]] = {
    "task": "Wire $8,400 to Meridian Supplies for invoice 2281?",
    "payload": {"amount": 8400, "vendor": "Meridian Supplies"},
    "payload_schema": {"type": "object"},
    "response_schema": {"type": "object", "properties": {"choice": {"type": "string"}}},
    "timeout_seconds": 3600,
}

# Every question needs a key of its own, or it is taken for a repetition.
_LUA: Final = """
local count, body = 0, wrk.body
request = function()
  count = count + 1
  return wrk.format(nil, nil, nil, (body:gsub("KEY", "load-" .. count)))
end
"""


class Awaithumans:
    def __init__(self) -> None:
        self.name = f"{versions('awaithumans', 'awaithumans')} on SQLite"

    def creates_per_second(self, seconds: float) -> float:
        with a_server() as (url, folder):
            body = {**QUESTION, "idempotency_key": "KEY"}
            load = Load(url + "/api/tasks", TOKEN, body, _LUA)
            return load.run(folder, CLIENTS, seconds).per_second

    def resumed_ms(self, waiting: int) -> list[float]:
        with a_server() as (url, _):
            return uvloop.run(_resumed_ms(url, waiting))

    def lateness_s(self, together: int) -> list[float]:
        with a_server() as (url, _):
            return uvloop.run(_lateness_s(url, together))


@contextmanager
def a_server() -> Iterator[tuple[str, Path]]:
    """Its address, and a folder for files. Raises NotAvailable."""
    program = python_environment("awaithumans") / "awaithumans"
    port = free_port()
    with a_folder() as folder:
        environment = {
            "PATH": os.defpath,
            "HOME": str(folder),
            "AWAITHUMANS_DB_PATH": str(folder / "awaithumans.db"),
            "AWAITHUMANS_PAYLOAD_KEY": urlsafe_b64encode(TOKEN[:32].encode()).decode(),
            "AWAITHUMANS_ADMIN_API_TOKEN": TOKEN,
            "AWAITHUMANS_PUBLIC_URL": f"http://127.0.0.1:{port}",
        }
        words = [str(program), "serve", "--host", "127.0.0.1", "--port", str(port)]
        with a_process([*words, "--log-level", "warning"], folder, environment):
            wait_until_it_listens(port)
            yield f"http://127.0.0.1:{port}", folder


def _surface(url: str) -> http.Surface:
    answer = {"response": {"choice": "Approve"}, "completed_by_email": "alice@example.com"}
    return http.Surface(
        url,
        TOKEN,
        wait=lambda question: ("GET", f"/api/tasks/{question}/poll?timeout=25", None),
        is_over=lambda body: body["status"] in ("completed", "timed_out"),
        answer=lambda question: ("POST", f"/api/tasks/{question}/complete", answer),
    )


async def _resumed_ms(url: str, waiting: int) -> list[float]:
    made = await _make(url, waiting, 3600)
    return await http.resumed_ms(_surface(url), [each["id"] for each in made])


async def _lateness_s(url: str, together: int) -> list[float]:
    """As its server recorded it. Nobody waits: a thousand who look once a second would starve it.

    Its deadlines are a minute after each create, so they fall as far apart as those.
    """
    made = await _make(url, together, SHORTEST)
    await asyncio.sleep(max(0.0, _instant(made[-1]["created_at"]) + SHORTEST - epoch()))
    connection = await Connection.open(url, TOKEN)
    late: list[float] = []
    for each in made:
        question = f"/api/tasks/{each['id']}"
        while not (ended_at := (await connection.ask("GET", question))["timed_out_at"]):  # noqa: ASYNC110 - another process
            await asyncio.sleep(1)
        late.append(_instant(ended_at) - _instant(each["created_at"]) - SHORTEST)
    close_all([connection])
    return late


async def _make(url: str, count: int, seconds: int) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []

    async def some(own: int) -> None:
        connection = await Connection.open(url, TOKEN)
        for _ in range(own):
            body = {**QUESTION, "timeout_seconds": seconds, "idempotency_key": uuid.uuid4().hex}
            made.append(await connection.ask("POST", "/api/tasks", body))
        close_all([connection])

    await asyncio.gather(*(some(len(range(i, count, AT_ONCE))) for i in range(AT_ONCE)))
    return made


def _instant(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
