"""Claude Code itself, with hooks in its settings and nothing else: a person decides what it runs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.docs.pages import ROOT, steps
from tests.e2e.api import Api, eventually
from tests.e2e.server import Server, environment, free_port
from tests.integrations.messages_api import MessagesApi
from tests.integrations.packages import BLOCKING_HOOKS, NEWEST, OLDEST, claude

Json = dict[str, Any]

GUIDE = ROOT / "docs" / "how-to" / "claude-code-hooks.md"
RULES = """
hooks:
  - recipient: "+15550100199"
    channel: sms
    rules:
      - tools: ["Bash(touch made*)"]
        timeout: {timeout}
        wait: {wait}
      - tools: ["Bash(touch allowed*)"]
        decision: allow
      - tools: ["Bash(touch denied*)"]
        decision: deny
      - tools: [AskUserQuestion, ExitPlanMode]
"""
LINK = re.compile(r"/respond/([A-Za-z0-9_-]{54})")
PROMPT = "Clean up"
ALLOWED = ("--allowedTools", "Bash")


def runs(command: str = "touch made.txt") -> list[Json]:
    return [{"tool": "Bash", "input": {"command": command}}, {"text": "Done."}]


class ClaudeCode:
    """Runs `claude -p` in a project whose settings have the hook, as the guide has it."""

    def __init__(self, program: Sequence[str], folder: Path) -> None:
        self._program = program
        self.project = folder / "project"
        (self.project / ".claude").mkdir(parents=True)

    def hook(self, event: str, hook: Json) -> None:
        settings = {"hooks": {event: [{"hooks": [hook]}]}}
        path = self.project / ".claude" / "settings.json"
        path.write_text(json.dumps(settings), "utf-8")

    def run(self, model: MessagesApi, key: str, *words: str) -> Json:
        done = subprocess.run(
            [*self._program, "-p", *words, "--output-format", "json"],
            cwd=self.project,
            env=environment(
                self.project,
                ANTHROPIC_BASE_URL=model.url,
                ANTHROPIC_API_KEY="sk-ant-of-nobody",
                CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC="1",
                IS_SANDBOX="1",
                PAUSEPOINT_API_KEY=key,
            ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        told: Json = json.loads(done.stdout)
        return told

    @property
    def made(self) -> list[str]:
        return sorted(path.name for path in self.project.glob("*.txt"))


@pytest.fixture
def code(modules: Path, tmp_path: Path) -> ClaudeCode:
    return ClaudeCode(claude(modules), tmp_path)


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """A server with rules; each test says what they wait for."""
    opened: list[Server] = []

    def started(timeout: str = "5m", wait: str = "hold") -> Server:
        folder = tmp_path / "server"
        folder.mkdir()
        rules = folder / "hooks.yaml"
        rules.write_text(RULES.format(timeout=timeout, wait=wait), "utf-8")
        opened.append(Server(folder, "dev", PAUSEPOINT_HOOKS_FILE=str(rules)).__enter__())
        return opened[0]

    yield started
    for server in opened:
        server.__exit__(None, None, None)


def http_hook(base_url: str, **changes: Any) -> Json:
    """The guide's own, for this server."""
    [settings] = [s.text for s in steps(GUIDE) if '"type": "http"' in s.text]
    [entry] = json.loads(settings)["hooks"]["PreToolUse"]
    [hook] = entry["hooks"]
    assert hook["url"] == "http://127.0.0.1:8000/v1/hooks/claude-code"
    url = hook["url"].replace("http://127.0.0.1:8000", base_url)
    return {**hook, "url": url, **changes}


def command_hook(base_url: str) -> Json:
    """The guide's own for older versions, for this server."""
    [settings] = [s.text for s in steps(GUIDE) if '"type": "command"' in s.text]
    [entry] = json.loads(settings)["hooks"]["PreToolUse"]
    [hook] = entry["hooks"]
    return {**hook, "command": hook["command"].replace("http://127.0.0.1:8000", base_url)}


def answer(server: Server, **given: str) -> None:
    with Api(server.base_url, None) as http:
        found = eventually(lambda: LINK.findall(http.http.get("/dev/inbox").text), within=120)
        assert http.http.post(f"/v1/respond/{found[0]}", json=given).status_code == 200


def answered(server: Server, **given: str) -> threading.Thread:
    """A person who answers the one question that comes."""
    person = threading.Thread(target=answer, args=(server,), kwargs=given, daemon=True)
    person.start()
    return person


