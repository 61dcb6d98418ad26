"""A log that cannot be written, on a full disk or with no reader left, stops nothing."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from tests.e2e.server import PROGRAM, environment, free_port, production

pytestmark = pytest.mark.e2e


def full() -> int:
    return os.open("/dev/full", os.O_WRONLY)


def unread() -> int:
    reading, writing = os.pipe()
    os.close(reading)
    return writing


@pytest.mark.parametrize("stderr", [full, unread])
@pytest.mark.parametrize("log_format", ["json", "text"])
def test_a_server_whose_log_is_lost_answers_and_stops_as_ever(
    tmp_path: Path, stderr: Callable[[], int], log_format: str
) -> None:
    settings = production(free_port()) | {"PAUSEPOINT_LOG_FORMAT": log_format}
    log = stderr()
    process = subprocess.Popen(
        [PROGRAM, "serve", "--json"],
        env=environment(tmp_path, **settings),
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=log,
    )
    os.close(log)
    try:
        assert process.stdout is not None
        assert process.stdout.readline(), "it never became ready"
        url = f"http://127.0.0.1:{settings['PAUSEPOINT_PORT']}"
        with httpx2.Client(base_url=url, trust_env=False) as client:
            answers = [client.get("/health/ready").status_code for _ in range(5)]
        assert answers == [200] * 5
    finally:
        process.terminate()
        code = process.wait(20)
        process.stdout.close()
    assert code == 0
