"""What a page opens with is a whole program: it runs as it stands, with a model in place of yours."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.pages import ROOT, block_after
from tests.integrations.frameworks.environments import python_of
from tests.integrations.frameworks.program import Programs

YOURS = 'model = "…"  # yours\n'
MODELS = {
    "langgraph": "from with_langgraph import Scripted\nmodel = Scripted(messages=iter(()))\n",
    "openai_agents": """\
from with_openai_agents import ModelStep, ScriptedModel, scripted, set_tracing_disabled
set_tracing_disabled(True)
model = ScriptedModel([ModelStep.respond(scripted)] * 2)
""",
    "pydantic_ai": "from with_pydantic_ai import FunctionModel, scripted\nmodel = FunctionModel(scripted)\n",
}


@pytest.mark.parametrize("framework", MODELS)
def test_a_page_opens_with_a_program_that_runs(
    framework: str, programs: Programs, tmp_path: Path
) -> None:
    page = ROOT / "docs" / "how-to" / f"{framework.replace('_', '-')}.md"
    text = block_after(page, "python whole").text
    assert YOURS in text
    program = tmp_path / "program.py"
    program.write_text(text.replace(YOURS, MODELS[framework]), "utf-8")
    path = f"{ROOT / 'src'}:{ROOT / 'examples'}"
    running = programs.run([str(python_of(framework)), str(program)], PYTHONPATH=path)
    programs.answer("Approve")

    assert running.output() == "wiring 8400 to Meridian\nThe tool said: sent 8400\n"
