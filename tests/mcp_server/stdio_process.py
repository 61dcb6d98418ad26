"""The shipped server as a process, and the interpreters that it is run with."""

from __future__ import annotations

import functools
import json
import os
import queue
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import schema_check
from api_stub import API_KEY, QUESTION, SECRET_LINK

from pausepoint.mcp import tools

Json = dict[str, Any]

SERVER = Path(__file__).parents[2] / "mcp_server" / "server.py"
PATIENCE_SECONDS = 30.0
VERSION_KEY = "io.modelcontextprotocol/protocolVersion"
STATELESS_META = {VERSION_KEY: "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}


def other_interpreters() -> list[str]:
    """Pythons to run the server with beside this one.

    `PAUSEPOINT_TEST_PYTHONS` names them, separated as in PATH; else the oldest supported one is
    used where it is found.
    """
    named = os.environ.get("PAUSEPOINT_TEST_PYTHONS")  # noqa: TID251 - read by tests alone
    if named:
        return named.split(os.pathsep)
    pyenv = sorted(Path.home().glob(".pyenv/versions/3.9.*/bin/python"))
    found = [shutil.which("python3.9"), *map(str, pyenv)]
    return [python for python in found if python and _runs(python)][:1]


def _runs(python: str) -> bool:
    probe = [python, "-c", "pass"]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


class StdioProcess:
    """The server under test; every line that it writes is kept in `lines`."""

    def __init__(
        self, *, python: str = sys.executable, script: Path = SERVER, **settings: str
    ) -> None:
        environment = {"PATH": os.defpath, "PYTHONWARNINGS": "error", **settings}
        self.process = subprocess.Popen(
            [python, str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
        )
        self.lines: list[bytes] = []
        self.stderr = b""
        self._arrived: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._readers = [threading.Thread(target=self._read), threading.Thread(target=self._listen)]
        for reader in self._readers:
            reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            self._arrived.put(line)
        self._arrived.put(None)

    def _listen(self) -> None:
        assert self.process.stderr is not None
        self.stderr = self.process.stderr.read()

    def send(self, message: object) -> None:
        self.send_line(json.dumps(message).encode())

    def send_line(self, line: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def receive(self) -> Any:
        line = self._arrived.get(timeout=PATIENCE_SECONDS)
        assert line is not None, f"the server ended: {self.stderr.decode()}"
        return json.loads(line)

    def request(self, method: str, params: Json | None = None, request_id: object = 1) -> Json:
        self.send({"jsonrpc": "2.0", "id": request_id, "method": method, "params": params or {}})
        answer: Json = self.receive()
        assert answer["id"] == request_id
        return answer

    def send_call(self, tool: str, arguments: object, request_id: object = 1, **meta: Any) -> None:
        params = {"name": tool, "arguments": arguments, "_meta": meta}
        self.send({"jsonrpc": "2.0", "id": request_id, "method": "tools/call", "params": params})

    def call(self, tool: str, arguments: object, request_id: object = 1, **meta: Any) -> Json:
        """The structured content of a good result, checked against its schema."""
        self.send_call(tool, arguments, request_id, **meta)
        answer = self.receive()
        assert answer["id"] == request_id
        return content_of(tool, answer)

    def ask(self, **more: object) -> str:
        """Puts a question to the person; its pause's id."""
        content = self.call("create_pause_request", {**QUESTION, **more})
        pause_id: str = content["pause_id"]
        return pause_id

    def refused(self, tool: str, arguments: object) -> str:
        """The one line of a tool error."""
        self.send_call(tool, arguments)
        return sentence_of(self.receive())

    def close(self) -> int:
        """Ends the input; the process's exit code."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            code = self.process.wait(PATIENCE_SECONDS)
        finally:
            self.process.kill()
            for reader in self._readers:
                reader.join(PATIENCE_SECONDS)
            for stream in (self.process.stdout, self.process.stderr):
                assert stream is not None
                stream.close()
        return code

    def check_lines(self) -> None:
        """What holds for every run: nothing but protocol on stdout, and no secret anywhere."""
        for line in self.lines:
            message = json.loads(line)
            for one in message if isinstance(message, list) else [message]:
                assert one["jsonrpc"] == "2.0"
        everything = b"".join(self.lines) + self.stderr
        assert b"respond_url" not in everything
        assert SECRET_LINK.encode() not in everything
        assert API_KEY.encode() not in everything


def content_of(tool: str, answer: Json) -> Json:
    result = answer["result"]
    assert "isError" not in result, result["content"]
    content: Json = result["structuredContent"]
    assert schema_check.problems(content, output_schemas()[tool]) == []
    assert result["content"][0]["text"].strip()
    return content


def sentence_of(answer: Json) -> str:
    result = answer["result"]
    assert result["isError"] is True
    assert "structuredContent" not in result
    (block,) = result["content"]
    sentence: str = block["text"]
    assert "\n" not in sentence
    return sentence


@functools.cache
def output_schemas() -> dict[str, Json]:
    return {tool["name"]: tool["outputSchema"] for tool in tools.tool_table(45)}


Start = Callable[..., StdioProcess]
"""Starts the server with these settings; ends it after the test."""
