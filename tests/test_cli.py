"""The commands, as an operator types them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pausepoint.cli import main
from pausepoint.cli.manage import SCOPES
from pausepoint.domain.scopes import Scope

PAUSEPOINT = Path(sys.executable).with_name("pausepoint")
CLONE = PAUSEPOINT.parents[2]


class Shell:
    """Runs commands in one folder with one secret key."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            "PATH": os.defpath,
            "PAUSEPOINT_SECRET_KEY": "0123456789abcdef0123456789abcdef",
        }

    def run(
        self, *words: str, status: int = 0, with_stderr: bool = False, **environment: str
    ) -> str:
        done = subprocess.run(
            [str(PAUSEPOINT), *words],
            cwd=self.folder,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == status, done.stderr
        return done.stdout + done.stderr if status or with_stderr else done.stdout

    def json(self, *words: str) -> object:
        return json.loads(self.run(*words, "--json"))


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


@pytest.fixture(params=["without a server", "while the server runs"])
def served(request: pytest.FixtureRequest, shell: Shell) -> Iterator[Shell]:
    if request.param == "without a server":
        yield shell
        return
    process = subprocess.Popen(
        [str(PAUSEPOINT), "serve", "--port", "0", "--json"],
        cwd=shell.folder,
        env=shell.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    assert "base_url" in json.loads(process.stdout.readline())
    yield shell
    process.terminate()
    assert process.wait(10) == 0
    process.stdout.close()


def test_accounts_and_keys_are_managed_with_and_without_a_server(served: Shell) -> None:
    made = served.json("accounts", "create", "--email", "a@example.com", "--name", "Acme")
    assert isinstance(made, dict)
    assert made["api_key"].startswith("pp_live_")
    assert made["test_api_key"].startswith("pp_test_")
    assert "already" in served.run(
        "accounts", "create", "--email", "a@example.com", "--name", "Acme", status=1
    )
    [account] = served.json("accounts", "list")  # type: ignore[misc]
    assert (account["email"], account["disabled"]) == ("a@example.com", False)
    key = served.run("keys", "create", "a@example.com", "--mode", "test").strip()
    assert key.startswith("pp_test_")
    keys = served.json("keys", "list", account["developer_id"])
    assert isinstance(keys, list)
    assert [k["name"] for k in keys] == ["live", "test", "cli"]
    assert not any(made["api_key"] in str(k) or key in str(k) for k in keys)
    assert "is revoked" in served.run("keys", "revoke", keys[2]["key_id"])
    assert "before" in served.run("keys", "revoke", keys[2]["key_id"])
    assert "no key" in served.run("keys", "revoke", "key_none", status=1)
    assert "disabled" in served.run("accounts", "disable", "a@example.com")
    assert "enabled" in served.run("accounts", "disable", "a@example.com", "--undo")
    assert "no account" in served.run("keys", "list", "b@example.com", status=1)


def test_odd_addresses_are_refused_with_the_reason(shell: Shell) -> None:
    said = shell.run("accounts", "create", "--email", "nonsense", "--name", "Acme", status=1)

    assert "email" in said


def test_an_address_that_names_a_route_is_refused(shell: Shell) -> None:
    routed = "agent%evil.test@example.com"
    said = shell.run("accounts", "create", "--email", routed, "--name", "Acme", status=1)
    assert "another domain" in said
    shell.run("accounts", "create", "--email", "a@example.com", "--name", "Acme")
    add = ("recipients", "add", "a@example.com", routed, "--channel", "email")
    assert "another domain" in shell.run(*add, status=1)


def test_a_key_that_may_do_less_and_a_plan(served: Shell) -> None:
    served.run("accounts", "create", "--email", "b@example.com", "--name", "Acme")
    options = ("--scope", "pauses:create", "--days", "90", "--network", "192.0.2.0/24")
    made = served.json("keys", "create", "b@example.com", "--name", "deploy", *options)
    assert isinstance(made, dict)
    assert (made["scopes"], made["networks"]) == (["pauses:create"], ["192.0.2.0/24"])
    assert made["expires_at"]
    listed = served.run("keys", "list", "b@example.com")
    assert "never used  pauses:create  deploy" in listed
    assert made["api_key"] not in listed
    assert "192.0.2.1/24 has host bits set" in served.run(
        "keys", "create", "b@example.com", "--network", "192.0.2.1/24", status=2
    )
    assert "has the plan starter" in served.run("accounts", "set-plan", "b@example.com", "starter")
    assert "Must be one of: free, starter, pro, unlimited." in served.run(
        "accounts", "set-plan", "b@example.com", "gold", status=1
    )


def test_the_command_offers_the_scopes_that_there_are() -> None:
    assert set(SCOPES) == set(Scope)


def test_without_a_secret_key_nothing_is_opened(shell: Shell) -> None:
    assert "PAUSEPOINT_SECRET_KEY" in shell.run(
        "accounts", "list", status=1, PAUSEPOINT_SECRET_KEY=""
    )


def test_a_new_database_is_told_of(shell: Shell) -> None:
    words = ("accounts", "create", "--email", "a@example.com", "--name", "Acme")
    first = shell.run(*words, with_stderr=True)
    second = shell.run("accounts", "list", with_stderr=True)

    assert f"Made a new database, {shell.folder / 'pausepoint.db'}." in first
    assert "PAUSEPOINT_DATABASE_URL" in first
    assert "new database" not in second


def test_migrate_says_that_it_is_done(shell: Shell) -> None:
    assert "up to date" in shell.run("migrate")
    assert (shell.folder / "pausepoint.db").exists()


def test_the_doctor_tells_what_is_missing(shell: Shell) -> None:
    findings = json.loads(shell.run("doctor", "--json", PAUSEPOINT_PORT="0"))

    assert {f["subject"]: f["level"] for f in findings} == {
        "settings": "ok",
        "sms": "note",
        "email": "note",
        "slack": "note",
        "address": "ok",
        "database": "ok",
    }
    said = shell.run("doctor", status=1, PAUSEPOINT_PORT="x")
    assert "WRONG" in said
    assert "PAUSEPOINT_PORT" in said
    assert "nothing was sent" in shell.run("doctor", "--send-test", "a@example.com", status=1)


@pytest.mark.parametrize("host", ["claude-code", "claude-desktop", "cursor", "vscode"])
def test_snippets_are_filled_in_and_name_a_script_that_is_there(shell: Shell, host: str) -> None:
    config = json.loads(shell.run("mcp-config", "--host", host, "--key", "pp_test_x"))
    [servers] = [value for value in config.values() if isinstance(value, dict)]
    server = servers["pausepoint"]

    assert Path(server["args"][0]).is_file()
    assert server["env"] == {
        "PAUSEPOINT_API_KEY": "pp_test_x",
        "PAUSEPOINT_BASE_URL": "http://127.0.0.1:8000",
    }
    assert ("servers" in config) == (host == "vscode")


def test_mcp_config_prints_every_host(shell: Shell) -> None:
    said = shell.run("mcp-config")

    assert list(shell.folder.iterdir()) == []
    assert "claude mcp add pausepoint" in said
    assert (
        "claude mcp add --transport http pausepoint http://127.0.0.1:8000/mcp"
        ' --header "Authorization: Bearer pp_test_…"'
    ) in said
    assert "claude_desktop_config.json" in said


def test_mcp_config_is_filled_in_from_the_environment(shell: Shell) -> None:
    environment = {
        "PAUSEPOINT_API_KEY": "pp_test_y",
        "PAUSEPOINT_BASE_URL": "https://pause.example.com/",
    }
    said = shell.run("mcp-config", "--host", "vscode", **environment)
    assert json.loads(said)["servers"]["pausepoint"]["env"] == {
        "PAUSEPOINT_API_KEY": "pp_test_y",
        "PAUSEPOINT_BASE_URL": "https://pause.example.com",
    }
    said = shell.run("mcp-config", "--url", "http://127.0.0.1:9000", **environment)
    assert "http://127.0.0.1:9000/mcp" in said
    assert "pause.example.com" not in said


@pytest.mark.parametrize(
    ("started", "is_clone", "path", "named"),
    [
        (PAUSEPOINT, True, os.defpath, str(PAUSEPOINT.relative_to(CLONE))),
        (PAUSEPOINT, False, os.defpath, str(PAUSEPOINT)),
        (PAUSEPOINT, False, str(PAUSEPOINT.parent), "pausepoint"),
        (Path("/x/__main__.py"), False, os.defpath, f"{sys.executable} -m pausepoint"),
    ],
    ids=["in a clone", "by its path", "on PATH", "as a module"],
)
def test_hints_name_the_command_that_was_typed(
    started: Path, is_clone: bool, path: str, named: str, tmp_path: Path
) -> None:
    program = "import sys; sys.argv[0] = sys.argv[1]\n"
    program += "from pausepoint.cli.snippets import program; print(program())"
    said = subprocess.check_output(
        [sys.executable, "-c", program, str(started)],
        cwd=CLONE if is_clone else tmp_path,
        env={"PATH": path},
        text=True,
    )
    assert said.strip() == named


def test_mcp_is_the_mcp_server(shell: Shell) -> None:
    asked = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}\n'
    done = subprocess.run(
        [str(PAUSEPOINT), "mcp"],
        input=asked,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert "create_pause_request" in done.stdout


def test_openapi_is_printed_and_written(shell: Shell) -> None:
    document = json.loads(shell.run("openapi"))
    shell.run("openapi", "--output", "api.json")

    assert document["openapi"] == "3.1.0"
    assert json.loads((shell.folder / "api.json").read_text()) == document


def test_every_command_helps_itself(shell: Shell) -> None:
    for name, command in main.commands.items():
        assert command.help, name
    assert "pausepoint dev" in shell.run("--help")
    assert shell.run("--version").startswith("pausepoint, version ")


def test_help_imports_neither_the_client_nor_the_server() -> None:
    program = """
import sys
from click.testing import CliRunner
from pausepoint.cli import COMMANDS, main

for name in COMMANDS:
    assert CliRunner().invoke(main, [name, "--help"]).exit_code == 0, name
    for heavy in ("aiohttp", "asyncpg", "httpx2", "jinja2", "msgspec", "starlette", "uvicorn"):
        assert heavy not in sys.modules, f"{name} --help imports {heavy}"
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_backup_taken_while_the_server_runs_opens_as_the_database(served: Shell) -> None:
    served.run("accounts", "create", "--email", "a@example.com", "--name", "Acme")
    said = served.json("db", "backup", "copy.db")
    copy = {"PAUSEPOINT_DATABASE_URL": "sqlite:///copy.db"}

    assert isinstance(said, dict)
    assert said["bytes"] == (served.folder / "copy.db").stat().st_size
    assert (served.folder / "copy.db").stat().st_mode & 0o077 == 0
    assert "a@example.com" in served.run("accounts", "list", **copy)
    assert "there already" in served.run("db", "backup", "copy.db", status=1)


def test_there_is_no_backup_of_nothing(shell: Shell) -> None:
    assert "no database" in shell.run("db", "backup", "copy.db", status=1)
    assert not (shell.folder / "copy.db").exists()
