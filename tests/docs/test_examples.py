"""The pages on frameworks show what the examples run, which `make test-frameworks` runs.

Those that open with a whole program are run themselves: `tests/integrations/frameworks/test_pages.py`.
"""

from __future__ import annotations

import pytest

from tests.docs.pages import ROOT, block_after, steps

PAGES = (
    "agent-framework",
    "claude-agent-sdk",
    "crewai",
    "google-adk",
    "temporal",
)


@pytest.mark.parametrize("name", PAGES)
def test_what_a_page_opens_with_is_in_its_example(name: str) -> None:
    blocks = steps(ROOT / "docs" / "how-to" / f"{name}.md")
    example = (ROOT / "examples" / f"with_{name.replace('-', '_')}.py").read_text("utf-8")
    lines = {line.strip() for line in example.splitlines()}

    assert blocks[0].kind == "python"
    assert [line for line in blocks[0].text.splitlines() if line.strip() not in lines] == []


def test_what_is_to_be_copied_for_temporal_is_what_runs() -> None:
    block = block_after(ROOT / "docs" / "how-to" / "temporal.md", "python temporal")

    assert block.text in (ROOT / "examples" / "with_temporal.py").read_text("utf-8")
