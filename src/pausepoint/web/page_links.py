"""Links to pages as they come out of messages: with a bracket, a dot or a blank at their end."""

from __future__ import annotations

import re
from typing import Final

_STRAY: Final = r"(?:%[0-9A-Fa-f]{2}|[^A-Za-z0-9_/%-])*"
_TOKEN_PAGE: Final = re.compile(
    rf"/+(respond|confirm|mute)/+{_STRAY}([A-Za-z0-9_-]{{16,}})(?:(/mute)|[^A-Za-z0-9_/-].*)?/*"
)
_PAGE: Final = re.compile(r"/+(docs|dev/inbox)/*")


def mended_path(path: str) -> str | None:
    """Return the page's path if `path`, percent-encoded as it was sent, leads to it but for stray
    characters around the token and surplus slashes; None for a path that is right or no page's.
    """
    if found := _TOKEN_PAGE.fullmatch(path):
        mended = f"/{found[1]}/{found[2]}{found[3] or ''}"
    elif found := _PAGE.fullmatch(path):
        mended = f"/{found[1]}"
    else:
        return None
    return None if mended == path else mended
