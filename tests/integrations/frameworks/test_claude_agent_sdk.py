"""The Claude Agent SDK itself, with a program in the place of Claude Code that speaks its protocol."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.client.proxy import Says
from tests.integrations.frameworks.program import Program, Programs

SCRIPT = "tests/integrations/frameworks/claude_agent_sdk/run_example.py"
INPUT = {"command": "rm -r build", "timeout": 1000}


def example(programs: Programs, tool_use_id: str, **settings: str) -> Program:
    return programs.start("claude_agent_sdk", SCRIPT, tool_use_id, **settings)


def told(program: Program) -> dict[str, Any]:
    """What Claude Code was told to do with the call."""
    found = re.search(r"result='(\{.*?\})'", program.output())
    assert found
    answer: dict[str, Any] = json.loads(found[1].encode().decode("unicode_escape"))
    return answer


def test_an_approved_call_may_run_as_the_person_saw_it(programs: Programs) -> None:
    program = example(programs, "toolu_approved")
    asked = programs.answer("Approve")

    assert (asked.message or "").startswith('Run Bash?\n\ncommand: "rm -r build"\ntimeout: 1000\n')
    assert told(program) == {"behavior": "allow", "updatedInput": INPUT}


def test_the_note_of_a_rejection_reaches_claude(programs: Programs) -> None:
    program = example(programs, "toolu_rejected")
    programs.answer("Reject", "Keep it.")

    message = 'A person rejected this call. Their note: "Keep it."'
    assert told(program) == {"behavior": "deny", "message": message}


def test_the_persons_changes_are_what_runs(programs: Programs) -> None:
    program = example(programs, "toolu_changed")
    programs.answer("Change", "command: rm -r build/cache")

    changed = {**INPUT, "command": "rm -r build/cache"}
    assert told(program) == {"behavior": "allow", "updatedInput": changed}


def test_the_answer_to_a_program_that_was_killed_is_for_no_other(programs: Programs) -> None:
    killed = example(programs, "toolu_killed")
    programs.question()
    killed.kill()
    programs.answer("Approve")
    again = example(programs, "toolu_killed")
    programs.answer("Reject", number=2)

    assert told(again)["behavior"] == "deny"


def test_the_same_call_with_another_id_is_asked_anew(programs: Programs) -> None:
    first = example(programs, "toolu_first")
    programs.answer("Approve")
    assert told(first)["behavior"] == "allow"
    second = example(programs, "toolu_second")
    programs.answer("Reject", number=2)

    assert told(second)["behavior"] == "deny"


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"PAUSEPOINT_API_KEY": "pp_test_" + 48 * "0"}, "key"),
        ({"PAUSEPOINT_API_KEY": ""}, "PAUSEPOINT_API_KEY"),
    ],
)
def test_what_goes_wrong_denies_the_call_and_claude_reads_why(
    programs: Programs, settings: dict[str, str], reason: str
) -> None:
    answer = told(example(programs, "toolu_wrong", **settings))

    assert answer["behavior"] == "deny"
    assert reason in answer["message"]
    assert programs.asked == []


def test_a_refusal_of_the_server_denies_the_call(programs: Programs) -> None:
    body = b'{"error": "RECIPIENT_NOT_ALLOWED", "message": "Not them.", "status_code": 403}'
    programs.proxy.script = [Says(403, body, {"content-type": "application/json"})]

    assert "Not them." in told(example(programs, "toolu_refused"))["message"]


QUESTIONS = "tests/integrations/frameworks/claude_agent_sdk/questions.py"


def test_claudes_own_questions_are_answered(programs: Programs) -> None:
    program = programs.start("claude_agent_sdk", QUESTIONS)
    colour, frame, bell = programs.questions(3)
    assert colour.options == ("Red", "Blue")
    assert colour.message == "Which colour?\n\nRed: As it was"
    programs.respond(colour, "Blue")
    programs.respond(frame, "Red")
    programs.respond(bell, "Blue")

    behavior, updated = json.loads(program.output())
    assert behavior == "allow"
    assert updated["answers"] == {
        "Which colour?": "Blue",
        "And the frame?": "Red",
        "And the bell?": "Blue",
    }
    assert len(updated["questions"]) == 3


def test_questions_that_nothing_waits_for_are_canceled(programs: Programs) -> None:
    program = programs.start("claude_agent_sdk", QUESTIONS)
    colour, frame, bell = programs.questions(3)
    programs.respond(colour, "Blue")
    programs.cancel(frame)

    assert json.loads(program.output()) == ["deny", None]
    assert programs.status(bell) == "cancelled"


def test_a_question_with_several_choices_is_denied(programs: Programs) -> None:
    program = programs.start("claude_agent_sdk", QUESTIONS, "multi")

    assert json.loads(program.output()) == ["deny", None]
    assert programs.asked == []
