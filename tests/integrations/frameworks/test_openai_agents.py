"""The OpenAI Agents SDK itself, with its own scripted model."""

from __future__ import annotations

from pathlib import Path

from tests.client.person import answer
from tests.integrations.frameworks.program import Program, Programs


def example(programs: Programs) -> Program:
    return programs.start("openai_agents", "examples/with_openai_agents.py")


def test_an_approved_call_runs_as_the_person_saw_it(programs: Programs) -> None:
    program = example(programs)
    asked = programs.answer("Approve")

    assert asked.options == ("Approve", "Reject")
    assert asked.message == 'Run wire_money?\n\npayee: "Meridian"\namount: 8400'
    assert program.output() == "wiring 8400 to Meridian\nThe tool said: sent 8400\n"
    assert len(programs.asked) == 1


def test_the_note_of_a_rejection_reaches_the_model(programs: Programs) -> None:
    program = example(programs)
    programs.answer("Reject", 'The "old" account.')

    output = program.output()
    assert "wiring" not in output
    assert r'rejected this call. Their note: "The \"old\" account."' in output


def test_who_was_killed_while_waiting_asks_once_and_finishes(
    programs: Programs, tmp_path: Path
) -> None:
    killed = example(programs)
    programs.question()
    killed.kill()
    assert (tmp_path / "run.json").stat().st_mode & 0o077 == 0

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


def test_the_next_run_with_the_same_call_is_asked_anew(programs: Programs) -> None:
    """Though its model numbers its calls as the first one did."""
    first = example(programs)
    programs.answer("Approve")
    first.output()
    second = example(programs)
    programs.answer("Reject", number=2)

    assert "wiring" not in second.output()


def test_several_calls_and_the_programs_context_survive_too(programs: Programs) -> None:
    script = "tests/integrations/frameworks/openai_agents/with_context.py"
    killed = programs.start("openai_agents", script)
    first, second = programs.questions(2)
    killed.kill()
    answer(second, "Reject", "One is enough.")
    again = programs.start("openai_agents", script)
    answer(first, "Approve")

    assert again.output() == (
        'Acme paid 1 | A person rejected this call. Their note: "One is enough."\n'
    )
    assert len(programs.asked) == 2
