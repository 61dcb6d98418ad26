"""The wheel without extras, in a fresh environment: a client, its commands, and no server."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

import pausepoint
from pausepoint import client
from pausepoint.cli import main
from pausepoint.cli.server_extra import ServerCommand, ServerGroup
from pausepoint.server_extra import MODULES, complaint
from tests.client.newcomer import play
from tests.docs.pages import ROOT
from tests.e2e.server import Server, environment, free_port

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
FOR_ALL = ("ask", "wait", "get", "list", "cancel", "erase", "audit", "watch", "mcp", "mcp-config")
LOADED = "import sys, pausepoint.client; print(*sorted(sys.modules))"
ASK = """
from pausepoint.client import PausePoint
with PausePoint() as pausepoint:
    answer = pausepoint.ask("approve@people.test", "Wire it?", ["Approve", "Reject"])
print(answer.choice, answer.by_human)
"""


def loaded(python: str) -> set[str]:
    done = subprocess.run([python, "-c", LOADED], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_client_needs_three_libraries() -> None:
    assert [re.split(r"\W", name)[0] for name in PROJECT["dependencies"]] == [
        "click",
        "httpx2",
        "msgspec",
    ]


def test_importing_the_client_loads_nothing_of_the_server() -> None:
    modules = loaded(sys.executable)
    ours = {name for name in modules if name.startswith("pausepoint.")}

    assert not modules & {*MODULES, "click", "asyncio"}
    beside = {name for name in ours if not name.startswith("pausepoint.client")}
    assert beside == {"pausepoint.channel_list", "pausepoint.retry"}


def test_the_clients_names_are_in_the_package_itself() -> None:
    assert set(pausepoint.__all__) <= set(dir(pausepoint))
    for name in pausepoint.__all__:
        assert getattr(pausepoint, name) is getattr(client, name)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        pausepoint.nothing  # noqa: B018
    program = "import sys, pausepoint; print(*sorted(sys.modules))"
    said = subprocess.check_output([sys.executable, "-c", program], text=True)
    assert not {"httpx2", "msgspec", "pausepoint.client"} & set(said.split())


@pytest.mark.e2e
def test_the_index_shows_whole_links_and_the_registrys_mark(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith("/METADATA")]
        head, _, text = archive.read(name).decode().partition("\n\n")
    assert re.findall(r"\]\((?!https://|#)[^)]*\)", text) == []
    assert re.findall(r'(?:src|srcset)="(?!https://)[^"]*"', text) == []
    first_screen = text[:3000]
    assert "pip install 'pausepoint[server]' && pausepoint dev" in first_screen
    assert "uvx --from 'pausepoint[server]' pausepoint dev" in first_screen
    server = json.loads((ROOT / "mcp_server" / "server.json").read_text("utf-8"))
    assert f"<!-- mcp-name: {server['name']} -->" in text
    assert f"Project-URL: Homepage, {server['repository']['url']}\n" in head
    assert "Author: " in head


@pytest.mark.e2e
def test_uvx_is_named_where_uv_made_the_environment_for_one_run(
    wheel: Path, tmp_path: Path
) -> None:
    words = ["tool", "run", "--quiet", "--from", str(wheel), "pausepoint"]
    config = json.loads(run_uv(*words, "mcp-config", "--host", "cursor"))
    server = config["mcpServers"]["pausepoint"]
    assert [server["command"], *server["args"]] == ["uvx", "pausepoint", "mcp"]


def test_what_a_command_of_the_server_looks_for_is_what_the_extra_brings() -> None:
    wanted = {re.split(r"[^\w-]", name)[0] for name in PROJECT["optional-dependencies"]["server"]}
    names = packages_distributions()

    assert {names[module][0].lower().replace("_", "-") for module in MODULES} == wanted


def test_every_other_command_says_that_it_needs_the_server() -> None:
    guarded = (ServerCommand, ServerGroup)

    assert {n for n, command in main.commands.items() if not isinstance(command, guarded)} == set(
        FOR_ALL
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the sdist and the wheel that is made from it, as every build tool makes them."""
    folder = tmp_path_factory.mktemp("built")
    run_uv("build", "--quiet", "--out-dir", str(folder), str(ROOT))
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    [wheel] = built.glob("*.whl")
    return wheel


