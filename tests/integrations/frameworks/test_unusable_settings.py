"""A proxy or certificates that cannot be used: every adapter says which variable, and nothing runs."""

from __future__ import annotations

import json
from typing import Final

import pytest

from tests.integrations.frameworks.environments import FRAMEWORKS, ROOT
from tests.integrations.frameworks.program import Programs

SCRIPT: Final = "tests/integrations/frameworks/unusable_settings.py"
STAND_IN: Final = {
    "claude_agent_sdk": "tests/integrations/frameworks/claude_agent_sdk/run_example.py"
}
"""Where the example needs another program in the place of the real one."""
WORDS: Final = {
    "claude_agent_sdk": (("toolu_1",),),
    "langgraph": (("batched",), ("per_call",)),
    "pydantic_ai": (("kept",), ("inline",)),
}
"""The modes of an example."""
RUNS: Final = [
    (framework, words) for framework in FRAMEWORKS for words in WORDS.get(framework, ((),))
]
REMOTE: Final = {"PAUSEPOINT_BASE_URL": "https://pause.example.com"}
QUIET: Final = {"CREWAI_DISABLE_TELEMETRY": "true", "OTEL_SDK_DISABLED": "true"}


@pytest.mark.parametrize(("framework", "words"), RUNS)
def test_what_cannot_be_used_is_named_and_nothing_is_approved(
    programs: Programs, framework: str, words: tuple[str, ...]
) -> None:
    example = STAND_IN.get(framework, f"examples/with_{framework}.py")
    program = programs.start(framework, SCRIPT, str(ROOT / example), *words, **REMOTE, **QUIET)
    ends = json.loads(program.output().splitlines()[-1])

    assert len(ends) == 5
    for end in ends:
        if framework == "claude_agent_sdk":
            assert "'behavior': 'deny'" in end["output"] or '"deny"' in end["output"]
            said = end["output"]
        else:
            assert "wiring" not in end["output"]
            assert "publishing" not in end["output"]
            said = end["error"]
        assert f"{end['name']} names a" in said, end
        assert "hunter2" not in said
    assert programs.asked == []
