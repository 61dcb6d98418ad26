"""Temporal itself: the example's activity in its ActivityEnvironment."""

from __future__ import annotations

from pathlib import Path

from pausepoint.client import PausePoint
from tests.e2e.server import Server
from tests.integrations.frameworks.program import Program, Programs

EXAMPLE = "examples/with_temporal.py"
SCENARIO = "tests/integrations/frameworks/temporal/scenario.py"


def scenario(programs: Programs, folder: Path, name: str, *details: str) -> Program:
    return programs.start("temporal", SCENARIO, name, folder.name, *details)


def status(server: Server, pause_id: str) -> str:
    with PausePoint(server.test_api_key, server.base_url) as client:
        return client.get(pause_id).status


def test_the_answer_is_the_result(programs: Programs) -> None:
    program = programs.start("temporal", EXAMPLE)
    programs.answer("Reject")

    assert program.output() == "Reply(choice='Reject', text=None, by_human=True)\n"


def test_who_was_killed_while_waiting_asks_once(programs: Programs, tmp_path: Path) -> None:
    killed = scenario(programs, tmp_path, "plain")
    programs.question()
    killed.kill()
    again = scenario(programs, tmp_path, "plain")
    programs.answer("Approve")

    assert "choice='Approve'" in again.output()
    assert len(programs.asked) == 1


def test_a_later_attempt_waits_for_what_the_first_one_asked(
    programs: Programs, tmp_path: Path
) -> None:
    killed = scenario(programs, tmp_path, "plain")
    pause = programs.question()
    killed.kill()
    again = scenario(programs, tmp_path, "tried again", pause.pause_id)
    programs.answer("Approve")

    assert "choice='Approve'" in again.output()
    assert len(programs.asked) == 1


def test_it_beats_while_it_waits(programs: Programs, tmp_path: Path) -> None:
    program = scenario(programs, tmp_path, "beats")
    pause = programs.answer("Approve")

    assert program.output().startswith(f"{pause.pause_id}\n" * 3)


def test_a_cancelled_activity_withdraws_its_question(
    programs: Programs, tmp_path: Path, server: Server
) -> None:
    program = scenario(programs, tmp_path, "cancelled")
    pause_id, said = program.output().split()

    assert said == "cancelled"
    assert status(server, pause_id) == "cancelled"


def test_a_worker_that_stops_leaves_the_question_open(
    programs: Programs, tmp_path: Path, server: Server
) -> None:
    program = scenario(programs, tmp_path, "shut down")
    pause_id, said = program.output().split()

    assert said == "cancelled"
    assert status(server, pause_id) == "pending"


def test_a_withdrawn_question_is_not_tried_again(
    programs: Programs, tmp_path: Path, server: Server
) -> None:
    program = scenario(programs, tmp_path, "plain")
    with PausePoint(server.test_api_key, server.base_url) as client:
        client.cancel(programs.question().pause_id)

    assert program.output() == "CANCELLED True\n"


def test_what_cannot_be_asked_is_not_tried_again(programs: Programs, tmp_path: Path) -> None:
    assert scenario(programs, tmp_path, "refused").output() == "INVALID_OPTIONS True\n"


def test_the_sandbox_takes_the_workflow(programs: Programs, tmp_path: Path) -> None:
    assert scenario(programs, tmp_path, "workflow").output() == "PayInvoice\n"
