"""Agent hosts with their own time-outs wait for a slow person, and their model sees no error meanwhile.

`PAUSEPOINT_TEST_HOST_WAIT=600` gives the person ten minutes; by default they take a few seconds
more than the shortest time-out. `-rP` shows how many calls each host made.
"""

from __future__ import annotations

import json
import os
import re
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any, Final

import pytest

from tests.e2e.api import Api, eventually
from tests.e2e.server import LIMITS_OFF, Server, environment
from tests.integrations.frameworks.environments import ROOT, python_of
from tests.integrations.frameworks.program import Program
from tests.integrations.mcp_hosts.model import Model
from tests.integrations.messages_api import MessagesApi
from tests.integrations.packages import NEWEST, OLDEST, claude, node
from tests.integrations.test_claude_code import ClaudeCode

Json = dict[str, Any]

SECONDS: Final = float(os.environ.get("PAUSEPOINT_TEST_HOST_WAIT", "12"))  # noqa: TID251 - read by tests alone
WITHIN: Final = SECONDS + 120
PROGRAMS: Final = ROOT / "tests" / "integrations" / "mcp_hosts"
IN_PYTHON: Final = {
    "agent_framework": "agent_framework",
    "crewai": "crewai",
    "google_adk": "google_adk",
    "langchain": "langgraph",
    "openai_agents": "openai_agents",
    "pydantic_ai": "pydantic_ai",
}
"""By the host's program, the framework whose environment has it."""
PYTHON_SDKS: Final = {"python_sdk-1": "crewai", "python_sdk-2": "openai_agents"}
CLAUDE: Final = {"claude_code-oldest": OLDEST, "claude_code-newest": NEWEST}
HOSTS: Final = (*IN_PYTHON, *PYTHON_SDKS, "typescript_sdk", *CLAUDE)
LOSES_RESULTS: Final = {("crewai", "http")} if sys.version_info < (3, 12) else set()
"""CrewAI 1.15 ends each HTTP connection with a RuntimeError there, and drops what the tool returned."""
RUNS: Final = [run for run in product(HOSTS, ("stdio", "http")) if run not in LOSES_RESULTS]
_LINK: Final = re.compile(r"/respond/([A-Za-z0-9_-]{54})")


@dataclass(frozen=True)
class End:
    """`told` is what the model read of each call, in order."""

    told: list[str]
    said: str


class Hosts:
    """Starts one host after another; each question is answered `SECONDS` after it was asked."""

    def __init__(
        self, server: Server, modules: Path, folder: Path, pool: ThreadPoolExecutor
    ) -> None:
        self._server = server
        self._modules = modules
        self._folder = folder
        self._pool = pool
        self._person = Api(server.base_url, None)
        self._seen: set[str] = set()
        self._programs: list[Program] = []
        self._stack: list[Callable[[], object]] = [self._person.http.close]
        self.ends: dict[tuple[str, str], Callable[[], End]] = {}

    def start(self, host: str, transport: str) -> None:
        """Return once its question is in the inbox, so that no start slows another one down."""
        folder = self._folder / f"{host}-{transport}"
        folder.mkdir()
        if host in CLAUDE:
            end = self._claude(CLAUDE[host], transport, folder)
        else:
            end = self._program(host, transport, folder)
        self.ends[host, transport] = end
        [token] = eventually(partial(self._question, host), within=60)
        self._seen.add(token)
        answer = threading.Timer(SECONDS, self._person.respond, (token, "Approve"))
        answer.start()
        self._stack.append(answer.cancel)

    def close(self) -> None:
        for undo in reversed(self._stack):
            undo()

    def _question(self, host: str) -> set[str]:
        """The new link in the inbox, once it is there."""
        for program in self._programs[-1:]:
            ended = program.process.poll()
            assert not ended, f"{host}: {program.printed()}{program.errors()}"
        return set(_LINK.findall(self._person.http.get("/dev/inbox").text)) - self._seen

    def _program(self, host: str, transport: str, folder: Path) -> Callable[[], End]:
        target = json.dumps(self._target(transport))
        if host == "typescript_sdk":
            (folder / "node_modules").symlink_to(self._modules)
            command = [str(node()), str(PROGRAMS / "with_typescript_sdk.mjs"), target]
        else:
            framework = (IN_PYTHON | PYTHON_SDKS)[host]
            script = PROGRAMS / f"with_{host.partition('-')[0]}.py"
            command = [str(python_of(framework)), str(script), target]
        # CrewAI sends usage data otherwise.
        quiet = {"CREWAI_DISABLE_TELEMETRY": "true", "OTEL_SDK_DISABLED": "true"}
        program = Program(command, folder, environment(folder, **quiet))
        self._programs.append(program)
        self._stack.append(program.kill)

        def end() -> End:
            return End(**json.loads(program.output(WITHIN).splitlines()[-1]))

        return end

    def _claude(self, version: str, transport: str, folder: Path) -> Callable[[], End]:
        code = ClaudeCode(claude(self._modules, version), self._server, folder)
        entry = code.over_http() if transport == "http" else code.on_stdio()

        def run() -> End:
            with ScriptedApi() as model:
                told = code.run(model, entry, "--allowedTools", "mcp__pausepoint", within=WITHIN)
            return End(model.model.told, told["result"])

        running = self._pool.submit(run)
        return lambda: running.result(WITHIN)

    def _target(self, transport: str) -> Json:
        key, url = self._server.test_api_key, self._server.base_url
        if transport == "http":
            return {"url": f"{url}/mcp", "headers": {"Authorization": f"Bearer {key}"}}
        script = str(ROOT / "mcp_server" / "server.py")
        settings = {"PAUSEPOINT_API_KEY": key, "PAUSEPOINT_BASE_URL": url}
        return {"command": sys.executable, "args": [script], "env": settings}


class ScriptedApi(MessagesApi):
    """The model of the other hosts, as Claude Code calls it."""

    def __init__(self) -> None:
        super().__init__([{"text": "Done."}])
        self.model = Model()

    def turn(self, body: Json) -> tuple[Json, str]:
        block, stop = super().turn(body)
        if not body.get("tools"):
            return block, stop
        wanted = self.model.call([result["content"] for result in self.results])
        if wanted is None:
            return block, stop
        name, arguments = wanted
        call = {"type": "tool_use", "id": f"toolu_{len(self.results):04}", "input": arguments}
        return {**call, "name": f"mcp__pausepoint__{name}"}, "tool_use"


@pytest.fixture(scope="module")
def hosts(modules: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosts]:
    folder = tmp_path_factory.mktemp("hosts")
    with (
        Server(tmp_path_factory.mktemp("dev"), "dev", **LIMITS_OFF) as server,
        ThreadPoolExecutor(2 * len(CLAUDE)) as pool,
    ):
        started = Hosts(server, modules, folder, pool)
        try:
            for run in RUNS:
                started.start(*run)
            yield started
        finally:
            started.close()


@pytest.mark.timeout(WITHIN + 300)
@pytest.mark.parametrize(("host", "transport"), RUNS)
def test_the_host_waits_for_the_answer(hosts: Hosts, host: str, transport: str) -> None:
    end = hosts.ends[host, transport]()

    print(f"{host} by {transport}: {len(end.told)} calls in {SECONDS:.0f} s")
    *meanwhile, last = end.told
    assert "Approve" in last, end.told[-3:]
    assert "pending" not in last
    assert all("pending" in one for one in meanwhile)
    assert end.said.strip().endswith("Done.")
