"""A real PgBouncer before a PostgreSQL of the tests', with the settings that a page gives."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from configparser import ConfigParser
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote

from tests.doubles.postgres import PostgresServer
from tests.e2e.api import eventually

PORT: Final = 6432  # It names the socket; nothing listens on the network.


class PgBouncer:
    """`page_settings` is the file as the page has it; only addresses and names are put in place.

    Like PostgreSQL it refuses to run as root: there it runs as nobody.
    """

    def __init__(
        self,
        postgres: PostgresServer,
        database: str,
        page_settings: str,
        own: dict[str, str] | None = None,
    ) -> None:
        program = shutil.which("pgbouncer", path=f"{os.defpath}:/usr/sbin:/usr/local/sbin")
        assert program, "The tests need PgBouncer: sh scripts/get-servers.sh"
        self._program = program
        self._folder = Path(tempfile.mkdtemp(prefix="bounce", dir="/tmp"))
        settings = ConfigParser()
        settings.read_string(page_settings)
        [name] = settings["databases"]
        settings["databases"][name] = (
            f"host={postgres.folder} port={postgres.port} dbname={database} user=postgres"
        )
        settings["pgbouncer"].update(
            {
                "unix_socket_dir": str(self._folder),
                "listen_port": str(PORT),
                "auth_type": "any",
                "logfile": str(self._folder / "log"),
                **(own or {}),
            }
        )
        with (self._folder / "pgbouncer.ini").open("w") as file:
            settings.write(file)
        (self._folder / "pgbouncer.ini").chmod(0o644)
        self.database = database
        self.port = int(settings["pgbouncer"]["listen_port"])
        self.url = f"postgresql://postgres@/{name}?host={quote(str(self._folder))}&port={self.port}"
        self._as: dict[str, Any] = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(self._folder, nobody.pw_uid, nobody.pw_gid)
            self._as = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        shutil.rmtree(self._folder)

    def start(self) -> None:
        self._process = subprocess.Popen(
            [self._program, "-q", self._folder / "pgbouncer.ini"], cwd=self._folder, **self._as
        )
        eventually((self._folder / f".s.PGSQL.{self.port}").exists)

    def stop(self) -> None:
        """At once, as a crash."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(10)
            self._process = None
