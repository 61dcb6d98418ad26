"""Google's ADK itself, with a scripted model and its sessions in SQLite."""

from __future__ import annotations

from tests.integrations.frameworks.program import Program, Programs

APPROVED = "wiring 8400 to Meridian\nThe tool said: {'result': 'sent 8400'}\n"


def example(programs: Programs) -> Program:
    return programs.start("google_adk", "examples/with_google_adk.py")


def test_an_approved_call_runs_as_the_person_saw_it(programs: Programs) -> None:
    program = example(programs)
    asked = programs.answer("Approve")

    assert asked.options == ("Approve", "Reject")
    assert asked.message == 'Run wire_money?\n\npayee: "Meridian"\namount: 8400'
    assert program.output() == APPROVED
    assert len(programs.asked) == 1


def test_the_note_of_a_rejection_reaches_the_model(programs: Programs) -> None:
    program = example(programs)
    programs.answer("Reject", "The account.")

    output = program.output()
    assert "wiring" not in output
    assert "'error': 'This tool call is rejected.'" in output
    assert "'reason': 'A person rejected this call. Their note: \"The account.\"'" in output


def test_who_was_killed_while_waiting_asks_once_and_finishes(programs: Programs) -> None:
    killed = example(programs)
    programs.question()
    killed.kill()
    again = example(programs)
    programs.answer("Approve")

    assert again.output() == APPROVED
    assert len(programs.asked) == 1


def test_an_answer_given_while_nothing_ran_is_found(programs: Programs) -> None:
    killed = example(programs)
    programs.question()
    killed.kill()
    programs.answer("Reject", "No.")

    assert 'Their note: "No."' in example(programs).output()
    assert len(programs.asked) == 1
