"""A program that is killed while the approved tool runs: started again, it runs the tool, unasked."""

from __future__ import annotations

import signal

import pytest

from tests.integrations.frameworks.environments import ROOT
from tests.integrations.frameworks.program import WITHIN, Programs

FRAMEWORKS = ("agent_framework", "google_adk", "langgraph", "openai_agents", "pydantic_ai")


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_approved_call_is_run_and_nobody_is_asked_again(
    programs: Programs, framework: str
) -> None:
    words = (
        "tests/integrations/frameworks/dies_once.py",
        str(ROOT / "examples" / f"with_{framework}.py"),
    )
    killed = programs.start(framework, *words)
    programs.answer("Approve")
    assert killed.process.wait(WITHIN) == -signal.SIGKILL

    output = programs.start(framework, *words).output()
    assert output.startswith("wiring 8400 to Meridian\nThe tool said: ")
    assert "sent 8400" in output
    assert len(programs.asked) == 1
