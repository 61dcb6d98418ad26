"""The site's menu, read off `docs/README.md`: its headings are sections, its links their pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

SECTION: Final = re.compile(r"^## (.+)$")
LINK: Final = re.compile(r"\[([^\]]+)\]\(([^)#\s]+\.md)\)")

Section = tuple[str, list[tuple[str, str]]]


def sections(index: str) -> Iterator[Section]:
    """Each section's name, and its pages as (title, address). `index` is staged already."""
    name, pages = "", list[tuple[str, str]]()
    for line in index.splitlines():
        if found := SECTION.match(line):
            if pages:
                yield name, pages
            name, pages = found[1], []
        elif name and line.startswith("- "):
            pages += [(_titled(words), address) for words, address in LINK.findall(line)]
    if pages:
        yield name, pages


def _titled(words: str) -> str:
    plain = words.replace("`", "")
    return plain[:1].upper() + plain[1:]
