"""Instants: whole milliseconds since 1970 in UTC, so that both databases and JSON agree on them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
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
    precision = "milliseconds" if instant % 1000 else "seconds"
    return to_datetime(instant).replace(tzinfo=None).isoformat(timespec=precision) + "Z"
