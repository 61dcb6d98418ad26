"""A line to a server on a Unix socket, that can be cut at a chosen moment."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from types import TracebackType


class CutLine:
    """Passes everything on, until told to lose what comes next.

    `lose_request` cuts the line that next carries `words` towards the server, before the server has
    them; `lose_answer` after it, as soon as the server answers: the answer is lost. `cut` is set
    each time that has happened.
    """

    def __init__(self, server: Path) -> None:
        self._server_path = server
        # Short: a socket's path holds 107 bytes at most.
        self.folder = Path(tempfile.mkdtemp(prefix="cut", dir="/tmp"))
        self._words: bytes | None = None
        self._loses_answer = False
        self.cut = asyncio.Event()
        self._lines: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> CutLine:
        path = self.folder / self._server_path.name
        self._listening = await asyncio.start_unix_server(self._accept, path)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listening.close()
        self.cut_all()
        await asyncio.gather(*self._lines, return_exceptions=True)
        shutil.rmtree(self.folder)

    def lose_request(self, words: bytes) -> None:
        self._words, self._loses_answer = words, False
        self.cut.clear()

    def lose_answer(self, words: bytes) -> None:
        self._words, self._loses_answer = words, True
        self.cut.clear()

    def cut_all(self) -> None:
        for line in self._lines:
            line.cancel()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._lines.add(task)
        task.add_done_callback(self._lines.discard)
        with suppress(OSError, asyncio.CancelledError):
            await self._pass_on(reader, writer)
        writer.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, requests = await asyncio.open_unix_connection(self._server_path)
        is_doomed = False

        async def towards_server() -> None:
            nonlocal is_doomed
            while data := await reader.read(1 << 20):
                if self._words is not None and self._words in data:
                    self._words = None
                    if not self._loses_answer:
                        self.cut.set()
                        return
                    is_doomed = True
                requests.write(data)
                await requests.drain()

        async def towards_client() -> None:
            while data := await answers.read(1 << 20):
                if is_doomed:
                    self.cut.set()
                    return
                writer.write(data)
                await writer.drain()

        both = [asyncio.ensure_future(each()) for each in (towards_server, towards_client)]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in both:
                each.cancel()
            await asyncio.gather(*both, return_exceptions=True)
            requests.close()
