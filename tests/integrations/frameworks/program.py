"""Programs that use a framework, as processes in an empty folder, and the person whom they ask."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from pausepoint.client import Pause, PausePoint
from tests.client.person import answer
from tests.client.proxy import Proxy
from tests.e2e.api import eventually
from tests.e2e.server import Server, environment
from tests.integrations.frameworks.environments import ROOT, python_of

WITHIN = 60


class Program:
    """One process; its output is in a file, so that nothing is lost when it is killed."""

    def __init__(self, command: Sequence[str], folder: Path, env: dict[str, str]) -> None:
        self._output = folder / "output.txt"
        self._errors = folder / "errors.txt"
        with self._output.open("wb") as output, self._errors.open("wb") as errors:
            self.process = subprocess.Popen(
                command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=errors
            )

    def output(self, within: float = WITHIN) -> str:
        """What it printed, once it has ended well."""
        code = self.process.wait(within)
        assert code == 0, self.errors()
        return self.printed()

    def printed(self) -> str:
        """What it printed so far."""
        return self._output.read_text("utf-8")

    def errors(self) -> str:
        """The end of what it wrote to stderr."""
        return self._errors.read_text("utf-8")[-4000:]

    def kill(self) -> None:
        """As a machine does that goes down."""
        self.process.kill()
        self.process.wait()


class Programs:
    """Starts them; `asked` has every question that was put, in order."""

    def __init__(self, server: Server, proxy: Proxy, folder: Path) -> None:
        self.proxy = proxy
        self._server = server
        self.asked: list[Pause] = []
        proxy.asked = self.asked.append
        self._folder = folder
        self._environment = environment(
            folder,
            PAUSEPOINT_API_KEY=server.test_api_key,
            PAUSEPOINT_BASE_URL=proxy.base_url,
            PYTHONPATH=str(ROOT / "src"),
            PYTHONUNBUFFERED="1",
        )
        self._started: list[Program] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for program in self._started:
            program.kill()

    def start(self, framework: str, script: str, *words: str, **settings: str) -> Program:
        """`script` is a path in the project. Each runs in the same folder as those before it."""
        return self.run([str(python_of(framework)), str(ROOT / script), *words], **settings)

    def run(self, command: Sequence[str], **settings: str) -> Program:
        program = Program(command, self._folder, self._environment | settings)
        self._started.append(program)
        return program

    def questions(self, number: int = 1) -> list[Pause]:
        """The first so many, once they are there. The program must be alive meanwhile."""

        def there() -> bool:
            program = self._started[-1]
            if program.process.poll() is not None and len(self.asked) < number:
                raise AssertionError(f"it ended without asking: {program.output()}")
            return len(self.asked) >= number

        eventually(there, WITHIN)
        assert len(self.asked) == number
        return self.asked[:number]

    def question(self, number: int = 1) -> Pause:
        return self.questions(number)[-1]

    def answer(self, choice: str, text: str | None = None, *, number: int = 1) -> Pause:
        """The person answers the so-many-th question."""
        pause = self.question(number)
        self.respond(pause, choice, text)
        return pause

    def respond(self, pause: Pause, choice: str, text: str | None = None) -> None:
        answer(pause, choice, text)

    def cancel(self, pause: Pause) -> None:
        """As an operator does, or the agent's own developer."""
        with self._client() as client:
            client.cancel(pause.pause_id)

    def status(self, pause: Pause) -> str:
        with self._client() as client:
            return client.get(pause.pause_id).status

    def _client(self) -> PausePoint:
        return PausePoint(self._server.test_api_key, base_url=self._server.base_url)
