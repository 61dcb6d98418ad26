"""Instants: whole milliseconds since 1970 in UTC, so that both databases and JSON agree on them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, TypeAlias

Instant: TypeAlias = int
"""Epoch milliseconds, UTC."""


_SHOWABLE: Final = range(253_402_300_800_000)
"""1970 to the end of 9999, the years that RFC 3339 has."""


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


def from_rfc3339(text: str) -> Instant:
    """Raises ValueError, for an instant without its distance from UTC too."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("an instant says how far it is from UTC")
    instant = from_datetime(moment)
    if instant not in _SHOWABLE:
        raise ValueError("too far away")
    return instant


@lru_cache(maxsize=4096)
def _to_the_second(seconds: int) -> str:
    return to_datetime(seconds * 1000).replace(tzinfo=None).isoformat(timespec="seconds")
