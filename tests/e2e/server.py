"""The shipped program as a process of its own: started, stopped, killed and started again."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from tests.e2e.discretion import told

PROGRAM: Final = str(Path(sys.executable).with_name("pausepoint"))
SECRET: Final = "only-for-tests-" * 3
LIMITS_OFF: Final = {"PAUSEPOINT_RATE_LIMITS": "off"}
"""For tests that do in a second what many callers do in an hour."""

START_WITHIN: Final = 30
STOP_WITHIN: Final = 5
"""The program's promise: this long after SIGTERM it is gone."""

LISTENING: Final = "0A"
NOT_ACCEPTED: Final = "0"  # the inode of a connection that no process holds
LINE_LIMIT: Final = 2000

running: Final[list[Server]] = []
"""Those whose log is shown when a test fails."""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


def environment(directory: Path, **settings: str) -> dict[str, str]:
    """A clean environment: nothing of the caller's but where programs are. Limits by count are off."""
    path = os.environ.get("PATH", os.defpath)  # noqa: TID251 - not a setting of the program
    return {"PATH": path, "HOME": str(directory), "LANG": "C.UTF-8", **LIMITS_OFF, **settings}


def production(port: int) -> dict[str, str]:
    """What `serve` needs at the least."""
    return {
        "PAUSEPOINT_SECRET_KEY": SECRET,
        "PAUSEPOINT_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "PAUSEPOINT_PORT": str(port),
    }


class Server:
    """`pausepoint dev` or `serve` in a directory of its own, on one port over every restart.

    `api_key` and `test_api_key` are those of the first account, which is made by `start`.
    """

    def __init__(
        self,
        directory: Path,
        command: str = "serve",
        arguments: tuple[str, ...] = (),
        **settings: str,
    ) -> None:
        self.arguments = arguments
        self.program: tuple[str, ...] = (PROGRAM,)
        self.port = free_port()
        own = {"PAUSEPOINT_PORT": str(self.port)} if command == "dev" else production(self.port)
        self.directory = directory
        self.command = command
        self.environment = environment(directory, **(own | settings))
        self.log_path = directory / "stderr.log"
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.api_key = ""
        self.test_api_key = ""
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.kill()
            raise
        running.append(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if self.process is not None and kind is None:
                self.stop()
            if kind is None:
                secrets = told(self.log_path.read_text("utf-8", "replace"))
                assert not secrets, "\n".join(secrets)
        finally:
            self.kill()
            running.remove(self)

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def start(self) -> None:
        """Returns once it listens."""
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                [*self.program, self.command, *self.arguments, "--json"],
                cwd=self.directory,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        ready = json.loads(self._first_line())
        assert ready["base_url"] == self.environment.get("PAUSEPOINT_PUBLIC_URL", self.base_url)
        if not self.api_key:
            keys = ready if "api_key" in ready else self.new_account("agents@example.com")
            self.api_key, self.test_api_key = keys["api_key"], keys["test_api_key"]

    def stop(self) -> None:
        """SIGTERM; it must end well and in time."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        assert self.wait() == 0, self.log()

    def wait(self) -> int:
        """The exit code of a process that was told to stop."""
        assert self.process is not None
        process, self.process = self.process, None
        try:
            return process.wait(STOP_WITHIN)
        finally:
            process.kill()
            process.wait()
            _close(process)

    def kill(self) -> None:
        """SIGKILL, if it runs."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            _close(self.process)
            self.process = None

    def restart(self) -> None:
        if self.process is not None:
            self.stop()
        self.start()

    def command_line(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Another command of the program, in the same directory with the same settings."""
        return subprocess.run(
            [PROGRAM, *arguments],
            cwd=self.directory,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=START_WITHIN,
            check=False,
        )

    def new_account(self, email: str) -> dict[str, str]:
        """The keys of an account that the operator makes while the server runs."""
        made = self.command_line("accounts", "create", "--email", email, "--name", "Acme", "--json")
        assert made.returncode == 0, made.stderr
        keys: dict[str, str] = json.loads(made.stdout)
        return keys

    def connections(self) -> int:
        """How many it has accepted, has not closed and has read to the last byte."""
        return len(self.peers())

    def peers(self) -> set[str]:
        """The other ends of those connections: a new one has another port than one that ends."""
        rows = [line.split() for line in Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]]
        own = [row for row in rows if row[1].endswith(f":{self.port:04X}")]
        return {
            row[2]
            for row in own
            if row[3] != LISTENING and row[4].endswith(f":{0:08X}") and row[9] != NOT_ACCEPTED
        }

    def log(self, lines: int = 60) -> str:
        """The end of what it wrote to stderr."""
        if not self.log_path.exists():
            return ""
        logged = self.log_path.read_text("utf-8", "replace").splitlines()
        return "\n".join(line[:LINE_LIMIT] for line in logged[-lines:])

    def _first_line(self) -> bytes:
        assert self.process is not None
        assert self.process.stdout is not None
        pipe = self.process.stdout.fileno()
        deadline = time.monotonic() + START_WITHIN
        line = b""
        while not line.endswith(b"\n"):
            ready, _, _ = select.select([pipe], [], [], max(0, deadline - time.monotonic()))
            chunk = os.read(pipe, 65536) if ready else b""
            assert chunk, f"{self.command} did not become ready:\n{self.log()}"
            line += chunk
        return line


StartServer = Callable[..., Server]
"""Takes the command and settings; the server ends with the test."""


def _close(process: subprocess.Popen[bytes]) -> None:
    if process.stdout is not None:
        process.stdout.close()
