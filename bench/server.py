"""Starts the shipped program as an operator would, in a folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from types import TracebackType
from typing import Self

from bench.engines import Database, Engine
from bench.ports import free_port
from pausepoint.domain.rate_limits import RateLimits

PAUSEPOINT = Path(sys.executable).with_name("pausepoint")
SECRET = "0123456789abcdef0123456789abcdef"

# One client of a benchmark does what many callers do in an hour: it is counted, and never refused.
LIMITS_UNREACHED = {
    "PAUSEPOINT_RATE_LIMITS": ",".join(f"{each.name}=1000000" for each in fields(RateLimits))
}
LIMITS_OFF = {"PAUSEPOINT_RATE_LIMITS": "off"}


class CannotStart(Exception):
    """The program refused; the message is what it said last."""


@dataclass(frozen=True)
class Keys:
    """With the test key nobody outside is asked."""

    live: str
    test: str


class Place:
    """A folder, a database and settings: what a server is started in, once or again."""

    def __init__(self, folder: Path, engine: Engine, **settings: str) -> None:
        self.folder = folder
        self.database: Database = engine.database(folder)
        self.environment = {
            "PATH": os.defpath,
            "PAUSEPOINT_SECRET_KEY": SECRET,
            "PAUSEPOINT_DATABASE_URL": self.database.url,
            "PAUSEPOINT_PUBLIC_URL": "http://127.0.0.1",
            **LIMITS_UNREACHED,
            **settings,
        }

    def make_account(self) -> Keys:
        """Also makes the database's tables. No server may run here yet. Raises CannotStart."""
        words = ["accounts", "create", "--email", "bench@example.com", "--name", "Acme", "--json"]
        done = subprocess.run(
            [str(PAUSEPOINT), *words],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise CannotStart(_last_line(done.stderr))
        account = json.loads(done.stdout)
        return Keys(account["api_key"], account["test_api_key"])


class Server:
    """`pausepoint serve`, or `dev`. `ready` is what it said of itself when it was ready."""

    def __init__(self, place: Place, command: str = "serve") -> None:
        log, port = place.folder / "log", free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.began = time.perf_counter()
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [str(PAUSEPOINT), command, "--port", str(port), "--json"],
                cwd=place.folder,
                env={**place.environment, "PAUSEPOINT_PUBLIC_URL": self.url},
                stdout=subprocess.PIPE,
                stderr=errors,
            )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        self.seconds_to_ready = time.perf_counter() - self.began
        if not line:
            self._process.wait(30)
            raise CannotStart(_last_line(log.read_text("utf-8", "replace")))
        self.ready: dict[str, str] = json.loads(line)

    @property
    def resident_kb(self) -> int:
        status = Path(f"/proc/{self._process.pid}/status").read_text("utf-8")
        return int(status.split("VmRSS:")[1].split()[0])

    @property
    def cpu_seconds(self) -> float:
        """What it has used of all cores together since it began."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text("utf-8").rpartition(")")[2]
        user, system = fields.split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait(30)
        assert self._process.stdout is not None
        self._process.stdout.close()


@contextmanager
def a_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="pausepoint-bench-") as path:
        yield Path(path)


@contextmanager
def a_place(engine: Engine, **settings: str) -> Iterator[Place]:
    with a_folder() as folder:
        yield Place(folder, engine, **settings)


@contextmanager
def a_server(engine: Engine, **settings: str) -> Iterator[tuple[Server, Place, Keys]]:
    """One with an account, on a fresh database. Raises CannotStart."""
    with a_place(engine, **settings) as place:
        keys = place.make_account()
        with Server(place) as server:
            yield server, place, keys


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it said nothing"])[-1]