@pytest.fixture(scope="module", params=["highest", "lowest-direct"])
def fresh(
    wheel: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Path:
    """The `bin` of an environment that has the wheel and what it needs, in its newest or oldest."""
    place = tmp_path_factory.mktemp("fresh") / "env"
    return install(place, str(wheel), request.param, PROJECT["dependencies"])


@pytest.fixture(
    params=[("*.tar.gz", "highest"), ("*.whl", "highest"), ("*.whl", "lowest-direct")],
    ids=["sdist", "wheel", "wheel with the oldest libraries"],
)
def with_server(built: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """The `bin` of an environment that has one of the two files, and the server."""
    kind, resolution = request.param
    [file] = built.glob(kind)
    needs = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["server"]]
    return install(tmp_path / "env", f"{file}[server]", resolution, needs)


def install(place: Path, what: str, resolution: str, needs: list[str]) -> Path:
    """uv takes the oldest version of what is named here only: so `needs` is named too."""
    run_uv("venv", "--quiet", "--python", sys.executable, str(place))
    which = ("--resolution", resolution, "--python", str(place))
    run_uv("pip", "install", "--quiet", *which, what, *needs)
    return place / "bin"


def run_uv(*words: str) -> str:
    uv = shutil.which("uv") or str(ROOT / ".tools" / "uv" / "bin" / "uv")
    done = subprocess.run([uv, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def settings(server: Server, tmp_path: Path) -> dict[str, str]:
    return environment(
        tmp_path, PAUSEPOINT_API_KEY=server.test_api_key, PAUSEPOINT_BASE_URL=server.base_url
    )


@pytest.mark.e2e
def test_the_wheel_carries_types_and_the_mcp_server(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())

    assert {"pausepoint/py.typed", "pausepoint/mcp/server.py"} <= names


@pytest.mark.e2e
def test_the_client_asks_from_a_fresh_environment(fresh: Path, settings: dict[str, str]) -> None:
    asked = subprocess.run(
        [str(fresh / "python"), "-W", "error", "-c", ASK],
        env=settings,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    modules = loaded(str(fresh / "python"))
    refused = subprocess.run(
        [str(fresh / "python"), "-c", "import pausepoint.testing"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert refused.stderr.endswith(
        "`pausepoint.testing` needs the server, which is not installed here."
        " Install it: pip install 'pausepoint[server]'\n"
    )
    assert (asked.returncode, asked.stdout, asked.stderr) == (0, "Approve True\n", "")
    assert not modules & {*MODULES}


@pytest.mark.e2e
def test_the_commands_ask_from_a_fresh_environment(
    fresh: Path, settings: dict[str, str], tmp_path: Path
) -> None:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(fresh / "pausepoint"), *words],
            env=settings,
            cwd=tmp_path,
            input='{"jsonrpc":"2.0","id":1,"method":"tools/list"}\n',
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    asked = run("ask", "--to", "approve@people.test", "Deploy?", "Approve", "Reject")
    assert (asked.returncode, asked.stdout) == (0, "Approve\n"), asked.stderr
    assert json.loads(run("list", "--json").stdout)[0]["response_choice"] == "Approve"
    assert "create_pause_request" in run("mcp").stdout
    assert "claude mcp add" in run("mcp-config").stdout
    assert all(name in run("--help").stdout for name in main.commands)
    for words in (
        ("dev",),
        ("serve",),
        ("worker",),
        ("migrate",),
        ("doctor",),
        ("openapi",),
        ("accounts", "list"),
        ("keys", "list", "a@example.com"),
        ("db", "backup", "copy.db"),
    ):
        refused = run(*words)
        assert (refused.returncode, refused.stdout) == (1, ""), words
        assert "pip install 'pausepoint[server]'" in refused.stderr
        assert refused.stderr.count("\n") == 1
        assert run(*words, "--help").returncode == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.e2e
def test_both_ways_to_build_give_one_wheel(wheel: Path, tmp_path: Path) -> None:
    run_uv("build", "--quiet", "--wheel", "--out-dir", str(tmp_path), str(ROOT))
    [direct] = tmp_path.glob("*.whl")
    assert zipfile.ZipFile(direct).namelist() == zipfile.ZipFile(wheel).namelist()


@pytest.mark.e2e
def test_the_sdist_holds_what_is_needed_to_build(built: Path) -> None:
    [sdist] = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        top = {name.split("/")[1] for name in archive.getnames()}
    assert top == {
        "src", "mcp_server", "CHANGELOG.md", "README.md", "LICENSE", "pyproject.toml", "PKG-INFO",
        ".gitignore",
    }  # fmt: skip


@pytest.mark.e2e
def test_a_newcomer_is_answered(with_server: Path, tmp_path: Path) -> None:
    """Install, `dev`, a question, the pressed answer; the same by MCP over HTTP and on stdio."""
    play(with_server, tmp_path)


@pytest.mark.e2e
def test_a_server_that_does_not_fit_says_so_and_ends(built: Path, tmp_path: Path) -> None:
    """With a uvicorn that was forced on it, no request could be answered."""
    [wheel] = built.glob("*.whl")
    place = install(tmp_path / "env", f"{wheel}[server]", "highest", [])
    run_uv("pip", "install", "--quiet", "--python", str(place.parent), "uvicorn==0.40")
    done = subprocess.run(
        [str(place / "pausepoint"), "dev"],
        env=environment(tmp_path, PAUSEPOINT_PORT=str(free_port())),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert "does not answer a request of its own. uvicorn 0.40" in done.stderr
    assert done.stdout == ""


def test_on_windows_the_server_says_where_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert "Run it in WSL or Docker" in (complaint("pausepoint dev") or "")


def test_what_windows_cannot_install_is_left_out_there() -> None:
    [uvloop] = [n for n in PROJECT["optional-dependencies"]["server"] if n.startswith("uvloop")]
    assert uvloop.endswith("; sys_platform != 'win32'")