@pytest.mark.parametrize("event", ["PreToolUse", "PermissionRequest"])
@pytest.mark.parametrize("kind", ["http", "command"])
def test_a_person_allows(
    code: ClaudeCode, serving: Callable[..., Server], event: str, kind: str
) -> None:
    server = serving()
    code.hook(event, (http_hook if kind == "http" else command_hook)(server.base_url))
    person = answered(server, choice="Allow")
    with MessagesApi(runs()) as model:
        told = code.run(model, server.test_api_key, PROMPT)
    person.join()

    assert told["permission_denials"] == []
    assert code.made == ["made.txt"]
    with Api(server.base_url, server.test_api_key) as api:
        [listed] = api.http.get("/v1/pause").json()["items"]
        pause = api.http.get(f"/v1/pause/{listed['pause_id']}").json()
    assert pause["action"]["tool"] == "Bash"
    assert pause["action"]["arguments"]["command"] == "touch made.txt"
    assert pause["message"] == "May Claude Code use Bash?"
    assert pause["metadata"]["folder"].endswith("/project")


@pytest.mark.parametrize(("version", "kind"), [(OLDEST, "command"), (BLOCKING_HOOKS, "http")])
@pytest.mark.parametrize("choice", ["Allow", "Deny"])
def test_a_person_decides_in_the_oldest_versions(
    modules: Path,
    tmp_path: Path,
    serving: Callable[..., Server],
    version: str,
    kind: str,
    choice: str,
) -> None:
    code = ClaudeCode(claude(modules, version), tmp_path)
    server = serving()
    code.hook("PreToolUse", (http_hook if kind == "http" else command_hook)(server.base_url))
    person = answered(server, choice=choice)
    with MessagesApi(runs()) as model:
        code.run(model, server.test_api_key, PROMPT, *(() if choice == "Allow" else ALLOWED))
    person.join()

    assert code.made == (["made.txt"] if choice == "Allow" else [])


def prompts(code: ClaudeCode, server: Server) -> tuple[str, ...]:
    """The words that give Claude Code a permission prompt beside the hook."""
    settings = {
        "PAUSEPOINT_API_KEY": server.test_api_key,
        "PAUSEPOINT_BASE_URL": server.base_url,
        "PAUSEPOINT_PERMISSION_RECIPIENT": "+15550100199",
        "PAUSEPOINT_PERMISSION_CHANNEL": "sms",
    }
    script = str(ROOT / "mcp_server" / "server.py")
    entry = {"command": sys.executable, "args": [script], "env": settings}
    config = code.project / "mcp.json"
    config.write_text(json.dumps({"mcpServers": {"pausepoint": entry}}), "utf-8")
    tool = "mcp__pausepoint__permission_prompt"
    return ("--strict-mcp-config", "--mcp-config", str(config), "--permission-prompt-tool", tool)


QUESTION = {
    "question": "Which colour?",
    "header": "Colour",
    "options": [{"label": label, "description": "So."} for label in ("Red", "Blue")],
    "multiSelect": False,
}


@pytest.mark.parametrize("version", [BLOCKING_HOOKS, NEWEST])
def test_a_person_answers_the_agents_own_question(
    modules: Path, tmp_path: Path, serving: Callable[..., Server], version: str
) -> None:
    """`claude -p` has AskUserQuestion only where a permission prompt is there too."""
    code = ClaudeCode(claude(modules, version), tmp_path)
    server = serving()
    code.hook("PreToolUse", http_hook(server.base_url))
    person = answered(server, choice="Blue", text="Dark.")
    script = [{"tool": "AskUserQuestion", "input": {"questions": [QUESTION]}}, {"text": "Done."}]
    with MessagesApi(script) as model:
        code.run(model, server.test_api_key, PROMPT, *prompts(code, server))
    person.join()

    assert 'Blue (the person\'s note: "Dark.")' in str(model.results[0]["content"])


def test_a_question_with_several_choices_is_answered_by_nobody_here(
    code: ClaudeCode, serving: Callable[..., Server]
) -> None:
    server = serving()
    code.hook("PreToolUse", http_hook(server.base_url))
    several = {**QUESTION, "multiSelect": True}
    script = [{"tool": "AskUserQuestion", "input": {"questions": [several]}}, {"text": "Done."}]
    with MessagesApi(script) as model:
        code.run(model, server.test_api_key, PROMPT, *prompts(code, server))

    assert "Ask the user in the conversation instead." in str(model.results[0]["content"])
    with Api(server.base_url, server.test_api_key) as api:
        assert api.http.get("/v1/pause").json()["items"] == []


