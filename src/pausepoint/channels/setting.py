"""One setting, and the parsers that several of them share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Setting:
    """`parse` raises ValueError with a sentence about the value; `default` is text for the docs."""

    name: str
    field: str
    parse: Callable[[str], Any]
    default: str
    meaning: str
    is_secret: bool = False
    is_multiline: bool = False


def text(value: str) -> str:
    return value


def ascii_text(value: str) -> str:
    if not value.isascii() or not value.isprintable():
        raise ValueError("must be visible ASCII characters")
    return value


def whole(lowest: int, highest: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        if not value.isascii() or not value.isdigit() or not lowest <= int(value) <= highest:
            raise ValueError(f"must be a whole number from {lowest} to {highest}")
        return int(value)

    return parse


def listed(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if part.strip())


def url_characters(value: str) -> str:
    """Return the value. Raises ValueError for what `urlsplit` drops or takes for a fragment."""
    if " " in value or "#" in value or not value.isprintable():
        raise ValueError(
            "cannot be read as a URL: it has a blank, an invisible character or #"
            " (in a password, write a blank as %20 and # as %23)"
        )
    return value


def api_url(value: str) -> str:
    parts = urlsplit(url_characters(value))
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be a URL such as https://api.example.com")
    return value.rstrip("/")
