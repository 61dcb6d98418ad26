"""Starts that must be refused, each with a sentence that says why; and what each command shows."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest

from tests.e2e.api import Api
from tests.e2e.server import Server, StartServer

pytestmark = pytest.mark.e2e

OTHER_SECRET = "another-one-" * 4


def refusal(server: Server, *, without: tuple[str, ...] = (), **settings: str) -> str:
    """What the program says when it refuses to start; nothing else may appear."""
    kept = {name: value for name, value in server.environment.items() if name not in without}
    server.environment = kept | settings
    refused = server.command_line(server.command, "--json")
    assert refused.returncode == 1, refused.stderr
    assert refused.stdout == ""
    assert "Traceback" not in refused.stderr
    assert re.fullmatch(r"(pausepoint: [A-Z].+[^ ]\n)+", refused.stderr), refused.stderr
    return refused.stderr


def test_serve_demands_a_secret(tmp_path: Path) -> None:
    said = refusal(Server(tmp_path), without=("PAUSEPOINT_SECRET_KEY",))
    assert "PAUSEPOINT_SECRET_KEY must be set" in said
    assert not (tmp_path / "pausepoint.secret").exists()


def test_serve_on_every_address_demands_a_public_url(tmp_path: Path) -> None:
    said = refusal(Server(tmp_path), without=("PAUSEPOINT_PUBLIC_URL",), PAUSEPOINT_HOST="0.0.0.0")
    assert "PAUSEPOINT_PUBLIC_URL must be set" in said


def test_serve_with_a_channel_demands_a_public_url(tmp_path: Path) -> None:
    said = refusal(
        Server(tmp_path),
        without=("PAUSEPOINT_PUBLIC_URL",),
        PAUSEPOINT_SMTP_URL="smtp://127.0.0.1:2525",
        PAUSEPOINT_EMAIL_FROM="asks@pp.example.com",
    )
    assert "PAUSEPOINT_PUBLIC_URL must be set" in said


def test_dev_stays_on_this_machine(tmp_path: Path) -> None:
    """Its inbox shows every link, so nobody else may reach it."""
    said = refusal(Server(tmp_path, "dev"), PAUSEPOINT_HOST="0.0.0.0")
    assert "PAUSEPOINT_HOST must be a loopback address" in said


def test_odd_values_are_refused_all_at_once_and_secrets_not_shown(tmp_path: Path) -> None:
    said = refusal(
        Server(tmp_path),
        PAUSEPOINT_SECRET_KEY="too-short",
        PAUSEPOINT_PUBLIC_URL="http://pause.example.com",
        PAUSEPOINT_OUTBOUND_ALLOW="everything",
    )
    for name in ("SECRET_KEY", "PUBLIC_URL", "OUTBOUND_ALLOW"):
        assert f"PAUSEPOINT_{name} must" in said
    assert "too-short" not in said


def test_a_database_has_one_server(start_server: StartServer) -> None:
    """A second process on the same database refuses, and the first goes on."""
    first = start_server()
    second = Server(first.directory)
    assert "Another PausePoint is using" in refusal(second)
    with Api(first.base_url, first.test_api_key) as api:
        assert api.create()["status"] == "pending"


def test_a_database_under_another_secret_is_refused(start_server: StartServer) -> None:
    server = start_server()
    server.stop()
    said = refusal(Server(server.directory), PAUSEPOINT_SECRET_KEY=OTHER_SECRET)
    assert "under another PAUSEPOINT_SECRET_KEY" in said
    said = refusal(Server(server.directory, "dev"))
    assert "under another PAUSEPOINT_SECRET_KEY" in said


def test_a_changed_secret_opens_the_database_beside_the_old_one(
    start_server: StartServer,
) -> None:
    server = start_server()
    old = server.environment["PAUSEPOINT_SECRET_KEY"]
    with Api(server.base_url, server.test_api_key) as api:
        before = api.create()
        server.environment["PAUSEPOINT_SECRET_KEY"] = f"{OTHER_SECRET},{old}"
        server.restart()
        assert api.pause(before["pause_id"])["message"] == before["message"]


def test_a_port_in_use_is_refused(tmp_path: Path) -> None:
    server = Server(tmp_path)
    with socket.create_server(("127.0.0.1", server.port)):
        said = refusal(server)
    assert f"127.0.0.1:{server.port}" in said
    assert "PAUSEPOINT_PORT" in said


def test_a_server_comes_back_on_its_port_at_once(start_server: StartServer) -> None:
    server = start_server()
    with Api(server.base_url, server.test_api_key) as api:
        pause = api.create()
        server.restart()
        assert api.pause(pause["pause_id"])["status"] == "pending"


def test_serve_has_no_inbox_and_takes_any_host(start_server: StartServer) -> None:
    server = start_server()
    with Api(server.base_url, None) as api:
        for path in ("/dev/inbox", "/dev/inbox/messages", "/dev/inbox/mail/1"):
            assert api.http.get(path).status_code == 404
        assert api.http.get("/health", headers={"Host": "evil.example"}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", ""]
)
def test_dev_answers_only_for_this_machine(dev_server: Server, host: str) -> None:
    """A page elsewhere must not read the inbox by a name that it points here."""
    with Api(dev_server.base_url, None) as api:
        for path in ("/dev/inbox", "/health", "/v1/pause"):
            response = api.http.get(path, headers={"Host": host})
            assert response.status_code == 421
            assert response.json()["error"] == "HOST_NOT_ALLOWED"


def test_dev_answers_for_every_name_of_this_machine(dev_server: Server) -> None:
    with Api(dev_server.base_url, None) as api:
        for host in ("localhost", "LOCALHOST:8000", "127.0.0.1", f"[::1]:{dev_server.port}"):
            assert api.http.get("/dev/inbox", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("command", ["dev", "serve"])
def test_sigterm_ends_it_well(start_server: StartServer, command: str) -> None:
    """Exit code 0, within five seconds, with nothing in the log that looks like a crash."""
    server = start_server(command)
    server.stop()
    assert "Traceback" not in server.log(1000)
