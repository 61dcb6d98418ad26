"""Pydantic AI itself, with its own FunctionModel."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integrations.frameworks.program import Program, Programs

MODES = ("kept", "inline")


def example(programs: Programs, mode: str = "kept") -> Program:
    return programs.start("pydantic_ai", "examples/with_pydantic_ai.py", mode)


@pytest.mark.parametrize("mode", MODES)
def test_an_approved_call_runs_as_the_person_saw_it(programs: Programs, mode: str) -> None:
    program = example(programs, mode)
    asked = programs.answer("Approve")

    assert asked.options == ("Approve", "Change", "Reject")
    assert (asked.message or "").startswith('Run wire_money?\n\npayee: "Meridian"\namount: 8400\n')
    assert program.output() == "wiring 8400 to Meridian\nThe tool said: sent 8400\n"
    assert len(programs.asked) == 1


@pytest.mark.parametrize("mode", MODES)
def test_the_note_of_a_rejection_reaches_the_model(programs: Programs, mode: str) -> None:
    program = example(programs, mode)
    programs.answer("Reject", 'The "old" account.')

    output = program.output()
    assert "wiring" not in output
    assert r'rejected this call. Their note: "The \"old\" account."' in output


@pytest.mark.parametrize("mode", MODES)
def test_the_persons_changes_are_what_runs(programs: Programs, mode: str) -> None:
    program = example(programs, mode)
    programs.answer("Change", "amount: 800\npayee: Meridian Supplies")

    assert program.output() == "wiring 800 to Meridian Supplies\nThe tool said: sent 800\n"


def test_who_was_killed_while_waiting_asks_once_and_finishes(
    programs: Programs, tmp_path: Path
) -> None:
    killed = example(programs)
    programs.question()
    killed.kill()
    again = example(programs)
    programs.answer("Approve")

    assert again.output() == "wiring 8400 to Meridian\nThe tool said: sent 8400\n"
    assert len(programs.asked) == 1
    assert not (tmp_path / "run.json").exists()


def test_an_answer_given_while_nothing_ran_is_found(programs: Programs) -> None:
    killed = example(programs)
    programs.question()
    killed.kill()
    programs.answer("Reject", "No.")

    assert 'Their note: "No."' in example(programs).output()
    assert len(programs.asked) == 1


@pytest.mark.parametrize("mode", MODES)
def test_the_next_run_with_the_same_call_is_asked_anew(programs: Programs, mode: str) -> None:
    """Though its model numbers its calls as the first one did."""
    first = example(programs, mode)
    programs.answer("Approve")
    first.output()
    second = example(programs, mode)
    programs.answer("Reject", number=2)

    assert "wiring" not in second.output()
