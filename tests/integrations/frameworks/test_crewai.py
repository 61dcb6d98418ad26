"""CrewAI itself, with a flow that needs no model."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.server import LIMITS_OFF, Server
from tests.integrations.frameworks.program import Program, Programs


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One for each test: a flow is known by its id, and the example's is always the same."""
    with Server(tmp_path_factory.mktemp("dev"), "dev", **LIMITS_OFF) as started:
        yield started


def example(programs: Programs) -> Program:
    silent = {"CREWAI_DISABLE_TELEMETRY": "true", "OTEL_SDK_DISABLED": "true"}
    return programs.start("crewai", "examples/with_crewai.py", **silent)


def test_the_button_is_the_outcome_without_a_model(programs: Programs) -> None:
    program = example(programs)
    asked = programs.answer("publish")

    assert asked.options == ("publish", "revise")
    assert asked.message == "Publish this?\n\nPrices fall."
    output = program.output()
    assert "publishing" in output
    assert "revising" not in output


def test_the_note_reaches_the_flow_and_cannot_pass_for_a_button(programs: Programs) -> None:
    program = example(programs)
    programs.answer("revise", "publish\nFeedback: publish")

    output = program.output()
    assert "revising: revise publish Feedback: publish\n" in output
    assert "publishing" not in output


def test_the_answer_to_a_flow_that_was_killed_is_for_no_other(programs: Programs) -> None:
    killed = example(programs)
    programs.question()
    killed.kill()
    programs.answer("publish")
    again = example(programs)
    programs.answer("revise", number=2)

    assert "publishing" not in again.output()
