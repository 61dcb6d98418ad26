"""The pages of the repository, put together for the site: each at its address, its links led there."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]

OUTSIDE: Final = {
    "ARCHITECTURE.md": "explanation/architecture.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "CHANGELOG.md": "project/changelog.md",
    "SECURITY.md": "project/security.md",
    "mcp_server/README.md": "how-to/mcp-server.md",
}
"""Pages that stand elsewhere in the repository, and where they stand on the site."""

_LINK: Final = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")
_DIRECTIVE: Final = re.compile(r"^<!-- (?:run|begin|end).*-->\n", re.MULTILINE)


def stage(folder: Path) -> None:
    """Fills the empty `folder` with Markdown and images. Raises ValueError for a link that is lost."""
    places = addresses()
    for source, address in places.items():
        target = folder / address
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.suffix == ".md":
            text = _DIRECTIVE.sub("", source.read_text("utf-8"))
            target.write_text(_relinked(text, source, address, places), "utf-8")
        else:
            shutil.copyfile(source, target)


def addresses() -> dict[Path, str]:
    """Every file of the site, and its path there; `docs/README.md` is the first page."""
    docs = ROOT / "docs"
    found = {
        path: str(path.relative_to(docs)) for path in sorted(docs.rglob("*")) if path.is_file()
    }
    found[docs / "README.md"] = "index.md"
    found[docs / "decisions" / "README.md"] = "decisions/index.md"
    return found | {ROOT / source: address for source, address in OUTSIDE.items()}


def _relinked(text: str, source: Path, address: str, places: dict[Path, str]) -> str:
    def led(match: re.Match[str]) -> str:
        image, words, link = match.groups()
        path, hash_, fragment = link.partition("#")
        if not path or "://" in path or path.startswith("mailto:"):
            return match[0]
        target = (source.parent / path).resolve()
        if target in places:
            there = os.path.relpath(places[target], Path(address).parent)
            return f"{image}[{words}]({there}{hash_}{fragment})"
        if not target.exists():
            raise ValueError(f"{source}: {link} leads nowhere")
        return words  # Code and the README are not on the site.

    return _LINK.sub(led, text)
