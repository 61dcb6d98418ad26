"""The API's paths and queries, with the caller's values escaped."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import quote, urlencode

from pausepoint.client.protocol import Request


def look(pause_id: str, wait: float = 0) -> Request:
    """Build the request that reads a pause, held up to `wait` seconds while it is pending."""
    held = {"wait": f"{wait:.3f}"} if wait else {}
    return Request(method="GET", path=path("pause", pause_id) + query(held), hold=wait)


def path(*parts: str) -> str:
    return "/v1/" + "/".join(quote(part, safe="", errors="replace") for part in parts)


def query(fields: Mapping[str, Any]) -> str:
    """Return the query with its question mark; None is left out, dates and times are RFC 3339."""
    given = {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in fields.items()
        if value is not None
    }
    return "?" + urlencode(given, errors="replace") if given else ""
