"""`pausepoint worker` as a process of its own."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from tests.e2e.api import eventually
from tests.e2e.server import PROGRAM, SECRET, START_WITHIN, STOP_WITHIN, environment

READY: Final = "PausePoint's worker is ready."


class Worker:
    """Begins with `start`, which returns once it is ready, or with `begin`, which does not wait."""

    def __init__(self, directory: Path, **settings: str) -> None:
        directory.mkdir(exist_ok=True)
        self.directory = directory
        self.log_path = directory / "stderr.log"
        own = {
            "PAUSEPOINT_SECRET_KEY": SECRET,
            "PAUSEPOINT_PUBLIC_URL": "https://pause.example.com",
        }
        self.environment = environment(directory, **(own | settings))
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.kill()
            raise
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
        finally:
            self.kill()

    def begin(self) -> None:
        with self.log_path.open("wb") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "worker"], cwd=self.directory, env=self.environment, stderr=log
            )

    def start(self) -> None:
        self.begin()
        eventually(lambda: READY in self.log(), START_WITHIN)

    def log(self) -> str:
        return self.log_path.read_text("utf-8", "replace")

    def stop(self) -> None:
        """SIGTERM; it must end well and in time."""
        assert self.process is not None
        process, self.process = self.process, None
        process.send_signal(signal.SIGTERM)
        try:
            assert process.wait(STOP_WITHIN) == 0, self.log()
        finally:
            process.kill()
            process.wait()

    def kill(self) -> None:
        """SIGKILL, if it runs."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None
