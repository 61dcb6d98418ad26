"""`pausepoint doctor`: what `serve` refuses, it never calls well."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.server import environment, free_port, production

PAUSEPOINT = Path(sys.executable).with_name("pausepoint")
NOT_OURS = "203.0.113.9"
SMTP = {"PAUSEPOINT_SMTP_URL": "smtp://127.0.0.1:2525"}


def run(folder: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    env = environment(folder, **(production(free_port()) | settings))
    return subprocess.run(
        [str(PAUSEPOINT), *words], cwd=folder, env=env, capture_output=True, text=True, timeout=60
    )


def findings(folder: Path, **settings: str) -> tuple[int, dict[str, dict[str, Any]]]:
    done = run(folder, "doctor", "--json", **settings)
    return done.returncode, {each["subject"]: each for each in json.loads(done.stdout)}


@pytest.mark.parametrize(
    "settings",
    [
        {"PAUSEPOINT_HOST": NOT_OURS, "PAUSEPOINT_PUBLIC_URL": "https://pause.example.com"},
        {"PAUSEPOINT_HOST": "no such host", "PAUSEPOINT_PUBLIC_URL": "https://pause.example.com"},
        {"PAUSEPOINT_METRICS_ADDRESS": f"{NOT_OURS}:9464"},
        {"PAUSEPOINT_PUBLIC_URL": "https://pause.example.com#"},
        SMTP | {"PAUSEPOINT_EMAIL_FROM": "Acme <a@example.com>"},
        SMTP | {"PAUSEPOINT_EMAIL_FROM": "a@printer.local"},
        {"PAUSEPOINT_DATABASE_URL": "sqlite:////proc/pausepoint.db"},
    ],
)
def test_doctor_finds_what_serve_refuses(settings: dict[str, str], tmp_path: Path) -> None:
    served = run(tmp_path, "serve", **settings)
    assert served.returncode == 1, served.stderr

    status, found = findings(tmp_path, **settings)
    assert status == 1
    assert [each["sentence"] for each in found.values() if each["level"] == "wrong"]


def test_doctor_tells_of_an_address_in_use(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        status, found = findings(tmp_path, PAUSEPOINT_METRICS_ADDRESS=f"127.0.0.1:{port}")
    assert status == 0
    assert found["address"]["level"] == "ok"
    assert found["metrics"]["level"] == "note"
    assert f"127.0.0.1:{port} is in use" in found["metrics"]["sentence"]
