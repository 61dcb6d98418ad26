"""What must hold of the finished site: no link leads nowhere, and no page loads anything from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

_LOADS: Final = {"script": "src", "img": "src", "link": "href", "source": "src", "iframe": "src"}
_NOT_LOADED: Final = {"canonical", "next", "prev", "alternate", "edit"}


class _Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        rels = set(given.get("rel", "").split())
        if tag in _LOADS and given.get(_LOADS[tag]) and not rels & _NOT_LOADED:
            self.loads.append(given[_LOADS[tag]])


def problems(site: Path) -> Iterator[str]:
    """One sentence for each link that leads nowhere, and for each thing loaded from elsewhere."""
    pages = {path: _Page(path.read_text("utf-8")) for path in sorted(site.rglob("*.html"))}
    for path, page in pages.items():
        name = path.relative_to(site)
        for link in [*page.links, *page.loads]:
            if not urlsplit(link).scheme and not _leads_somewhere(site, path, link, pages):
                yield f"{name}: {link} leads nowhere"
        for load in page.loads:
            if urlsplit(load).scheme in ("http", "https") or load.startswith("//"):
                yield f"{name}: loads {load} from elsewhere"


def _leads_somewhere(site: Path, page: Path, link: str, pages: dict[Path, _Page]) -> bool:
    parts = urlsplit(link)
    if link.startswith("/"):
        target = site / parts.path.lstrip("/")
    else:
        target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    if target.is_dir():
        target /= "index.html"
    if not target.exists():
        return False
    anchors = pages[target].anchors if target in pages else set()
    return not parts.fragment or target.suffix != ".html" or parts.fragment in anchors
