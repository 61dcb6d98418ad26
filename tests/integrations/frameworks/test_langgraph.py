"""LangGraph and LangChain's middleware, with the frameworks themselves and a scripted model."""

from __future__ import annotations

import json

import pytest

from tests.client.person import answer
from tests.integrations.frameworks.program import Program, Programs

MODES = ("batched", "per_call")


def example(programs: Programs, mode: str = "batched") -> Program:
    return programs.start("langgraph", "examples/with_langgraph.py", mode)


@pytest.mark.parametrize("mode", MODES)
def test_an_approved_call_runs_as_the_person_saw_it(programs: Programs, mode: str) -> None:
    program = example(programs, mode)
    asked = programs.answer("Approve")

    assert asked.options == ("Approve", "Change", "Reject")
    assert 'wire_money\npayee: "Meridian"\namount: 8400\n' in (asked.message or "")
    assert "Args:" not in (asked.message or "")
    assert program.output() == "wiring 8400 to Meridian\nThe tool said: sent 8400\n"
    assert len(programs.asked) == 1


@pytest.mark.parametrize("mode", MODES)
def test_the_note_of_a_rejection_reaches_the_model(programs: Programs, mode: str) -> None:
    program = example(programs, mode)
    programs.answer("Reject", 'The "old" account.')

    output = program.output()
    assert "wiring" not in output
    assert r'Their note: "The \"old\" account."' in output


@pytest.mark.parametrize("mode", MODES)
def test_the_persons_changes_are_what_runs(programs: Programs, mode: str) -> None:
    program = example(programs, mode)
    programs.answer("Change", "amount: 800")

    output = program.output()
    assert output.startswith("wiring 800 to Meridian\n")
    assert "sent 800" in output


def test_changes_that_are_not_understood_run_nothing_and_reach_the_model(
    programs: Programs,
) -> None:
    program = example(programs)
    programs.answer("Change", "make it less")

    output = program.output()
    assert "wiring" not in output
    assert 'changed; it did not run. Their note: "make it less"' in output


def test_who_was_killed_while_waiting_asks_once_and_finishes(programs: Programs) -> None:
    killed = example(programs)
    programs.question()
    killed.kill()
    again = example(programs)
    programs.answer("Approve")

    assert again.output() == "wiring 8400 to Meridian\nThe tool said: sent 8400\n"
    assert len(programs.asked) == 1


def test_an_answer_given_while_nothing_ran_is_found(programs: Programs) -> None:
    killed = example(programs)
    programs.question()
    killed.kill()
    programs.answer("Reject", "No.")

    assert 'Their note: "No."' in example(programs).output()
    assert len(programs.asked) == 1


def test_plain_interrupts_are_each_asked_and_answered(programs: Programs) -> None:
    program = programs.start("langgraph", "tests/integrations/frameworks/langgraph/plain.py")
    programs.answer("Approve")
    programs.answer("Reject", "No, wait.", number=2)
    for pause in programs.questions(4)[2:]:
        answer(pause, (pause.options or [])[0])

    answers = json.loads(program.output())
    assert answers[:3] == ["Approve", "Reject", "No, wait."]
    assert sorted(map(str, answers[3:])) == ["Go", "True"]
    messages = {pause.message for pause in programs.asked}
    assert messages == {"Are you sure?", "Left?", 'amount: 8400\npayee: "Meridian"'}
