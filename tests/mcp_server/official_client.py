"""The official SDK's clients of both majors, each in an environment that uv makes from its lock."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

CLIENTS = Path(__file__).parent / "clients"
ROOT = Path(__file__).parents[2]

RUNS = [
    ("sdk1.py", [], "2025-11-25"),
    ("sdk2.py", ["legacy"], "2025-11-25"),
    ("sdk2.py", ["auto"], "2026-07-28"),
    ("sdk2.py", ["2026-07-28"], "2026-07-28"),
]
"""The script, its mode, and the version of the protocol that it must end up with."""


def report_of(
    script: str, mode: list[str], target: dict[str, Any], person: Callable[[], None]
) -> dict[str, Any]:
    """Runs every tool against the target while `person` answers the first question."""
    uv = shutil.which("uv") or str(ROOT / ".tools" / "uv" / "bin" / "uv")
    command = [uv, "run", "--quiet", "--locked", "--script", str(CLIENTS / script)]
    client = subprocess.Popen(
        [*command, json.dumps(target), *mode], stdout=subprocess.PIPE, text=True
    )
    answering = threading.Thread(target=person, daemon=True)
    answering.start()
    output, _ = client.communicate(timeout=300)
    answering.join(300)
    assert client.returncode == 0
    report: dict[str, Any] = json.loads(output)
    assert report.pop("server") in ("pausepoint", None)
    assert len(report.pop("tools")) == 5
    return report


def expected(protocol: str, audited: int) -> dict[str, Any]:
    return {
        "protocol": protocol,
        "choice": "Approve",
        "cancelled": "cancelled",
        "listed": 2,
        "audited": audited,
        "faulty_is_error": True,
    }
