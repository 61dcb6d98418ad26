"""LangGraph and LangChain's middleware, with a scripted model; what they share with others: test_one_call.py."""

from __future__ import annotations

import json

import pytest

from tests.client.person import answer
from tests.integrations.frameworks.examples import LANGGRAPH, LANGGRAPH_PER_CALL, Example
from tests.integrations.frameworks.program import Programs

in_each_mode = pytest.mark.parametrize("example", [LANGGRAPH, LANGGRAPH_PER_CALL], ids=str)


@in_each_mode
def test_an_approved_call_runs_as_the_person_saw_it(programs: Programs, example: Example) -> None:
    program = example.start(programs)
    asked = programs.answer("Approve")

    assert asked.options == ("Approve", "Change", "Reject")
    assert 'wire_money\npayee: "Meridian"\namount: 8400\n' in (asked.message or "")
    assert "Args:" not in (asked.message or "")
    assert program.output() == example.approved
    assert len(programs.asked) == 1


@in_each_mode
def test_the_note_of_a_rejection_reaches_the_model(programs: Programs, example: Example) -> None:
    program = example.start(programs)
    programs.answer("Reject", 'The "old" account.')

    output = program.output()
    assert "wiring" not in output
    assert r'Their note: "The \"old\" account."' in output


@in_each_mode
def test_the_persons_changes_are_what_runs(programs: Programs, example: Example) -> None:
    program = example.start(programs)
    programs.answer("Change", "amount: 800")

    output = program.output()
    assert output.startswith("wiring 800 to Meridian\n")
    assert "sent 800" in output


def test_changes_that_are_not_understood_run_nothing_and_reach_the_model(
    programs: Programs,
) -> None:
    program = LANGGRAPH.start(programs)
    programs.answer("Change", "make it less")

    output = program.output()
    assert "wiring" not in output
    assert 'changed; it did not run. Their note: "make it less"' in output


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
