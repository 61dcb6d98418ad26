"""Google's ADK itself, with a scripted model and its sessions in SQLite; what it shares: test_one_call.py."""

from __future__ import annotations

from tests.integrations.frameworks.examples import GOOGLE_ADK
from tests.integrations.frameworks.program import Programs


def test_the_note_of_a_rejection_reaches_the_model(programs: Programs) -> None:
    program = GOOGLE_ADK.start(programs)
    programs.answer("Reject", "The account.")

    output = program.output()
    assert "wiring" not in output
    assert "'error': 'This tool call is rejected.'" in output
    assert "'reason': 'A person rejected this call. Their note: \"The account.\"'" in output
