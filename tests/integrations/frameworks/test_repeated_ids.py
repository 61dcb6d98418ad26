"""Call ids that come again: every call is asked about each time it is made.

Model servers number calls anew in every turn (`call_0`), so no id of theirs may find an old answer.
"""

from __future__ import annotations

import pytest

from tests.e2e.api import eventually
from tests.integrations.frameworks.program import WITHIN, Program, Programs

CASES = {
    "agent_framework": ("agent_framework", ()),
    "claude_agent_sdk": ("claude_agent_sdk", ()),
    "google_adk": ("google_adk", ()),
    "langgraph-batched": ("langgraph", ("batched",)),
    "langgraph-per_call": ("langgraph", ("per_call",)),
    "openai_agents": ("openai_agents", ()),
    "pydantic_ai": ("pydantic_ai", ()),
    "pydantic_ai-inline": ("pydantic_ai", ("inline",)),
}
WIRED = "wiring 8400 to Meridian\n"
SILENT = {"CREWAI_DISABLE_TELEMETRY": "true", "OTEL_SDK_DISABLED": "true"}


def start(programs: Programs, case: str, turns: int, per_turn: int = 1) -> Program:
    framework, mode = CASES[case]
    script = f"tests/integrations/frameworks/{framework}/repeated_ids.py"
    return programs.start(framework, script, str(turns), str(per_turn), *mode)


@pytest.mark.parametrize("case", [case for case in CASES if case != "openai_agents"])
def test_the_call_of_each_turn_is_asked(programs: Programs, case: str) -> None:
    program = start(programs, case, 3)
    programs.answer("Approve", number=1)
    programs.answer("Reject", number=2)
    programs.answer("Approve", number=3)

    assert program.output().count(WIRED) == 2
    assert len(programs.asked) == 3


def test_openai_agents_drops_a_call_that_repeats_an_id(programs: Programs) -> None:
    """The SDK itself takes it for the same call, so nothing runs that was not approved."""
    program = start(programs, "openai_agents", 3)
    programs.answer("Approve")

    assert program.output().count(WIRED) == 1


@pytest.mark.parametrize("case", CASES)
def test_the_next_program_is_asked_too(programs: Programs, case: str) -> None:
    first = start(programs, case, 1)
    programs.answer("Approve", number=1)
    assert first.output().count(WIRED) == 1
    second = start(programs, case, 1)
    programs.answer("Reject", number=2)

    assert WIRED not in second.output()


@pytest.mark.parametrize("case", CASES)
def test_two_calls_of_one_turn_never_share_an_approval(programs: Programs, case: str) -> None:
    """Whether the framework asks about both, takes them for one, or refuses them."""
    program = start(programs, case, 1, 2)
    answered = 0

    def has_ended() -> bool:
        nonlocal answered
        for pause in programs.asked[answered:]:
            programs.respond(pause, "Reject" if answered else "Approve")
            answered += 1
        return program.process.poll() is not None

    eventually(has_ended, WITHIN)
    assert program.printed().count(WIRED) <= 1


def test_a_flow_that_is_started_again_is_asked_again(programs: Programs) -> None:
    script = "tests/integrations/frameworks/crewai/repeated_ids.py"
    program = programs.start("crewai", script, "2", **SILENT)
    programs.answer("publish", number=1)
    programs.answer("revise", number=2)

    output = program.output()
    assert output.count("publishing\n") == output.count("revising: revise\n") == 1


def test_a_fork_of_a_thread_is_asked_anew_and_runs_once(programs: Programs) -> None:
    program = programs.start("langgraph", "tests/integrations/frameworks/langgraph/forks.py")
    programs.answer("Approve", number=1)
    programs.answer("Approve", number=2)

    assert program.output().count(WIRED) == 2
    assert len(programs.asked) == 2
