"""The Markdown pages as these tests see them: fenced blocks, directives, links and anchors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
_FENCE: Final = re.compile(r"^ {0,3}```")
_DIRECTIVE: Final = re.compile(r"^<!-- run: (.+) -->$")
_LINK: Final = re.compile(r'\]\(([^)\s]+)\)|<(https?://[^>\s]+)>|(?:src|srcset|href)="([^"]+)"')
_HEADING: Final = re.compile(r"^#{1,6} (.+)$")


@dataclass(frozen=True)
class Step:
    """A fenced block, or a directive (`<!-- run: … -->`) that stands before one or alone."""

    page: Path
    line: int
    kind: str
    text: str

    @property
    def where(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    def __repr__(self) -> str:
        return f"{self.where} {self.kind}"


def all_pages() -> list[Path]:
    folders = [ROOT / "docs", ROOT / "mcp_server", ROOT / "src" / "pausepoint"]
    found = [path for folder in folders for path in folder.rglob("*.md")]
    return sorted([*ROOT.glob("*.md"), *found])


def steps(page: Path) -> list[Step]:
    """The blocks and directives of a page, in order."""
    return list(_steps(page))


def _steps(page: Path) -> Iterator[Step]:
    lines = enumerate(page.read_text("utf-8").splitlines(), 1)
    for number, line in lines:
        if directive := _DIRECTIVE.match(line):
            yield Step(page, number, "run", directive[1])
        elif _FENCE.match(line):
            block = []
            for _, inner in lines:
                if _FENCE.match(inner):
                    break
                block.append(inner)
            else:
                raise AssertionError(f"{page}:{number}: the fence is not closed")
            yield Step(page, number, line.strip().removeprefix("```"), "\n".join(block) + "\n")


def block_after(page: Path, directive: str) -> Step:
    """The block that stands after `<!-- run: directive -->`."""
    found = steps(page)
    place = next(i for i, each in enumerate(found) if (each.kind, each.text) == ("run", directive))
    return found[place + 1]


def all_blocks(*kinds: str) -> list[Step]:
    """The blocks of these kinds, or all, on all pages."""
    blocks = [step for page in all_pages() for step in steps(page) if step.kind != "run"]
    return [block for block in blocks if not kinds or block.kind in kinds]


def prose(page: Path) -> str:
    """The page without fenced blocks, code spans and comments."""
    text = re.sub(r"(?ms)^ {0,3}```.*?^ {0,3}```$", "", page.read_text("utf-8"))
    return re.sub(r"`[^`\n]*`|<!--.*?-->", "", text)


def links(page: Path) -> list[str]:
    text = re.sub(r"(?ms)^ {0,3}```.*?^ {0,3}```$", "", page.read_text("utf-8"))
    return [next(filter(None, groups)) for groups in _LINK.findall(text)]


def anchors(page: Path) -> set[str]:
    """The fragments that GitHub makes of the headings."""
    text = re.sub(r"(?ms)^ {0,3}```.*?^ {0,3}```$", "", page.read_text("utf-8"))
    found = (_HEADING.match(line) for line in text.splitlines())
    return {_slug(heading[1]) for heading in found if heading}


def _slug(heading: str) -> str:
    words = re.sub(r"[^\w\- ]", "", heading.strip().lower())
    return words.replace(" ", "-")
