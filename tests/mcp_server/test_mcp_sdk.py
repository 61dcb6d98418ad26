"""The official SDK's clients of both majors against the shipped server.

Each runs in an environment of its own, which uv makes from the lock file beside the script.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from api_stub import API_KEY, ApiStub
from stdio_process import SERVER

CLIENTS = Path(__file__).parent / "clients"
ROOT = Path(__file__).parents[2]


def uv() -> str:
    return shutil.which("uv") or str(ROOT / ".tools" / "uv" / "bin" / "uv")


@pytest.mark.parametrize(
    ("script", "mode", "protocol"),
    [
        ("sdk1.py", [], "2025-11-25"),
        ("sdk2.py", ["legacy"], "2025-11-25"),
        ("sdk2.py", ["auto"], "2026-07-28"),
        ("sdk2.py", ["2026-07-28"], "2026-07-28"),
    ],
)
def test_official_client(api: ApiStub, script: str, mode: list[str], protocol: str) -> None:
    settings = {"PAUSEPOINT_API_KEY": API_KEY, "PAUSEPOINT_BASE_URL": api.base_url}
    command = [uv(), "run", "--quiet", "--locked", "--script", str(CLIENTS / script)]
    client = subprocess.Popen(
        [*command, sys.executable, str(SERVER), json.dumps(settings), *mode],
        stdout=subprocess.PIPE,
        text=True,
    )
    person = threading.Thread(target=_answer_the_first_question, args=(api,), daemon=True)
    person.start()
    output, _ = client.communicate(timeout=300)
    assert client.returncode == 0
    report = json.loads(output)
    assert report.pop("server") in ("pausepoint", None)
    assert len(report.pop("tools")) == 5
    assert report == {
        "protocol": protocol,
        "choice": "Approve",
        "cancelled": "cancelled",
        "listed": 2,
        "audited": 1,
        "faulty_is_error": True,
    }


def _answer_the_first_question(api: ApiStub) -> None:
    # The client's environment may have to be downloaded first.
    api.until(lambda: api.held == 1, seconds=300)
    api.answer(api.only_pause()["pause_id"], "Approve")
