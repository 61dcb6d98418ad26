"""A real nginx with a given `http` configuration, on a loopback port."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from tests.e2e.api import eventually

_AROUND: Final = """
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log notice;
events {{ worker_connections 512; }}
http {{
    access_log {folder}/access.log combined;
    {temporary}
    {http}
}}
"""
_TEMPORARY: Final = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


class Nginx:
    """`http` is what belongs between the braces of that block; it listens on 127.0.0.1:{port}."""

    def __init__(self, http: str, port: int) -> None:
        program = shutil.which("nginx", path=f"{os.defpath}:/usr/sbin:/usr/local/sbin")
        assert program, "The tests need nginx: sh scripts/get-servers.sh"
        self._program = program
        self.base_url = f"http://127.0.0.1:{port}"
        self._folder = Path(tempfile.mkdtemp(prefix="nginx", dir="/tmp"))
        self._folder.chmod(0o755)
        temporary = "\n".join(f"{name}_temp_path {self._folder}/{name};" for name in _TEMPORARY)
        text = _AROUND.format(folder=self._folder, temporary=temporary, http=http)
        (self._folder / "nginx.conf").write_text(text)

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [self._program, "-p", self._folder, "-c", self._folder / "nginx.conf"],
            stderr=subprocess.DEVNULL,
        )
        eventually(lambda: (self._folder / "pid").exists() or self._process.poll() is not None)
        assert self._process.poll() is None, self.log("error")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(10)
        shutil.rmtree(self._folder)

    def log(self, name: str) -> str:
        """`access` or `error`."""
        return (self._folder / f"{name}.log").read_text("utf-8", "replace")
