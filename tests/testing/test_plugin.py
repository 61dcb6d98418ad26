"""The fixture in an empty folder, as its users have it: a pytest of its own, warnings are errors."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

import pausepoint.testing
from pausepoint.domain.simulated_people import NAMES, NUMBERS
from pausepoint.server_extra import MODULES
from tests.docs.pages import ROOT, steps
from tests.e2e.server import environment

PAGE = ROOT / "docs" / "how-to" / "testing.md"
REFERENCE = ROOT / "docs" / "reference" / "python.md"
IMPORTS = """
import sys

def test_nothing_is_loaded():
    loaded = {name.partition(".")[0] for name in sys.modules}
    assert not loaded & {MODULES}
    assert "pausepoint.testing" not in sys.modules
"""
FAILURES = """
from pausepoint.client import Cancelled, PausePoint
import pytest

def test_misspelled(pausepoint):
    pausepoint.person.answers("Aprove")
    with pytest.raises(Cancelled):
        pausepoint.client.ask("+15550100199", "Wire it?", ["Approve", "Reject"])

def test_takes_no_note(pausepoint):
    pausepoint.person.answers("Approve", text="But only once.")
    with pytest.raises(Cancelled):
        pausepoint.client.ask("+15550100199", "Wire it?", ["Approve", "Reject"])

def test_does_without(pausepoint):
    pausepoint.person.answers("Approve")

def test_fails_by_itself(pausepoint):
    assert "its own" == "failure"
"""


def run_python(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", *words],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def run_pytest(folder: Path, *words: str) -> str:
    done = run_python(folder, "-m", "pytest", "-W", "error", "-p", "no:cacheprovider", *words)
    assert done.stderr == ""
    return done.stdout


@pytest.mark.e2e
def test_what_the_page_shows_passes(tmp_path: Path) -> None:
    found = steps(PAGE)
    for said, block in pairwise(found):
        if said.kind == "run" and said.text.startswith("save "):
            (tmp_path / said.text.removeprefix("save ")).write_text(block.text, "utf-8")
    said = run_pytest(tmp_path)
    plain = run_python(tmp_path, "plain.py")

    assert " 5 passed in " in said, said
    assert "error" not in said
    assert (plain.returncode, plain.stdout, plain.stderr) == (0, "", "")


@pytest.mark.e2e
def test_it_says_what_went_wrong(tmp_path: Path) -> None:
    (tmp_path / "test_agent.py").write_text(FAILURES, "utf-8")
    said = run_pytest(tmp_path)

    assert " 1 failed, 3 passed, 3 errors in " in said, said
    assert (
        "The person was to answer 'Aprove' and was asked 'Wire it?' with the options"
        " 'Approve', 'Reject'. This is not one of the options."
    ) in said
    assert "This question does not take a note." in said
    assert "The person was to answer 'Approve' and was not asked." in said
    assert "Traceback" not in said


@pytest.mark.e2e
def test_whoever_does_not_use_it_loads_nothing(tmp_path: Path) -> None:
    code = IMPORTS.replace("{MODULES}", repr({*MODULES}))
    (tmp_path / "test_agent.py").write_text(code, "utf-8")

    assert " 1 passed in " in run_pytest(tmp_path)


@pytest.mark.e2e
def test_without_the_server_it_says_what_to_install(tmp_path: Path) -> None:
    """A folder that hides one of the server's packages stands for an environment without it."""
    (tmp_path / "test_agent.py").write_text("def test_uses_it(pausepoint): pass\n", "utf-8")
    hide = "import sys; sys.modules['uvicorn'] = None\n"
    (tmp_path / "conftest.py").write_text(hide, "utf-8")
    said = run_pytest(tmp_path)

    assert "`pausepoint.testing` needs the server" in said
    assert "(uvicorn is missing)" in said
    assert "pip install 'pausepoint[server]'" in said


def test_the_pages_have_every_name() -> None:
    page, reference = PAGE.read_text("utf-8"), REFERENCE.read_text("utf-8")

    assert [name for name in pausepoint.testing.__all__ if f"| `{name}" not in reference] == []
    assert [name for name in NAMES if f"`{name}@people.test`" not in page] == []
    assert [number for number in NUMBERS if f"| `{number}` |" not in page] == []
