"""Moving house, from outside: killed, looked at, gone on with, and served from the new place."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from tests.doubles.postgres import PostgresServer
from tests.e2e.api import Api, answer, eventually, token_of
from tests.e2e.server import PROGRAM, Server, StartServer

pytestmark = pytest.mark.e2e

PASSWORD: Final = "hunter2"
ENTRIES: Final = 400_000
"""Enough for a kill to come in their middle."""

MANY_ENTRIES: Final = f"""
    INSERT INTO audit (developer_id, mode, event, actor, detail, created_at)
    WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {ENTRIES})
    SELECT developer_id, 'live', 'pause.created', 'developer', '{{"channel":"sms"}}', n
    FROM numbers, developers
"""


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    server = PostgresServer()
    yield server
    server.close()


def database_of(server: Server) -> Path:
    return server.directory / "pausepoint.db"


def copy(server: Server, *options: str) -> subprocess.CompletedProcess[str]:
    return server.command_line("db", "copy", "--from", f"sqlite:///{database_of(server)}", *options)


def moved(server: Server, url: str) -> None:
    server.environment["PAUSEPOINT_DATABASE_URL"] = url


def test_a_copy_that_was_killed_is_gone_on_with_and_then_served(
    postgres: PostgresServer, start_server: StartServer
) -> None:
    name = postgres.create_database()
    url = postgres.url(name, f"postgres:{PASSWORD}")
    server = start_server()
    with Api(server.base_url, server.test_api_key) as api:
        asked = api.create(message="Move house?")
        ended = [api.create() for _ in range(3)]
        for pause, choice in zip(ended, ("Approve", "Reject"), strict=False):
            answer(api.respond(token_of(pause["respond_url"]), choice))
        answer(api.cancel(ended[2]["pause_id"]))
        answer(api.http.delete(f"/v1/pause/{ended[0]['pause_id']}/content"))
        webhook_id = api.add_webhook("https://example.com/hook", "s" * 16, ["pause.responded"])
        before = api.every("/v1/pause"), api.every("/v1/audit")
    server.kill()
    with closing(sqlite3.connect(database_of(server))) as connection, connection:
        connection.execute(MANY_ENTRIES)
    moved(server, url)
    kill_in_the_middle(server, postgres, name)

    refused = server.command_line("accounts", "list")
    assert refused.returncode == 1
    assert "a copy that is not finished" in refused.stderr
    served = server.command_line("serve", "--json")
    assert (served.returncode, served.stdout) == (1, "")
    assert "a copy that is not finished" in served.stderr

    done = copy(server, "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["verified"] is True
    assert (said["rows"]["pauses"], said["rows"]["audit"]) == (4, ENTRIES + len(before[1]))
    again = copy(server)
    assert "already holds a finished copy" in again.stderr
    said_aloud = "".join(each.stdout + each.stderr for each in (refused, served, done, again))
    assert PASSWORD not in said_aloud

    server.start()
    with Api(server.base_url, server.test_api_key) as api:
        assert (api.every("/v1/pause"), api.every("/v1/audit")) == before
        assert [hook["webhook_id"] for hook in answer(api.http.get("/v1/webhooks"))["items"]] == [
            webhook_id
        ]
        assert api.pause(ended[0]["pause_id"])["message"] is None
        answer(api.respond(token_of(asked["respond_url"]), "Approve"))
        assert api.pause(asked["pause_id"])["response_choice"] == "Approve"
        assert api.audit(pause_id=asked["pause_id"])[-1]["event_type"] == "pause.responded"


def kill_in_the_middle(server: Server, postgres: PostgresServer, name: str) -> None:
    """SIGKILL to a copy when a part of the audit log has been copied."""

    def entries() -> int:
        is_begun = postgres.run_sql("SELECT to_regclass('copy_in_progress') IS NOT NULL", name)
        return int(postgres.run_sql("SELECT count(*) FROM audit", name)) if is_begun == "t" else 0

    process = subprocess.Popen(
        [PROGRAM, "db", "copy", "--from", f"sqlite:///{database_of(server)}"],
        env=server.environment,
        cwd=server.directory,
        stderr=subprocess.DEVNULL,
    )
    try:
        eventually(entries, within=60)
    finally:
        process.kill()
        process.wait()
    assert 0 < entries() < ENTRIES


def test_both_servers_must_be_stopped(postgres: PostgresServer, start_server: StartServer) -> None:
    url = postgres.url(postgres.create_database())
    old, new = start_server(), start_server(PAUSEPOINT_DATABASE_URL=url)

    refused = copy(old, "--to", url)
    assert refused.returncode == 1
    assert "is running on" in refused.stderr
    assert "Stop it first" in refused.stderr
    old.stop()
    refused = copy(old, "--to", url)
    assert "running on the target" in refused.stderr
    new.stop()
    refused = copy(old, "--to", url)
    assert "holds accounts of its own" in refused.stderr


def test_what_a_killed_server_had_acknowledged_is_copied(
    postgres: PostgresServer, start_server: StartServer
) -> None:
    """It lies in the file beside the database."""
    server = start_server()
    with Api(server.base_url, server.test_api_key) as api:
        asked = [api.create()["pause_id"] for _ in range(20)]
    server.kill()
    assert database_of(server).with_name("pausepoint.db-wal").stat().st_size > 0
    moved(server, postgres.url(postgres.create_database()))
    done = copy(server)
    assert done.returncode == 0, done.stderr

    server.start()
    with Api(server.base_url, server.test_api_key) as api:
        assert [pause["pause_id"] for pause in api.every("/v1/pause")] == asked[::-1]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--from", "postgresql://u:hunter2@127.0.0.1:1/a"), "--from must be a SQLite database"),
        (("--from", "pausepoint.db"), "--from must be a SQLite database"),
        (("--from", "sqlite:///nothing.db"), "Say where to"),
        (("--from", "sqlite:///nothing.db", "--to", "sqlite:///b.db"), "Say where to"),
        (("--from", "sqlite:///nothing.db", "--to", "postgresql://u:hunter2@127.0.0.1:1/a"),
         "There is no database at nothing.db"),
        (("--from", "sqlite:///a.db", "--to", "postgresql://u:hunter2@127.0.0.1:1/a"),
         "target cannot be reached"),
        (("--from", "sqlite:///a.db", "--to", "postgresql://u:hunter2/x@127.0.0.1/a"),
         "cannot be read as a URL"),
        (("--from", "sqlite:///a.db", "--to", "mysql://u:hunter2@127.0.0.1/a"), "must be"),
    ],
)  # fmt: skip
def test_what_cannot_be_copied_is_refused_and_no_password_is_shown(
    tmp_path: Path, options: tuple[str, ...], says: str
) -> None:
    server = Server(tmp_path)
    migrated = server.command_line("migrate")
    assert migrated.returncode == 0
    (tmp_path / "pausepoint.db").rename(tmp_path / "a.db")
    refused = server.command_line("db", "copy", *options)

    assert (refused.returncode, refused.stdout) == (1, "")
    assert says in refused.stderr
    assert PASSWORD not in refused.stderr
    assert not (tmp_path / "nothing.db").exists()


def test_another_secret_key_is_refused(postgres: PostgresServer, tmp_path: Path) -> None:
    server = Server(tmp_path)
    assert server.command_line("migrate").returncode == 0
    server.environment["PAUSEPOINT_SECRET_KEY"] = "another" * 6
    moved(server, postgres.url(postgres.create_database()))
    refused = copy(server)

    assert refused.returncode == 1
    assert "made under another PAUSEPOINT_SECRET_KEY" in refused.stderr


def test_people_see_what_was_copied(postgres: PostgresServer, tmp_path: Path) -> None:
    server = Server(tmp_path)
    assert server.command_line("migrate").returncode == 0
    moved(server, postgres.url(postgres.create_database()))
    done = copy(server)

    assert done.returncode == 0, done.stderr
    assert "All 2 rows were read back and are the same" in done.stdout
    assert "Checking" in done.stderr
