"""Instants: whole milliseconds since 1970 in UTC, so that both databases and JSON agree on them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TypeAlias

Instant: TypeAlias = int
"""Epoch milliseconds, UTC."""


def to_datetime(instant: Instant) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=instant)


def from_datetime(moment: datetime) -> Instant:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def milliseconds(duration: timedelta) -> int:
    return duration // timedelta(milliseconds=1)


def to_rfc3339(instant: Instant) -> str:
    """RFC 3339 in UTC with `Z`, milliseconds kept when there are any."""
    seconds, milli = divmod(instant, 1000)
    return f"{_to_the_second(seconds)}.{milli:03}Z" if milli else f"{_to_the_second(seconds)}Z"


@lru_cache(maxsize=4096)
def _to_the_second(seconds: int) -> str:
    return to_datetime(seconds * 1000).replace(tzinfo=None).isoformat(timespec="seconds")
