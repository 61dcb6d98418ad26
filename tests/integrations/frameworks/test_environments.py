"""What is tested is what the extras promise."""

from __future__ import annotations

import re
import tomllib

import pytest
from packaging.requirements import Requirement

from tests.integrations.frameworks.environments import EXTRAS, FRAMEWORKS, HERE, ROOT


@pytest.mark.parametrize("framework", EXTRAS)
def test_a_lock_holds_what_its_extra_asks_for(framework: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"][EXTRAS[framework]]]
    lock = (HERE / framework / "requirements.txt").read_text("utf-8")
    locked = dict(re.findall(r"(?m)^([\w.-]+)==([^\s;\\]+)", lock))
    requirements = [Requirement(text) for text in wanted]

    assert [one for one in requirements if not one.specifier.contains(locked[one.name])] == []


def test_every_framework_has_its_example() -> None:
    modules = {path.stem for path in (ROOT / "examples").glob("with_*.py")}

    assert {f"with_{framework}" for framework in FRAMEWORKS} == modules
