"""A proxy on loopback that adds the API key to each request: the conformance suite sends none."""

from __future__ import annotations

import socket
import threading
from types import TracebackType
from typing import Self


class KeyAdder:
    """Listens at `port`; everything else about a request stays as it was sent."""

    def __init__(self, port: int, key: str) -> None:
        self._target = ("127.0.0.1", port)
        self._header = f" HTTP/1.1\r\nAuthorization: Bearer {key}\r\n".encode()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                inside, _ = self._listening.accept()
            except OSError:
                return
            outside = socket.create_connection(self._target)
            for pair in ((inside, outside, True), (outside, inside, False)):
                threading.Thread(target=self._pass_on, args=pair, daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, adds_key: bool) -> None:
        with source, target:
            try:
                while chunk := source.recv(65536):
                    if adds_key:
                        chunk = chunk.replace(b" HTTP/1.1\r\n", self._header)
                    target.sendall(chunk)
            except OSError:
                pass  # one side has gone, and the other is told by closing
