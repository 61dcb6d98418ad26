"""One call, one question, one answer: what every framework does alike, each with a scripted model."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integrations.frameworks.examples import (
    AGENT_FRAMEWORK,
    GOOGLE_ADK,
    LANGGRAPH,
    OPENAI_AGENTS,
    PYDANTIC_AI,
    PYDANTIC_AI_INLINE,
    Example,
)
from tests.integrations.frameworks.program import Programs

QUESTION = 'Run wire_money?\n\npayee: "Meridian"\namount: 8400'


@pytest.mark.parametrize("example", [AGENT_FRAMEWORK, GOOGLE_ADK, OPENAI_AGENTS], ids=str)
def test_an_approved_call_runs_as_the_person_saw_it(programs: Programs, example: Example) -> None:
    program = example.start(programs)
    asked = programs.answer("Approve")

    assert asked.options == ("Approve", "Reject")
    assert asked.message == QUESTION
    assert program.output() == example.approved
    assert len(programs.asked) == 1


@pytest.mark.parametrize("example", [PYDANTIC_AI, PYDANTIC_AI_INLINE], ids=str)
def test_where_it_may_be_changed_the_person_is_told_how(
    programs: Programs, example: Example
) -> None:
    program = example.start(programs)
    asked = programs.answer("Approve")

    assert asked.options == ("Approve", "Change", "Reject")
    assert (asked.message or "").startswith(f"{QUESTION}\n")
    assert program.output() == example.approved
    assert len(programs.asked) == 1


@pytest.mark.parametrize(
    "example", [AGENT_FRAMEWORK, OPENAI_AGENTS, PYDANTIC_AI, PYDANTIC_AI_INLINE], ids=str
)
def test_the_note_of_a_rejection_reaches_the_model(programs: Programs, example: Example) -> None:
    program = example.start(programs)
    programs.answer("Reject", 'The "old" account.')

    output = program.output()
    assert "wiring" not in output
    assert r'rejected this call. Their note: "The \"old\" account."' in output


@pytest.mark.parametrize(
    "example", [AGENT_FRAMEWORK, GOOGLE_ADK, LANGGRAPH, OPENAI_AGENTS, PYDANTIC_AI], ids=str
)
def test_who_was_killed_while_waiting_asks_once_and_finishes(
    programs: Programs, example: Example
) -> None:
    killed = example.start(programs)
    programs.question()
    killed.kill()
    again = example.start(programs)
    programs.answer("Approve")

    assert again.output() == example.approved
    assert len(programs.asked) == 1


@pytest.mark.parametrize("example", [AGENT_FRAMEWORK, OPENAI_AGENTS, PYDANTIC_AI], ids=str)
def test_what_is_kept_meanwhile_is_private_and_gone_at_the_end(
    programs: Programs, tmp_path: Path, example: Example
) -> None:
    killed = example.start(programs)
    programs.question()
    killed.kill()
    assert (tmp_path / "run.json").stat().st_mode & 0o077 == 0

    again = example.start(programs)
    programs.answer("Approve")
    again.output()
    assert not (tmp_path / "run.json").exists()


@pytest.mark.parametrize(
    "example", [AGENT_FRAMEWORK, GOOGLE_ADK, LANGGRAPH, OPENAI_AGENTS, PYDANTIC_AI], ids=str
)
def test_an_answer_given_while_nothing_ran_is_found(programs: Programs, example: Example) -> None:
    killed = example.start(programs)
    programs.question()
    killed.kill()
    programs.answer("Reject", "No.")

    assert 'Their note: "No."' in example.start(programs).output()
    assert len(programs.asked) == 1


@pytest.mark.parametrize(
    "example", [AGENT_FRAMEWORK, OPENAI_AGENTS, PYDANTIC_AI, PYDANTIC_AI_INLINE], ids=str
)
def test_the_next_run_with_the_same_call_is_asked_anew(
    programs: Programs, example: Example
) -> None:
    """Though its model numbers its calls as the first one did."""
    first = example.start(programs)
    programs.answer("Approve")
    first.output()
    second = example.start(programs)
    programs.answer("Reject", number=2)

    assert "wiring" not in second.output()
