"""Every link on every page leads somewhere, and every page can be reached."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest

from tests.docs.pages import ROOT, all_pages, anchors, links

KNOWN_HOSTS: Final = {
    "127.0.0.1:8000",  # the reader's own server
    "api.slack.com",
    "html.spec.whatwg.org",
    "keepachangelog.com",
    "semver.org",
    "www.postgresql.org",
    "www.standardwebhooks.com",
    "www.unicode.org",
}
"""Specifications, and the vendors whose consoles a reader must open."""

ENTRANCES: Final = {ROOT / "README.md"}


@pytest.mark.parametrize("page", all_pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    lost = [link for link in links(page) if not leads_somewhere(page, link)]

    assert lost == []


def test_every_page_can_be_reached() -> None:
    reached, todo = set(ENTRANCES), list(ENTRANCES)
    while todo:
        page = todo.pop()
        new = {target(page, link)[0] for link in links(page) if not urlsplit(link).scheme} - reached
        todo += [path for path in new if path.suffix == ".md"]
        reached |= new
    documentation = [path for path in all_pages() if ROOT / "src" not in path.parents]

    assert [str(path) for path in documentation if path not in reached] == []


def leads_somewhere(page: Path, link: str) -> bool:
    parts = urlsplit(link)
    if parts.scheme:
        return parts.scheme in ("http", "https") and parts.netloc in KNOWN_HOSTS
    path, fragment = target(page, link)
    if not path.exists() or ROOT not in path.parents:
        return False
    return not fragment or fragment in anchors(path)


def target(page: Path, link: str) -> tuple[Path, str]:
    path, _, fragment = link.partition("#")
    return ((page.parent / path).resolve() if path else page), fragment
