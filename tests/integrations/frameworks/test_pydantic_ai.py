"""Pydantic AI itself, with its own FunctionModel; what it shares with others: test_one_call.py."""

from __future__ import annotations

import pytest

from tests.integrations.frameworks.examples import PYDANTIC_AI, PYDANTIC_AI_INLINE, Example
from tests.integrations.frameworks.program import Programs


@pytest.mark.parametrize("example", [PYDANTIC_AI, PYDANTIC_AI_INLINE], ids=str)
def test_the_persons_changes_are_what_runs(programs: Programs, example: Example) -> None:
    program = example.start(programs)
    programs.answer("Change", "amount: 800\npayee: Meridian Supplies")

    assert program.output() == "wiring 800 to Meridian Supplies\nThe tool said: sent 800\n"
