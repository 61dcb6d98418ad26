"""The official SDK's clients of both majors against the shipped server on stdio."""

from __future__ import annotations

import sys

import pytest
from api_stub import API_KEY, ApiStub
from official_client import RUNS, expected, report_of
from stdio_process import SERVER


@pytest.mark.parametrize(("script", "mode", "protocol"), RUNS)
def test_official_client(api: ApiStub, script: str, mode: list[str], protocol: str) -> None:
    target = {
        "command": sys.executable,
        "args": [str(SERVER)],
        "env": {"PAUSEPOINT_API_KEY": API_KEY, "PAUSEPOINT_BASE_URL": api.base_url},
    }

    def answer_the_first_question() -> None:
        # The client's environment may have to be downloaded first.
        api.until(lambda: api.held == 1, seconds=300)
        api.answer(api.only_pause()["pause_id"], "Approve")

    report = report_of(script, mode, target, answer_the_first_question)
    assert report == expected(protocol, audited=1)
