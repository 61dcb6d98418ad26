"""Several calls at once: each is a question of its own, and each gets its own answer."""

from __future__ import annotations

import pytest

from tests.client.person import answer
from tests.integrations.frameworks.program import Programs


@pytest.mark.parametrize("framework", ["agent_framework", "google_adk"])
def test_each_call_gets_its_own_answer_over_a_restart(programs: Programs, framework: str) -> None:
    script = f"tests/integrations/frameworks/{framework}/two_calls.py"
    killed = programs.start(framework, script)
    first, second = programs.questions(2)
    killed.kill()
    answer(second, "Reject", "One is enough.")
    again = programs.start(framework, script)
    answer(first, "Approve")

    output = again.output()
    assert "wiring 1 to M\n" in output
    assert "wiring 2" not in output
    assert "sent 1" in output
    assert output.count("One is enough.") == 1
    assert len(programs.asked) == 2
