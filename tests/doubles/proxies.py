"""Real proxies in front of a server, each a process on a loopback port: nginx, HAProxy, Caddy."""

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
    """Listens on 127.0.0.1:{port} once it is entered. A subclass writes `configuration`."""

    program: ClassVar[str]
    arguments: ClassVar[tuple[str, ...]]
    """Followed by the configuration's path."""

    def __init__(self, port: int) -> None:
        found = shutil.which(self.program, path=_PATH)
        assert found, f"The tests need {self.program}: sh scripts/get-reliability-tools.sh"
        self.port = port
        self.base_url = f"http://127.0.0.1:{port}"
        self.folder = Path(tempfile.mkdtemp(prefix=self.program, dir="/tmp"))
        self.folder.chmod(0o755)
        self.configuration = self.folder / "configuration"
        self._command = [found, *self.arguments, str(self.configuration)]

    def __enter__(self) -> Self:
        with (self.folder / "output.log").open("wb") as output:
            self._process = subprocess.Popen(
                self._command,
                cwd=self.folder,
                env={"HOME": str(self.folder), "PATH": _PATH},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        eventually(lambda: self._process.poll() is not None or self._listens())
        assert self._process.poll() is None, self.log("output")
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
        shutil.rmtree(self.folder)

    def log(self, name: str) -> str:
        """`output`, and of nginx `access` and `error`."""
        return (self.folder / f"{name}.log").read_text("utf-8", "replace")

    def _listens(self) -> bool:
        with suppress(ConnectionError):
            socket.create_connection(("127.0.0.1", self.port)).close()
            return True
        return False


class Nginx(Proxy):
    """`http` is what belongs between the braces of that block."""

    program = "nginx"
    arguments = ("-p", ".", "-c")

    def __init__(self, http: str, port: int) -> None:
        super().__init__(port)
        names = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        temporary = "\n".join(f"{name}_temp_path {self.folder}/{name};" for name in names)
        self.configuration.write_text(f"""
daemon off;
worker_processes 1;
pid {self.folder}/pid;
error_log {self.folder}/error.log notice;
events {{ worker_connections 512; }}
http {{
    access_log {self.folder}/access.log combined;
    {temporary}
    {http}
}}
""")


class Haproxy(Proxy):
    """`more` goes into the frontend."""

    program = "haproxy"
    arguments = ("-W", "-db", "-f")

    def __init__(self, backend: int, more: str = "") -> None:
        super().__init__(free_port())
        self.configuration.write_text(f"""
defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout server 60s
    option forwardfor

frontend people
    bind 127.0.0.1:{self.port}
    {more}
    default_backend pausepoint

backend pausepoint
    http-reuse always
    server one 127.0.0.1:{backend}
""")


class Caddy(Proxy):
    """`more` goes into the site."""

    program = "caddy"
    arguments = ("run", "--adapter", "caddyfile", "--config")

    def __init__(self, backend: int, more: str = "") -> None:
        super().__init__(free_port())
        self.configuration.write_text(f"""
{{
    admin off
    auto_https off
}}
http://127.0.0.1:{self.port} {{
    {more}
    reverse_proxy 127.0.0.1:{backend}
}}
""")
