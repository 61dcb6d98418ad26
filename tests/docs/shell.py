"""Carries out the steps of one page, as a reader with three terminals would."""

from __future__ import annotations

import json
import re
import selectors
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any, Final

from tests.docs.pages import Step
from tests.e2e.server import Server, environment, free_port

PATIENCE: Final = 20
_DONE: Final = "--- this block is done ---"
_SAVES: Final = re.compile(r"save (\S+)")
_ANSWERS: Final = re.compile(r"person answers (.+)")


class Terminal:
    """A program whose output is read line by line, with a deadline."""

    def __init__(self, command: list[str], folder: Path, env: dict[str, str]) -> None:
        self._errors = (folder / f"{Path(command[0]).name}.log").open("w+b")
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            bufsize=0,
        )

    def write(self, text: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(text.encode())

    def read_until(self, last: str) -> list[str]:
        """The lines before the one that reads `last`."""
        assert self.process.stdout is not None
        deadline = time.monotonic() + PATIENCE
        output = b""
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while f"\n{last}\n".encode() not in b"\n" + output:
                ready = selector.select(max(0, deadline - time.monotonic()))
                chunk = self.process.stdout.read(65536) if ready else b""
                assert chunk, f"{output.decode()}\nnot: {last}\n{self.errors()}"
                output += chunk
        return output.decode().splitlines()[: output.decode().splitlines().index(last)]

    def errors(self) -> str:
        self._errors.seek(0)
        return self._errors.read().decode()

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self._errors):
            assert stream is not None
            stream.close()


class Reader:
    """Does what a page says, in a folder of its own, against a running `pausepoint dev`.

    `commands` counts the blocks that were run, `answers` the printed answers that were compared.
    """

    def __init__(self, server: Server, folder: Path) -> None:
        self._folder = folder
        self._ports = {"8000": str(server.port), "9000": str(free_port())}
        self._env = environment(folder, PAUSEPOINT_API_KEY=server.test_api_key)
        self._env["PATH"] = f"{Path(sys.executable).parent}:{self._env['PATH']}"
        self._bash = Terminal(["bash", "-e", "-o", "pipefail"], folder, self._env)
        self._background: Terminal | None = None
        self._output: list[str] = []
        self._pending = ""
        self.commands = 0
        self.answers = 0

    def do(self, step: Step) -> None:
        text = self._local(step.text)
        directive, self._pending = self._pending, ""
        if step.kind == "run":
            self._obey(text)
        elif saved := _SAVES.fullmatch(directive):
            (self._folder / saved[1]).write_text(text, "utf-8")
        elif directive == "in the background":
            self._start(text)
        elif directive == "the background prints":
            assert self._background is not None
            self._background.read_until(text.splitlines()[-1])
        elif step.kind in ("sh", "bash", "console") and "curl" in text:
            self._run(text)
        elif step.kind == "json" and self._output:
            self._compare(text, step)

    def close(self) -> None:
        self._bash.close()
        if self._background is not None:
            self._background.close()

    def _obey(self, directive: str) -> None:
        if answer := _ANSWERS.fullmatch(directive):
            self._answer(answer[1])
        else:
            self._pending = directive

    def _answer(self, choice: str) -> None:
        """As the page's form does it, by the link in the answer that the page told us to keep."""
        url = json.loads((self._folder / "pause.json").read_text("utf-8"))["respond_url"]
        request = urllib.request.Request(
            url.replace("/respond/", "/v1/respond/"),
            json.dumps({"choice": choice}).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as reply:
            assert reply.status == 200

    def _run(self, text: str) -> None:
        self.commands += 1
        self._bash.write(f"{text}\nprintf '\\n%s\\n' '{_DONE}'\n")
        self._output = self._bash.read_until(_DONE)

    def _start(self, text: str) -> None:
        words = text.split()
        self._background = Terminal(words, self._folder, self._env)
        self._background.read_until(f"listening on port {self._ports['9000']}")

    def _compare(self, expected: str, step: Step) -> None:
        printed = "".join(self._output)
        self._output = []
        self.answers += 1
        assert holds(json.loads(expected), json.loads(printed)), f"{step.where}: got {printed}"

    def _local(self, text: str) -> str:
        for documented, used in self._ports.items():
            text = re.sub(
                rf"(?<=:){documented}\b|(?<=port ){documented}\b|(?<=, ){documented}\b", used, text
            )
        return text


def holds(expected: Any, actual: Any) -> bool:
    """Whether `actual` says all that `expected` does; `…` stands for any characters."""
    match expected:
        case dict():
            return isinstance(actual, dict) and all(
                key in actual and holds(value, actual[key]) for key, value in expected.items()
            )
        case list():
            return (
                isinstance(actual, list)
                and len(actual) == len(expected)
                and all(holds(*pair) for pair in zip(expected, actual, strict=True))
            )
        case str():
            pattern = ".*".join(map(re.escape, expected.split("…")))
            return isinstance(actual, str) and re.fullmatch(pattern, actual, re.DOTALL) is not None
        case _:
            return bool(expected == actual)
