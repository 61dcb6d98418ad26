"""Builds the documentation's site and checks it: `make docs`; the result is `.build/site/`."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from scripts.docs_site.check import problems
from scripts.docs_site.navigation import Section, sections
from scripts.docs_site.rest import rest_page
from scripts.docs_site.staging import ROOT, stage

BUILD: Final = ROOT / ".build"
PAGES: Final = BUILD / "pages"
SITE: Final = BUILD / "site"
CONFIG: Final = BUILD / "zensical.toml"
REST: Final = "reference/rest.md"

_SETTINGS: Final = """\
[project]
site_name = "PausePoint"
site_description = "Lets an AI agent stop, ask a person, and go on with the answer."
docs_dir = "pages"
site_dir = "site"
nav = {nav}

[project.theme]
language = "en"
# System fonts: the site loads nothing from elsewhere.
font = false
features = ["content.code.copy", "navigation.sections", "navigation.top", "search.highlight"]

[[project.theme.palette]]
media = "(prefers-color-scheme: light)"
scheme = "default"

[[project.theme.palette]]
media = "(prefers-color-scheme: dark)"
scheme = "slate"
"""


def main() -> None:
    shutil.rmtree(PAGES, ignore_errors=True)
    shutil.rmtree(SITE, ignore_errors=True)
    PAGES.mkdir(parents=True)
    stage(PAGES)
    (PAGES / REST).write_text(rest_page(), "utf-8")
    menu = list(sections((PAGES / "index.md").read_text("utf-8")))
    CONFIG.write_text(_SETTINGS.format(nav=_nav(menu)), "utf-8")
    zensical = Path(sys.executable).with_name("zensical")
    subprocess.run([zensical, "build", "--config-file", CONFIG, "--clean", "--strict"], check=True)
    found = list(problems(SITE))
    for sentence in found:
        print(sentence, file=sys.stderr)
    if found:
        raise SystemExit(1)
    print(f"{SITE.relative_to(ROOT)} holds {len(list(SITE.rglob('*.html')))} pages, links checked.")


def _nav(menu: Iterable[Section]) -> str:
    entries = ['{ "Documentation" = "index.md" }']
    for name, pages in menu:
        listed = [*pages, ("REST endpoints", REST)] if name == "Look it up" else pages
        inner = ", ".join(f"{{ {json.dumps(title)} = {json.dumps(at)} }}" for title, at in listed)
        entries.append(f"{{ {json.dumps(name)} = [{inner}] }}")
    return f"[{', '.join(entries)}]"


if __name__ == "__main__":
    main()
