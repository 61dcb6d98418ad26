"""The steps of `docs/how-to/github-actions.md`, run as GitHub's runner does, but for `uses` and the install."""

from __future__ import annotations

import re
import subprocess
import textwrap
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import yaml

from pausepoint.client import Pause, PausePoint
from tests.client.person import answers
from tests.client.proxy import Proxy
from tests.docs.pages import ROOT, block_after
from tests.e2e.server import PROGRAM, Server, environment

PAGE = ROOT / "docs" / "how-to" / "github-actions.md"
CURL = ROOT / "docs" / "how-to" / "curl.md"
WITHIN = 60
RUNS = count(7)
INSTALL = "pip install "
GITHUB = {
    "GITHUB_SHA": "0123456789abcdef",
    "GITHUB_REPOSITORY": "acme/shop",
    "GITHUB_RUN_ATTEMPT": "1",
    "GITHUB_ACTOR": "you",
    "GITHUB_SERVER_URL": "https://github.example.com",
}
_CONDITION = re.compile(r"steps\.(\w+)\.outputs\.(\w+) == '(\w+)'")
_EXPRESSION = re.compile(r"\$\{\{ (?:secrets|vars)\.(\w+) \}\}")


class Runner:
    """Runs a job's steps in a checkout, each in `bash -e`, until one fails; `deployed` says how far."""

    def __init__(self, folder: Path, settings: dict[str, str]) -> None:
        self._folder = folder
        self.settings = settings
        self._outputs = folder / "outputs"
        (folder / ".github").mkdir()
        (folder / ".github" / "ask.sh").write_text(block_after(CURL, "sh ask").text, "utf-8")
        deploy = folder / "deploy.sh"
        deploy.write_text("#!/bin/sh\ntouch deployed\n", "utf-8")
        deploy.chmod(0o755)

    @property
    def deployed(self) -> bool:
        return (self._folder / "deployed").exists()

    def run(self, steps: list[dict[str, Any]]) -> str:
        """What the steps printed."""
        printed = ""
        for step in steps:
            if "run" not in step or step["run"].startswith(INSTALL) or not self._is_met(step):
                continue
            done = self._bash(step["run"])
            printed += done.stdout + done.stderr
            if done.returncode:
                break
        return printed

    def _bash(self, script: str) -> subprocess.CompletedProcess[str]:
        env = environment(self._folder, **GITHUB, **self.settings)
        env["PATH"] = f"{Path(PROGRAM).parent}:{env['PATH']}"
        env["GITHUB_OUTPUT"] = str(self._outputs)
        return subprocess.run(
            ["bash", "-e", "-c", script],
            cwd=self._folder,
            env=env,
            capture_output=True,
            text=True,
            timeout=WITHIN,
            check=False,
        )

    def _is_met(self, step: dict[str, Any]) -> bool:
        if "if" not in step:
            return True
        asked = _CONDITION.fullmatch(step["if"])
        assert asked
        lines = self._outputs.read_text("utf-8").splitlines() if self._outputs.exists() else []
        return f"{asked[2]}={asked[3]}" in lines


@pytest.fixture
def runner(server: Server, proxy: Proxy, tmp_path: Path) -> Runner:
    return Runner(
        tmp_path,
        {
            "PAUSEPOINT_API_KEY": server.test_api_key,
            "PAUSEPOINT_BASE_URL": proxy.base_url,
            "ASK": "+15550100199",
            "GITHUB_RUN_ID": str(next(RUNS)),
        },
    )


def workflow() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.safe_load(block_after(PAGE, "yaml workflow").text)
    return parsed


def some_steps(name: str) -> list[dict[str, Any]]:
    parsed: list[dict[str, Any]] = yaml.safe_load(textwrap.dedent(block_after(PAGE, name).text))
    return parsed


@pytest.mark.e2e
@pytest.mark.parametrize(("choice", "goes_on"), [("Deploy", True), ("Stop", False)])
def test_only_the_first_button_deploys(
    runner: Runner, proxy: Proxy, choice: str, goes_on: bool
) -> None:
    asked: list[Pause] = []
    proxy.asked = lambda pause: (asked.append(pause), answers(choice)(pause))
    runner.run(workflow()["jobs"]["deploy"]["steps"])

    assert runner.deployed is goes_on
    assert asked[0].message == "Deploy 0123456 of acme/shop?"
    assert asked[0].metadata == {
        "by": "you",
        "run": f"https://github.example.com/acme/shop/actions/runs/{runner.settings['GITHUB_RUN_ID']}",
    }


def cancelled(server: Server) -> Callable[[Pause], None]:
    def withdraw(pause: Pause) -> None:
        with PausePoint(server.test_api_key, server.base_url) as client:
            client.cancel(pause.pause_id)

    return withdraw


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("choice", "deployed", "said"),
    [("Now", True, "Now"), ("Tonight", False, "Tonight"), (None, False, "::notice::")],
)
def test_each_answer_has_its_end(
    runner: Runner, proxy: Proxy, server: Server, choice: str | None, deployed: bool, said: str
) -> None:
    proxy.asked = cancelled(server) if choice is None else answers(choice)
    printed = runner.run(some_steps("yaml cases"))

    assert (runner.deployed, said in printed) == (deployed, True), printed


@pytest.mark.e2e
def test_an_error_is_no_yes(runner: Runner, proxy: Proxy) -> None:
    runner.settings["PAUSEPOINT_API_KEY"] = "pp_live_0"

    assert "::error::" in runner.run(some_steps("yaml cases"))
    assert not runner.deployed


@pytest.mark.e2e
@pytest.mark.parametrize(("choice", "goes_on"), [("Deploy", True), ("Stop", False)])
def test_curl_alone_does_the_same(runner: Runner, proxy: Proxy, choice: str, goes_on: bool) -> None:
    proxy.asked = answers(choice)
    runner.run([*some_steps("yaml curl"), {"run": "./deploy.sh"}])

    assert runner.deployed is goes_on


def test_nothing_from_outside_gets_into_a_script() -> None:
    """What GitHub puts into a script by `${{ }}` would be run: it goes by the environment."""
    job = workflow()["jobs"]["deploy"]
    steps = [*job["steps"], *some_steps("yaml cases"), *some_steps("yaml curl")]

    assert [step["run"] for step in steps if "${{" in step.get("run", "")] == []
    assert all(_EXPRESSION.fullmatch(value) for value in job["env"].values())
    assert job["timeout-minutes"] > 120
