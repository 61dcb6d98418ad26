"""An MCP server as a host starts it: timed to its first answer, weighed, and ended."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

VERSION_KEY = "io.modelcontextprotocol/protocolVersion"
_META = {
    VERSION_KEY: "2026-07-28",
    "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}


class McpProcess:
    """Asks for the tools at once, in the stateless era, so that it is one message each way."""

    def __init__(self, command: Sequence[str], **settings: str) -> None:
        self._began = time.perf_counter()
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PATH": os.defpath, **settings},
        )

    def seconds_to_tools(self) -> float:
        """From the process's start to the answer to `tools/list`. Raises RuntimeError."""
        self.send("tools/list", {"_meta": _META})
        line = self._answer()
        seconds = time.perf_counter() - self._began
        if len(json.loads(line)["result"]["tools"]) != 5:
            raise RuntimeError(f"this is no list of our tools: {line!r}")
        return seconds

    def send(self, method: str, params: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        self._process.stdin.write(json.dumps(message).encode() + b"\n")
        self._process.stdin.flush()

    @property
    def resident_mib(self) -> float:
        status = Path(f"/proc/{self._process.pid}/status").read_text("utf-8")
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    def seconds_to_end(self) -> float:
        """From the end of its input until it is gone."""
        assert self._process.stdin is not None
        began = time.perf_counter()
        self._process.stdin.close()
        self._process.wait(30)
        return time.perf_counter() - began

    def _answer(self) -> bytes:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the server ended without an answer")
        return line

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait(30)
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()


def seconds_of_nothing() -> float:
    """What starting this Python costs in any case: `python -c pass`."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True, env={"PATH": os.defpath})
    return time.perf_counter() - began
