"""The log: what it says of a crash, and what it never says."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

CRASH = """
import structlog
from pausepoint.logs import configure
configure({log_format!r})
def handler(message, token):
    raise ZeroDivisionError("inside")
try:
    handler("Wire it to Meridian?", "secret-token")
except ZeroDivisionError:
    structlog.get_logger("pausepoint.web").exception("a request failed inside", route="/v1/pause")
"""


def logged(log_format: str) -> str:
    words = [sys.executable, "-c", CRASH.format(log_format=log_format)]
    return subprocess.run(words, capture_output=True, text=True, timeout=60, check=True).stderr


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_a_crash_is_traced_without_what_was_in_its_variables(log_format: str) -> None:
    said = logged(log_format)

    assert "ZeroDivisionError" in said
    assert "handler" in said
    assert "'Wire it" not in said.replace('handler("Wire it to Meridian?", "secret-token")', "")


def test_json_is_one_object_a_line() -> None:
    [line] = logged("json").splitlines()
    entry = json.loads(line)

    assert (entry["event"], entry["route"], entry["level"]) == (
        "a request failed inside",
        "/v1/pause",
        "error",
    )
    assert entry["timestamp"].endswith("Z")
