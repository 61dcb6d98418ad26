"""A mail server that takes everything and keeps a count, as a process of its own.

It prints its port, and then the count for every line that it reads.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from aiosmtpd.smtp import SMTP, Envelope, Session


class Counter:
    def __init__(self) -> None:
        self.taken = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.taken += 1
        return "250 taken"


class Sink:
    """The process, as the benchmarks see it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.port = int(self._ask())

    @property
    def settings(self) -> dict[str, str]:
        """With these a server sends its e-mail here."""
        return {
            "PAUSEPOINT_SMTP_URL": f"smtp://127.0.0.1:{self.port}",
            "PAUSEPOINT_EMAIL_FROM": "asks@example.com",
        }

    def taken(self) -> int:
        """How many mails have come so far."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return int(self._ask())

    def _ask(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


@contextmanager
def a_process(module: str) -> Iterator[Sink]:
    words = [sys.executable, "-m", module]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Sink(process)
        finally:
            process.terminate()


def a_sink() -> AbstractContextManager[Sink]:
    return a_process("bench.smtp_sink")


async def serve() -> None:
    counter = Counter()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(counter), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    while await asyncio.to_thread(sys.stdin.readline):
        print(counter.taken, flush=True)


if __name__ == "__main__":
    asyncio.run(serve())
