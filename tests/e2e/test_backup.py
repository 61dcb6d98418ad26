"""A backup is worth what its restore is: the commands of the page, on a database that was killed."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from tests.docs.pages import ROOT, Step, steps
from tests.doubles.postgres import PostgresServer
from tests.e2e.api import Api, answer, token_of
from tests.e2e.server import PROGRAM, StartServer, environment

pytestmark = pytest.mark.e2e

PAGE: Final = ROOT / "docs" / "how-to" / "backup-and-restore.md"
KEY: Final = {"Idempotency-Key": "order-7"}
QUESTION: Final = {
    "recipient": "+15550100",
    "channel": "sms",
    "message": "Restore?",
    "options": ["Approve", "Reject"],
}


def block(engine: str, heading: str, first_word: str) -> str:
    """The page's commands under the engine's heading, from the block that begins so."""
    lines = PAGE.read_text("utf-8").splitlines()
    begin = lines.index(f"### {heading}", lines.index(f"## {engine}")) + 1

    def is_it(step: Step) -> bool:
        return step.line > begin and step.kind == "sh" and step.text.startswith(first_word)

    return next(step.text for step in steps(PAGE) if is_it(step))


def local(text: str, places: dict[str, str]) -> str:
    """With our places in the place of the page's; each must be named there."""
    for documented, ours in places.items():
        assert documented in text, f"{PAGE.name} no longer says {documented}"
        text = text.replace(documented, ours)
    return text


def run(text: str, folder: Path, **settings: str) -> None:
    done = subprocess.run(
        ["bash", "-e", "-u", "-o", "pipefail", "-c", text],
        cwd=folder, env=environment(folder, **settings), capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@dataclass
class Before:
    """What a server held when it was backed up."""

    pauses: list[dict[str, Any]]
    audit: list[dict[str, Any]]
    webhooks: list[dict[str, Any]]
    open_link: str
    used_link: str


def filled(api: Api) -> Before:
    asked = answer(api.http.post("/v1/pause", json=QUESTION, headers=KEY), 201)
    answered, cancelled = api.create(), api.create(metadata={"order": "ü"})
    answer(api.respond(token_of(answered["respond_url"]), "Reject"))
    answer(api.cancel(cancelled["pause_id"]))
    api.add_webhook("https://example.com/hook", "s" * 16, ["pause.responded"])
    return Before(
        api.every("/v1/pause"),
        api.every("/v1/audit"),
        answer(api.http.get("/v1/webhooks"))["items"],
        token_of(asked["respond_url"]),
        token_of(answered["respond_url"]),
    )


def check_restored(api: Api, before: Before) -> None:
    """All of it is there, nothing newer is, and it goes on."""
    assert api.every("/v1/pause") == before.pauses
    assert api.every("/v1/audit") == before.audit
    assert answer(api.http.get("/v1/webhooks"))["items"] == before.webhooks
    again = answer(api.http.post("/v1/pause", json=QUESTION, headers=KEY))
    assert again["pause_id"] == before.pauses[-1]["pause_id"]
    used = api.respond(before.used_link, "Approve")
    assert (used.status_code, used.json()["error"]) == (410, "TOKEN_USED")
    answer(api.respond(before.open_link, "Approve"))
    ended = api.pause(again["pause_id"], wait=10)
    assert (ended["status"], ended["response_choice"]) == ("responded", "Approve")
    last = api.every("/v1/audit")[0]
    assert last["event_type"] == "pause.responded"
    assert api.create()["status"] == "pending"


def test_a_sqlite_database_is_restored_as_the_page_says(start_server: StartServer) -> None:
    server = start_server()
    backup = server.directory / "backup.db"
    with Api(server.base_url, server.test_api_key) as api:
        before = filled(api)
        made = server.command_line("db", "backup", str(backup))
        assert made.returncode == 0, made.stderr
        api.create(message="Too late for the backup")
        server.kill()

    text = block("SQLite", "Restore", "sudo systemctl stop pausepoint\n")
    places = {
        "sudo systemctl stop pausepoint\n": "",
        "sudo systemctl start pausepoint\n": "",
        "sudo ": "",
        " -o pausepoint -g pausepoint": "",
        "cd /var/lib/pausepoint": f"cd '{server.directory}'",
        "/var/backups/pausepoint/2026-11-22.db": f"'{backup}'",
    }
    run(local(text, places), server.directory)
    assert (server.directory / "pausepoint.db").stat().st_mode & 0o077 == 0

    server.start()
    with Api(server.base_url, server.test_api_key) as api:
        check_restored(api, before)


def test_a_backup_is_tried_out_beside_the_server(start_server: StartServer) -> None:
    server = start_server()
    with Api(server.base_url, server.test_api_key) as api:
        filled(api)
    made = server.command_line("db", "backup", "2026-11-22.db")
    assert made.returncode == 0, made.stderr
    (server.directory / "key").write_text(server.environment["PAUSEPOINT_SECRET_KEY"])
    text = local(
        block("SQLite", "Try it", "mkdir"),
        {
            "/tmp/restored": f"{server.directory}/restored",
            "/path/to/the/kept/key": f"{server.directory}/key",
            "pausepoint accounts list": f"'{PROGRAM}' accounts list > accounts",
        },
    )
    run(text, server.directory)

    assert "agents@example.com" in (server.directory / "accounts").read_text()


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    server = PostgresServer()
    yield server
    server.close()


def test_a_postgresql_database_is_restored_as_the_page_says(
    postgres: PostgresServer, start_server: StartServer
) -> None:
    url = postgres.url(postgres.create_database())
    server = start_server(PAUSEPOINT_DATABASE_URL=url)
    tools = {
        "PATH": f"{postgres.binaries}:{server.environment['PATH']}",
        "PGHOST": str(postgres.folder),
        "PGUSER": "postgres",
    }
    with Api(server.base_url, server.test_api_key) as api:
        before = filled(api)
        documented = re.search(r"postgresql://\S+", block("PostgreSQL", "Back up", "pg_dump"))
        assert documented is not None
        back_up = local(block("PostgreSQL", "Back up", "pg_dump"), {documented[0]: f"'{url}'"})
        run(back_up, server.directory, **tools)
        api.create(message="Too late for the backup")
        server.kill()

    run(block("PostgreSQL", "Restore", "createdb"), server.directory, **tools)

    server.environment["PAUSEPOINT_DATABASE_URL"] = postgres.url("pausepoint_restored")
    assert "agents@example.com" in server.command_line("accounts", "list").stdout
    server.start()
    with Api(server.base_url, server.test_api_key) as api:
        check_restored(api, before)
