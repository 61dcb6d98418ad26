"""Claude Code itself: it asks and waits by MCP, and lets a person decide what it may run."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.docs.pages import ROOT
from tests.e2e.api import QUESTION, Api, eventually
from tests.e2e.server import Server, environment
from tests.integrations.messages_api import MessagesApi
from tests.integrations.packages import NEWEST, OLDEST, claude

Json = dict[str, Any]

ASK = [
    {"tool": "mcp__pausepoint__create_pause_request", "input": QUESTION},
    {"tool": "mcp__pausepoint__poll_pause_request", "input": {"pause_id": "PAUSE"}},
    {"text": "Done."},
]
RUN = [{"tool": "Bash", "input": {"command": "touch made.txt"}}, {"text": "Done."}]
PROMPTS = {
    "PAUSEPOINT_PERMISSION_RECIPIENT": "+15550100",
    "PAUSEPOINT_PERMISSION_CHANNEL": "sms",
}
_LINK = re.compile(r"/respond/([A-Za-z0-9_-]{54})")


class ClaudeCode:
    """Runs `claude -p` in a folder of its own, with PausePoint as its only MCP server."""

    def __init__(self, program: Sequence[str], server: Server, folder: Path) -> None:
        self._program = program
        self._server = server
        self.project = folder / "project"
        self.project.mkdir()

    def over_http(self) -> Json:
        authorization = {"Authorization": f"Bearer {self._server.test_api_key}"}
        return {"type": "http", "url": f"{self._server.base_url}/mcp", "headers": authorization}

    def on_stdio(self, **settings: str) -> Json:
        own = {
            "PAUSEPOINT_API_KEY": self._server.test_api_key,
            "PAUSEPOINT_BASE_URL": self._server.base_url,
        }
        script = str(ROOT / "mcp_server" / "server.py")
        return {"command": sys.executable, "args": [script], "env": own | settings}

    def run(self, model: MessagesApi, entry: Json, *words: str, within: float = 180) -> Json:
        config = self.project / "mcp.json"
        config.write_text(json.dumps({"mcpServers": {"pausepoint": entry}}), "utf-8")
        done = subprocess.run(
            [
                *(*self._program, "-p", "Clean up", "--output-format", "json"),
                *("--strict-mcp-config", "--mcp-config", str(config), *words),
            ],
            cwd=self.project,
            env=environment(
                self.project,
                ANTHROPIC_BASE_URL=model.url,
                ANTHROPIC_API_KEY="sk-ant-of-nobody",
                CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC="1",
                IS_SANDBOX="1",
            ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=within,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        told: Json = json.loads(done.stdout)
        return told


@pytest.fixture
def code(modules: Path, server: Server, tmp_path: Path) -> ClaudeCode:
    return ClaudeCode(claude(modules), server, tmp_path)


@pytest.fixture(params=[OLDEST, NEWEST])
def each(
    modules: Path, server: Server, tmp_path: Path, request: pytest.FixtureRequest
) -> ClaudeCode:
    """The oldest Claude Code that the page names, and the newest."""
    return ClaudeCode(claude(modules, request.param), server, tmp_path)


@pytest.fixture
def person(server: Server) -> Any:
    """Answers the one question that comes, or several by their options."""

    def answers(*choices: str, **given: str) -> None:
        def answer() -> None:
            with Api(server.base_url, None) as http:
                wanted = max(1, len(choices))
                found = eventually(
                    lambda: links(http) if len(links(http)) >= wanted else [], within=120
                )
                for link in found:
                    options = http.http.get(f"/v1/respond/{link}").json()["options"]
                    [choice] = [each for each in choices if each in options] or [given["choice"]]
                    http.http.post(f"/v1/respond/{link}", json={**given, "choice": choice})

        def links(http: Api) -> list[str]:
            return list(dict.fromkeys(_LINK.findall(http.http.get("/dev/inbox").text)))

        threading.Thread(target=answer, daemon=True).start()

    return answers


@pytest.mark.parametrize("transport", ["http", "stdio"])
def test_asks_waits_and_goes_on(code: ClaudeCode, person: Any, transport: str) -> None:
    entry = code.over_http() if transport == "http" else code.on_stdio()
    person(choice="Reject")
    with MessagesApi(ASK) as model:
        told = code.run(model, entry, "--allowedTools", "mcp__pausepoint")

    assert told["result"] == "Done."
    assert json.loads(model.results[1]["content"])["response_choice"] == "Reject"
    # The others are found when they are searched for.
    assert model.tools == [
        "mcp__pausepoint__create_pause_request",
        "mcp__pausepoint__poll_pause_request",
    ]


PROMPT = ("--permission-prompt-tool", "mcp__pausepoint__permission_prompt")


def test_person_allows(each: ClaudeCode, person: Any) -> None:
    person(choice="Allow")
    with MessagesApi(RUN) as model:
        told = each.run(model, each.on_stdio(**PROMPTS), *PROMPT)

    assert told["permission_denials"] == []
    assert (each.project / "made.txt").exists()


def test_person_denies_and_says_why(each: ClaudeCode, person: Any) -> None:
    person(choice="Deny", text="Not on a Friday.")
    with MessagesApi(RUN) as model:
        told = each.run(model, each.on_stdio(**PROMPTS), *PROMPT)

    assert len(told["permission_denials"]) == 1
    assert "Not on a Friday." in model.results[0]["content"]
    assert not (each.project / "made.txt").exists()


QUESTIONS = [
    {
        "question": text,
        "header": header,
        "options": [{"label": label, "description": "So."} for label in labels],
        "multiSelect": False,
    }
    for text, header, labels in (
        ("Which colour?", "Colour", ("Red", "Blue")),
        ("How big?", "Size", ("S", "M", "L")),
    )
]


def test_person_answers_the_agents_own_questions(code: ClaudeCode, person: Any) -> None:
    person("Blue", "L")
    script = [{"tool": "AskUserQuestion", "input": {"questions": QUESTIONS}}, {"text": "Done."}]
    with MessagesApi(script) as model:
        code.run(model, code.on_stdio(**PROMPTS), *PROMPT)

    told = str(model.results[0]["content"])
    assert '"Which colour?"="Blue"' in told
    assert '"How big?"="L"' in told


def test_questions_with_several_choices_stay_with_the_user(code: ClaudeCode) -> None:
    questions = [{**QUESTIONS[0], "multiSelect": True}]
    script = [{"tool": "AskUserQuestion", "input": {"questions": questions}}, {"text": "Done."}]
    with MessagesApi(script) as model:
        code.run(model, code.on_stdio(**PROMPTS), *PROMPT)

    assert "Ask the user in the conversation instead." in str(model.results[0]["content"])


def test_the_page_names_the_versions_that_are_tried() -> None:
    page = (ROOT / "docs" / "how-to" / "claude-code.md").read_text("utf-8")
    assert f"Claude Code {OLDEST} to {NEWEST}" in page


def test_nobody_answers(code: ClaudeCode) -> None:
    timeout = {"PAUSEPOINT_PERMISSION_TIMEOUT_SECONDS": "2"}
    with MessagesApi(RUN) as model:
        code.run(model, code.on_stdio(**PROMPTS, **timeout), *PROMPT)

    assert "No person answered within 2 s" in model.results[0]["content"]
    assert not (code.project / "made.txt").exists()
