"""Rules of the house that no linter knows: sizes, sleeps, patches, and what the wheel carries."""

from __future__ import annotations

import ast
import statistics
import subprocess
from collections.abc import Iterator
from pathlib import Path

from scripts.check_words import problems

ROOT = Path(__file__).parent.parent
PATCHES_ALLOWED = 20


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    return [path for name in listed if (path := ROOT / name).is_file() and not path.is_symlink()]


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


def test_modules_stay_small() -> None:
    sizes = {path: length(path) for path in tracked("src/**/*.py", "mcp_server/*.py")}

    assert statistics.median(sizes.values()) <= 120
    assert {path.name: size for path, size in sizes.items() if size > 400} == {}
    assert {p.name: length(p) for p in tracked("tests/*.py") if length(p) > 600} == {}


def test_functions_stay_short() -> None:
    long = {
        f"{path.name}:{function.name}"
        for path in tracked("src/**/*.py", "mcp_server/*.py")
        for function in functions(path)
        if (function.end_lineno or 0) - function.lineno + 1 > 50
    }

    assert long == set()


def test_every_module_says_what_it_is_for() -> None:
    silent = {
        str(path.relative_to(ROOT))
        for path in tracked("src/**/*.py", "mcp_server/*.py")
        if not ast.get_docstring(ast.parse(path.read_text("utf-8")))
    }

    assert silent == set()


def test_no_test_sleeps_and_few_are_patched() -> None:
    calls = [
        (path, ast.unparse(node))
        for path in tracked("tests/*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
    ]
    sleeps = [
        (path.name, call) for path, call in calls if ".sleep(" in call and "sleep(0)" not in call
    ]
    patches = [call for _, call in calls if "monkeypatch.setattr(" in call or "mock.patch" in call]

    assert sleeps == []
    assert len(patches) < PATCHES_ALLOWED


def test_no_test_is_skipped() -> None:
    marks = ["pytest.mark." + "skip", "pytest." + "skip(", "import" + "orskip", "mark." + "xfail"]
    for path in tracked("tests/*.py"):
        text = path.read_text("utf-8")
        assert not any(mark in text for mark in marks), path


def test_the_check_of_words_finds_riddles_and_participles() -> None:
    source = '''
def told():
    """Whoever asks is served."""


def notify():  # nobody waits
    """Notifies the caller; `told` in code and "told" in a text are two things."""
    return "nobody"
'''
    assert [line for line, _ in problems(source)] == [2, 3, 7, 7, 6]
