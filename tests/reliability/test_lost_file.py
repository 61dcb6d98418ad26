"""A SQLite database that may only be read, or is gone: nothing new is taken, nothing told is lost."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

import httpx2
import pytest

from doubles.twilio import FakeTwilio
from tests.e2e.api import QUESTION, Api, eventually, token_of
from tests.e2e.server import LIMITS_OFF, START_WITHIN, Server
from tests.e2e.vendors import sms_settings
from tests.namespaces import unshare
from tests.reliability.test_trouble import check_healed, check_refused, is_ready

FILES: Final = ("pausepoint.db", "pausepoint.db-wal")
MAPPED: Final = "pausepoint.db-shm"


@pytest.fixture
def server(tmp_path: Path, twilio: FakeTwilio) -> Iterator[Server]:
    folder = tmp_path / "data"
    folder.mkdir()
    settings = {**sms_settings(twilio), **LIMITS_OFF, "PAUSEPOINT_REVEAL_RESPOND_URL": "on"}
    with Server(folder, **settings) as started:
        yield started


@pytest.fixture
def api(server: Server) -> Iterator[Api]:
    with Api(server.base_url, server.api_key) as client:
        yield client


# ── It may only be read ──


@contextmanager
def immutable(*paths: Path) -> Iterator[None]:
    """Nobody can write them, root included, through descriptors that are open already too."""
    _chattr("+i", *paths)
    try:
        yield
    finally:
        _chattr("-i", *paths)


def _chattr(mode: str, *paths: Path) -> None:
    as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    done = subprocess.run([*as_root, "chattr", mode, *paths], capture_output=True, text=True)
    assert done.returncode == 0, (
        "chattr +i is needed: as root or by sudo without a password, and a TMPDIR on ext4, xfs or"
        f" btrfs. It said: {done.stderr}"
    )


def test_files_that_become_read_only(server: Server, api: Api) -> None:
    before = api.create()
    with immutable(*(server.directory / name for name in FILES)):
        check_refused(api)
        assert api.respond(token_of(before["respond_url"]), "Approve").status_code == 503
        assert api.pause(before["pause_id"])["status"] == "pending"
    check_healed(api, before)
    assert "the database cannot write" in server.log(1000)


@pytest.mark.parametrize("end", [Server.stop, Server.kill])
def test_a_folder_in_which_nothing_can_be_made(
    server: Server, api: Api, end: Callable[[Server], None]
) -> None:
    """Its files can still be written, and more is not needed, but for a start."""
    with immutable(server.directory):
        before = api.create()
        assert is_ready(api)
        end(server)
        refused = server.command_line("serve")
        assert refused.returncode == 1
        assert "pausepoint.db" in refused.stderr
        assert "Traceback" not in server.log(1000) + refused.stderr
    server.start()
    check_healed(api, before)


def test_an_index_that_becomes_read_only_too(server: Server, api: Api) -> None:
    """SQLite writes it as memory, and the system may end a program for that: then as by `kill -9`."""
    before = api.create()
    with immutable(*(server.directory / name for name in (*FILES, MAPPED))):
        for _ in range(3):
            with suppress(httpx2.TransportError):
                assert api.http.post("/v1/pause", json=QUESTION).status_code == 503
    assert server.process is not None
    assert server.process.poll() in (None, -signal.SIGBUS)
    server.kill()
    server.start()
    check_healed(api, before)


@pytest.mark.parametrize(
    ("what", "said"), [(".", "Read-only file system"), ("pausepoint.db", "readonly database")]
)
def test_a_start_on_what_may_only_be_read(server: Server, api: Api, what: str, said: str) -> None:
    """It ends with a sentence, and spoils nothing."""
    before = api.create()
    server.stop()
    script = (
        'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && cd "$PWD" && exec "$2" serve'
    )
    refused = subprocess.run(
        [*unshare("--mount"), "sh", "-c", script, "sh", server.directory / what, *server.program],
        cwd=server.directory,
        env=server.environment,
        capture_output=True,
        text=True,
        timeout=START_WITHIN,
        check=False,
    )
    assert refused.returncode == 1, refused.stderr
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr
    server.start()
    check_healed(api, before)


# ── It is gone ──


def test_a_file_that_is_moved_away_and_back(server: Server, api: Api) -> None:
    before = api.create()
    database = server.directory / "pausepoint.db"
    database.rename(server.directory / "away.db")
    # Whether anybody looks at its readiness or not.
    eventually(lambda: api.http.post("/v1/pause", json=QUESTION).status_code == 503)
    check_gone(api)
    assert api.pause(before["pause_id"])["status"] == "pending"
    assert api.respond(token_of(before["respond_url"]), "Approve").status_code == 503
    (server.directory / "away.db").rename(database)
    check_healed(api, before)


def test_a_folder_that_is_moved_away_and_back(tmp_path: Path, server: Server, api: Api) -> None:
    before = api.create()
    url = f"sqlite:///{server.directory / 'pausepoint.db'}"
    server.stop()
    server.environment["PAUSEPOINT_DATABASE_URL"] = url
    server.start()
    server.directory.rename(tmp_path / "elsewhere")
    check_gone(api)
    (tmp_path / "elsewhere").rename(server.directory)
    check_healed(api, before)


def test_a_file_that_is_deleted(server: Server, api: Api) -> None:
    api.create()
    (server.directory / "pausepoint.db").unlink()
    check_gone(api)
    server.stop()
    assert "the database is gone" in server.log(1000)


def test_a_backup_that_is_put_in_its_place(server: Server, api: Api) -> None:
    """The old one is whole under its new name, and nothing of it gets into the new one."""
    before = api.create()
    backup = server.directory / "backup.db"
    assert server.command_line("db", "backup", str(backup)).returncode == 0
    later = api.create()
    database = server.directory / "pausepoint.db"
    database.rename(server.directory / "away.db")
    backup.rename(database)
    check_gone(api)
    with closing(sqlite3.connect(f"file:{server.directory}/away.db?immutable=1", uri=True)) as old:
        ids = {row[0] for row in old.execute("SELECT pause_id FROM pauses")}
    assert ids >= {before["pause_id"], later["pause_id"]}
    server.restart()
    assert [pause["pause_id"] for pause in api.every("/v1/pause")] == [before["pause_id"]]
    check_healed(api, before)


def test_a_log_that_is_deleted(server: Server, api: Api) -> None:
    """What was acknowledged is in the database before anybody is refused, and outlives a kill."""
    before = api.create()
    (server.directory / "pausepoint.db-wal").unlink()
    check_gone(api)
    server.kill()
    server.start()
    check_healed(api, before)


def check_gone(api: Api) -> None:
    refused = api.http.get("/health/ready")
    assert (refused.status_code, refused.json()["error"]) == (503, "UNAVAILABLE")
    assert "moved, replaced or deleted" in refused.json()["message"]
    check_refused(api)
    assert api.http.get("/health/live").status_code == 200
