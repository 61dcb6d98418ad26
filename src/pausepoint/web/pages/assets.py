"""The pages' own style sheets and scripts, each addressed with a hash of its content."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Final

_CONTENT_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    body: bytes
    content_type: str

    @property
    def version(self) -> str:
        return sha256(self.body).hexdigest()[:12]


@cache
def _all_assets() -> dict[str, Asset]:
    folder = files("pausepoint.web.pages") / "static"
    return {
        entry.name: Asset(entry.read_bytes(), content_type)
        for entry in folder.iterdir()
        for suffix, content_type in _CONTENT_TYPES.items()
        if entry.name.endswith(suffix)
    }


def asset(name: str) -> Asset | None:
    """What `/static/{name}` serves; None for any other name, paths included."""
    return _all_assets().get(name)


def asset_url(name: str) -> str:
    """The address a page links to; raises KeyError for a file that is not there."""
    return f"/static/{name}?v={_all_assets()[name].version}"
