"""A real HAProxy and a real Caddy in front of a server, each with its own documentation's configuration."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Final, Self

from tests.e2e.api import eventually
from tests.e2e.server import free_port

_PATH: Final = f"{os.defpath}:/usr/sbin:/usr/local/sbin"


class Proxy:
    """A process that listens on a free port of 127.0.0.1. `more` goes into the configuration."""

    program: ClassVar[str]
    arguments: ClassVar[tuple[str, ...]]
    configuration: ClassVar[str]

    def __init__(self, backend: int, more: str = "") -> None:
        found = shutil.which(self.program, path=_PATH)
        assert found, f"The tests need {self.program}: sh scripts/get-reliability-tools.sh"
        self.port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self._folder = Path(tempfile.mkdtemp(prefix=self.program, dir="/tmp"))
        file = self._folder / "configuration"
        file.write_text(self.configuration.format(port=self.port, backend=backend, more=more))
        self._command = [found, *self.arguments, str(file)]

    def __enter__(self) -> Self:
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                self._command,
                env={"HOME": str(self._folder), "PATH": _PATH},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        eventually(lambda: self._process.poll() is not None or self._listens())
        assert self._process.poll() is None, (self._folder / "log").read_text("utf-8", "replace")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._folder)

    def _listens(self) -> bool:
        with suppress(ConnectionError):
            socket.create_connection(("127.0.0.1", self.port)).close()
            return True
        return False


class Haproxy(Proxy):
    program = "haproxy"
    arguments = ("-W", "-db", "-f")
    configuration = """
defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout server 60s
    option forwardfor

frontend people
    bind 127.0.0.1:{port}
    {more}
    default_backend pausepoint

backend pausepoint
    http-reuse always
    server one 127.0.0.1:{backend}
"""


class Caddy(Proxy):
    program = "caddy"
    arguments = ("run", "--adapter", "caddyfile", "--config")
    configuration = """
{{
    admin off
    auto_https off
}}
http://127.0.0.1:{port} {{
    {more}
    reverse_proxy 127.0.0.1:{backend}
}}
"""
