"""The OpenAI Agents SDK itself, with its own scripted model; what it shares: test_one_call.py."""

from __future__ import annotations

from tests.client.person import answer
from tests.integrations.frameworks.program import Programs


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
