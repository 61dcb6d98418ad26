"""What the client costs a program before it has asked anything: its import, and a command's start."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from bench.figures import Figure, Row, at_most, ratio
from bench.plan import Plan

TIMES: Final = 7
"""How often in a round. The least counts: a start is short, and neighbours only ever add to it."""
PAUSEPOINT: Final = str(Path(sys.executable).with_name("pausepoint"))
PASS: Final = [sys.executable, "-c", "pass"]
COMMANDS: Final = {
    "start of `pausepoint ask --help`": [PAUSEPOINT, "ask", "--help"],
    "start of a command that asks, client loaded": [
        sys.executable,
        "-c",
        "import pausepoint.cli.ask, pausepoint.client",
    ],
}


def measure_client(plan: Plan) -> None:
    ours: list[float] = []
    theirs: list[float] = []
    starts: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in plan.rounds:
        pairs = [(_import_ms("httpx2"), _import_ms("pausepoint.client")) for _ in range(TIMES)]
        theirs.append(min(pair[0] for pair in pairs))
        ours.append(min(pair[1] for pair in pairs))
        for name, words in COMMANDS.items():
            pairs = [(_run_ms(PASS), _run_ms(words)) for _ in range(TIMES)]
            starts[name].append(min(pair[1] for pair in pairs) - min(pair[0] for pair in pairs))
    report = plan.report
    report.add(Row("import httpx2", "httpx2", Figure.of(theirs, "ms")))
    report.add(
        Row(
            "import pausepoint.client",
            "client",
            Figure.of(ours, "ms"),
            "import httpx2",
            ratio(ours, theirs),
            at_most(1.3),
        )
    )
    for name, each in starts.items():
        report.add(
            Row(
                f"{name}, beyond `python -c pass`",
                "client",
                Figure.of(each, "ms"),
                bar=at_most(150),
            )
        )


def _import_ms(module: str) -> float:
    """In a process of its own, without the interpreter's start."""
    words = f"from time import perf_counter as t; b = t(); import {module}; print(t() - b)"
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True)
    return float(done.stdout) * 1000


def _run_ms(words: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(words, stdout=subprocess.DEVNULL, check=True)
    return (time.perf_counter() - began) * 1000