@pytest.mark.parametrize("event", ["PreToolUse", "PermissionRequest"])
def test_a_person_denies_and_says_why(
    code: ClaudeCode, serving: Callable[..., Server], event: str
) -> None:
    server = serving()
    code.hook(event, http_hook(server.base_url))
    person = answered(server, choice="Deny", text="Not on a Friday.")
    with MessagesApi(runs()) as model:
        told = code.run(model, server.test_api_key, PROMPT)
    person.join()

    assert len(told["permission_denials"]) == 1
    assert "Not on a Friday." in str(model.results[0]["content"])
    assert code.made == []


def test_nobody_answers(code: ClaudeCode, serving: Callable[..., Server]) -> None:
    server = serving(timeout="2s")
    code.hook("PreToolUse", http_hook(server.base_url))
    with MessagesApi(runs()) as model:
        code.run(model, server.test_api_key, PROMPT, *ALLOWED)

    assert "No person answered within 2 s, so this is denied." in str(model.results[0]["content"])
    assert code.made == []


@pytest.mark.parametrize(("choice", "made"), [("Allow", ["made.txt"]), ("Deny", [])])
def test_a_run_ends_and_goes_on_with_the_answer(
    code: ClaudeCode, serving: Callable[..., Server], choice: str, made: list[str]
) -> None:
    server = serving(wait="defer")
    code.hook("PreToolUse", http_hook(server.base_url))
    with MessagesApi(runs()) as model:
        ended = code.run(model, server.test_api_key, PROMPT, *ALLOWED)
        assert (ended["stop_reason"], code.made) == ("tool_deferred", [])
        resume = ("--resume", ended["session_id"], *ALLOWED)  # and no prompt
        early = code.run(model, server.test_api_key, *resume)
        assert (early["stop_reason"], code.made) == ("tool_deferred", [])
        answer(server, choice=choice, text="I looked at it.")
        told = code.run(model, server.test_api_key, *resume)

    assert told["result"] == "Done."
    assert code.made == made
    if choice == "Deny":
        assert "I looked at it." in str(model.results[0]["content"])
    with Api(server.base_url, server.test_api_key) as api:
        assert len(api.http.get("/v1/pause").json()["items"]) == 1


@pytest.mark.parametrize(
    ("command", "words", "made"),
    [
        ("touch allowed.txt", (), ["allowed.txt"]),
        ("touch denied.txt", ALLOWED, []),
        ("cd . && touch denied.txt", ALLOWED, []),
        ("touch other.txt", (), []),
        ("touch other.txt", ALLOWED, ["other.txt"]),
    ],
)
def test_a_rule_decides_without_anybody(
    code: ClaudeCode,
    serving: Callable[..., Server],
    command: str,
    words: tuple[str, ...],
    made: list[str],
) -> None:
    server = serving()
    code.hook("PreToolUse", http_hook(server.base_url))
    with MessagesApi(runs(command)) as model:
        code.run(model, server.test_api_key, PROMPT, *words)

    assert code.made == made


@pytest.mark.parametrize("kind", ["http", "command"])
@pytest.mark.parametrize("trouble", ["away", "wrong key", "too large"])
def test_whatever_fails_denies(
    code: ClaudeCode, serving: Callable[..., Server], kind: str, trouble: str
) -> None:
    base_url, key = f"http://127.0.0.1:{free_port()}", "pp_test_" + "0" * 48
    if trouble != "away":
        server = serving()
        base_url = server.base_url
        key = key if trouble == "wrong key" else server.test_api_key
    code.hook("PreToolUse", (http_hook if kind == "http" else command_hook)(base_url))
    filling = "x" * 1_200_000 if trouble == "too large" else ""
    command = f"touch allowed.txt # {filling}"
    with MessagesApi(runs(command)) as model:
        code.run(model, key, PROMPT, *ALLOWED, "--permission-mode", "bypassPermissions")

    assert code.made == []


def test_the_hooks_own_time_is_over_before_anybody_answers(
    code: ClaudeCode, serving: Callable[..., Server]
) -> None:
    server = serving()
    code.hook("PreToolUse", http_hook(server.base_url, timeout=3))
    with MessagesApi(runs()) as model:
        code.run(model, server.test_api_key, PROMPT, *ALLOWED)

    assert code.made == []
    with Api(server.base_url, server.test_api_key) as api:
        eventually(lambda: api.http.get("/v1/pause?status=cancelled").json()["items"], within=30)
