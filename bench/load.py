"""Load by wrk: so many clients, each with one request at a time, for so many seconds."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_LUA = """
wrk.method = "{method}"
wrk.headers["Authorization"] = "Bearer {key}"
wrk.headers["Content-Type"] = "application/json"
wrk.body = {body}
{more}
"""

_MILLISECONDS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}


@dataclass(frozen=True)
class Loaded:
    """`p99_ms` is how long all but one in a hundred requests took at the most."""

    per_second: float
    p99_ms: float


def check_wrk() -> None:
    if shutil.which("wrk") is None:
        sys.exit("The benchmarks need wrk as the load generator. On Debian: apt-get install wrk")


@dataclass(frozen=True)
class Load:
    """One kind of request. `body` is sent as JSON; `lua` may make each request different."""

    url: str
    key: str = ""
    body: Any = None
    lua: str = ""

    def command(self, folder: Path, clients: int, seconds: float) -> list[str]:
        """`seconds` is rounded to whole ones: wrk knows no others."""
        text = "nil" if self.body is None else f"[==[{json.dumps(self.body)}]==]"
        method = "GET" if self.body is None else "POST"
        script = folder / "wrk.lua"
        script.write_text(_LUA.format(method=method, key=self.key, body=text, more=self.lua))
        whole = max(1, round(seconds))
        words = ["wrk", "-t1", f"-c{clients}", f"-d{whole}s", "--latency", "--timeout", "30s"]
        return [*words, "-s", str(script), self.url]

    def run(self, folder: Path, clients: int, seconds: float) -> Loaded:
        """Raises RuntimeError if any answer was an error."""
        words = self.command(folder, clients, seconds)
        return read(subprocess.run(words, capture_output=True, text=True, check=True).stdout)


def read(said: str) -> Loaded:
    """What wrk printed. Raises RuntimeError if any answer was an error."""
    if "Non-2xx" in said or "Socket errors" in said:
        raise RuntimeError(said)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    latency = re.search(r"99%\s+([\d.]+)(us|ms|s|m)", said)
    assert rate is not None, said
    assert latency is not None, said
    return Loaded(float(rate[1]), float(latency[1]) * _MILLISECONDS[latency[2]])
