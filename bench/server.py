"""Starts the shipped program as an operator would, in a folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

PAUSEPOINT = Path(sys.executable).with_name("pausepoint")


class Server:
    """`pausepoint serve` with one account; `key` is its test key: nobody outside is asked."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._environment = {
            "PATH": os.defpath,
            "PAUSEPOINT_SECRET_KEY": "0123456789abcdef0123456789abcdef",
        }
        began = time.perf_counter()
        self._process = subprocess.Popen(
            [str(PAUSEPOINT), "serve", "--port", "0", "--json"],
            cwd=folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=(folder / "log").open("wb"),
        )
        assert self._process.stdout is not None
        self.url: str = json.loads(self._process.stdout.readline())["base_url"]
        self.seconds_to_ready = time.perf_counter() - began
        self.key: str = self._account()["test_api_key"]

    @property
    def host_and_port(self) -> tuple[str, int]:
        host, _, port = self.url.removeprefix("http://").rpartition(":")
        return host, int(port)

    @property
    def resident_kb(self) -> int:
        status = Path(f"/proc/{self._process.pid}/status").read_text("utf-8")
        return int(status.split("VmRSS:")[1].split()[0])

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait(30)

    def _account(self) -> dict[str, str]:
        words = ["accounts", "create", "--email", "bench@example.com", "--name", "Acme", "--json"]
        done = subprocess.run(
            [str(PAUSEPOINT), *words],
            cwd=self._folder,
            env=self._environment,
            capture_output=True,
            check=True,
        )
        account: dict[str, str] = json.loads(done.stdout)
        return account
