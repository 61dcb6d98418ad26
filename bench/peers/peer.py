"""What every peer is asked, so that the answers can stand beside each other."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Protocol

from bench.report import say

WAITING: Final = 100
ANSWERS: Final = 40
TOGETHER: Final = 1_000
CLIENTS: Final = 64
PACE: Final = 0.1
"""Seconds from one answer to the next, so that those who look once a second are not hurried."""


class Peer(Protocol):
    """One product on one engine. Each call starts it afresh. Raises NotAvailable."""

    name: str

    def creates_per_second(self, seconds: float) -> float:
        """Durable questions that nobody has answered yet, by CLIENTS clients."""
        ...

    def resumed_ms(self, waiting: int) -> list[float]:
        """From sending an answer until the one who waits has it; `waiting` of them wait."""
        ...

    def lateness_s(self, together: int) -> list[float]:
        """From the common deadline of so many questions until each one who waits was told."""
        ...


@contextmanager
def a_process(
    words: list[str], folder: Path, environment: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """Ended at the end with all that it started, by force after 5 s. Its output is in `folder`."""
    with (folder / f"{Path(words[0]).name}.log").open("ab") as log:
        process = subprocess.Popen(
            words,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            say(f"  {words[0]} did not end by itself")
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
