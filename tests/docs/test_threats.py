"""The security page's table names tests that exist, and every attack in tests/security is in it."""

from __future__ import annotations

import re
from typing import Final

import pytest

from tests.docs.pages import ROOT

PAGE: Final = (ROOT / "docs" / "explanation" / "security.md").read_text("utf-8")
TESTS: Final = ROOT / "tests"
ROWS: Final = re.findall(r"^\| (.+?) \| (.+?) \| (.+?) \|$", PAGE, re.MULTILINE)[2:]
A_TEST: Final = re.compile(r"`([\w/]+\.py)::(\w+)`")
NAMED: Final = A_TEST.findall(PAGE)


@pytest.mark.parametrize(("file", "name"), sorted(set(NAMED)))
def test_every_test_that_is_named_exists(file: str, name: str) -> None:
    assert re.search(rf"^(async )?def {name}\(", (TESTS / file).read_text("utf-8"), re.MULTILINE)


def test_every_threat_has_its_test() -> None:
    """Or says plainly that there is no control."""
    assert len(ROWS) >= 40
    for threat, control, tests in ROWS:
        assert A_TEST.search(tests) or control.startswith("none"), threat


def test_every_attack_is_in_the_table() -> None:
    attacks = {f"security/{path.name}" for path in (TESTS / "security").glob("test_*.py")}
    assert attacks - {file for file, _ in NAMED} == set()
