"""Dockerfile and compose.yaml name settings, commands and files that exist."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

import click
import pytest
import yaml

from pausepoint.cli import main as cli
from pausepoint.config.table import SETTINGS
from pausepoint.web.endpoints import ENDPOINTS
from tests.docs.pages import ROOT

DOCKERFILE: Final = (ROOT / "Dockerfile").read_text("utf-8")
COMPOSE_TEXT: Final = (ROOT / "compose.yaml").read_text("utf-8")
COMPOSE: Final[dict[str, Any]] = yaml.safe_load(COMPOSE_TEXT)
SERVICES: Final[dict[str, dict[str, Any]]] = COMPOSE["services"]
OURS: Final = {name: each for name, each in SERVICES.items() if each["image"] == "pausepoint"}
HARDENED: Final = {"read_only": True, "tmpfs": ["/tmp"], "cap_drop": ["ALL"]}


def instructions(name: str) -> list[str]:
    """The arguments of every instruction of this name, continued lines joined."""
    joined = re.sub(r"\\\n\s*", "", re.sub(r"(?m)^#.*\n", "", DOCKERFILE))
    return re.findall(rf"(?m)^{name} (.+)$", joined)


def exec_form(name: str) -> list[str]:
    """The words of the last one, which must be a JSON list."""
    words = json.loads(instructions(name)[-1])
    assert isinstance(words, list)
    return words


def commands() -> Iterator[tuple[str, ...]]:
    yield tuple(exec_form("CMD"))
    yield from (tuple(service["command"]) for service in OURS.values())


def health_check() -> list[str]:
    [check] = instructions("HEALTHCHECK")
    words = json.loads(check.partition(" CMD ")[2])
    assert isinstance(words, list)
    return words


@pytest.mark.parametrize("text", [DOCKERFILE, COMPOSE_TEXT], ids=["Dockerfile", "compose.yaml"])
def test_every_setting_that_is_named_exists(text: str) -> None:
    known = {setting.name for setting in SETTINGS}
    named = set(re.findall(r"\bPAUSEPOINT_\w+", text))

    assert named
    assert {name for name in named if name.removesuffix("_FILE") not in known} == set()


@pytest.mark.parametrize("words", sorted(set(commands())), ids=" ".join)
def test_every_command_exists_with_its_options(words: tuple[str, ...]) -> None:
    name, *arguments = words
    command = cli.commands[name]
    context = click.Context(command)

    command.parse_args(context, arguments)


def test_the_program_is_what_starts() -> None:
    assert exec_form("ENTRYPOINT") == ["pausepoint"]
    assert {"web1", "web2", "worker"} == OURS.keys()
    assert OURS["worker"]["command"] == ["worker"]


def test_the_environment_is_the_locked_one_without_the_tests_tools() -> None:
    syncs = re.findall(r"uv sync (.+)", DOCKERFILE)

    assert len(syncs) == 2
    assert all(sync.startswith("--locked --no-dev ") for sync in syncs)


def test_the_health_check_asks_a_path_that_is_there() -> None:
    program, option, code = health_check()
    [path] = re.findall(r"'(/[^']+)'", code)

    assert (program, option) == ("python", "-c")
    compile(code, "HEALTHCHECK", "exec")
    assert path in {endpoint.path for endpoint in ENDPOINTS}


def test_everything_that_is_copied_exists_and_reaches_the_builder() -> None:
    sources = [word for line in instructions("COPY") if "--from" not in line
               for word in line.split()[:-1]]  # fmt: skip
    let_in = re.findall(r"(?m)^!(.+)$", (ROOT / ".dockerignore").read_text("utf-8"))

    assert [name for name in sources if not (ROOT / name).exists()] == []
    assert set(sources) == set(let_in)


def test_the_link_to_the_mcp_server_leads_somewhere_in_the_image() -> None:
    link = ROOT / "src" / "pausepoint" / "mcp"

    assert link.resolve() == ROOT / "mcp_server"
    assert instructions("COPY").count("mcp_server mcp_server") == 1


def test_it_runs_as_somebody_who_is_not_root() -> None:
    [user] = instructions("USER")
    uid, _, gid = user.partition(":")

    assert int(uid) > 0
    assert f"--uid {uid} --gid {gid} " in DOCKERFILE
    assert f"--uid {uid} " in DOCKERFILE


@pytest.mark.parametrize("name", OURS)
def test_it_may_write_nothing_and_gain_nothing(name: str) -> None:
    service = OURS[name]

    assert {key: service[key] for key in HARDENED} == HARDENED
    assert "no-new-privileges:true" in service["security_opt"]


def test_no_secret_stands_in_the_files() -> None:
    environment = OURS["web1"]["environment"]
    secret_file = environment["PAUSEPOINT_SECRET_KEY_FILE"]

    assert secret_file.removeprefix("/run/secrets/") in COMPOSE["secrets"]
    assert "PAUSEPOINT_SECRET_KEY" not in environment
    assert environment["PAUSEPOINT_PUBLIC_URL"].startswith("${PAUSEPOINT_PUBLIC_URL:?")
    assert SERVICES["postgres"]["environment"]["POSTGRES_PASSWORD"].startswith(
        "${POSTGRES_PASSWORD:?"
    )


def test_what_a_service_needs_is_there() -> None:
    for service in SERVICES.values():
        assert service.get("depends_on", {}).keys() <= SERVICES.keys()
        assert set(service.get("secrets", [])) <= COMPOSE["secrets"].keys()
        assert {each["source"] for each in service.get("configs", [])} <= COMPOSE["configs"].keys()


def test_nginx_knows_every_web_process_and_waits_longer_than_an_agent() -> None:
    content = COMPOSE["configs"]["nginx"]["content"]
    [wait] = re.findall(r"proxy_read_timeout (\d+)s;", content)
    web = {name for name, service in OURS.items() if "--web-only" in service["command"]}

    assert set(re.findall(r"server (\w+):8000 ", content)) == web
    assert int(wait) > 60
    # A single $ would be a variable of Compose's.
    assert re.findall(r"(?<!\$)\$(?!\$)\w+", content) == []


def test_only_nginx_can_be_reached_from_outside() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["nginx"]
