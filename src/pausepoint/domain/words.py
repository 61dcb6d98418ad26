"""Times and spans in a person's words, for pages and messages alike.

Everything is UTC and says so; a page's script may put the reader's own zone in its place.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from pausepoint.domain.time import Instant, to_datetime

MINUTE: Final = 60_000
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

_MONTHS: Final = [
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
]  # in no locale's words
_WEEKDAYS: Final = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]


def span(duration_ms: int) -> str:
    """Format a duration: "3 h 58 min", rounded down; "less than a minute" below one."""
    minutes = duration_ms // MINUTE
    days, hours, rest = minutes // 1440, minutes % 1440 // 60, minutes % 60
    if minutes < 1:
        return "less than a minute"
    if days >= 7:
        return f"{days} days"
    if days:
        return _join((days, "day" if days == 1 else "days"), (hours, "h"))
    return _join((hours, "h"), (rest, "min"))


def relative(duration_ms: int) -> str:
    """Format a time to come: "in 3 h 58 min"; "now" once it is reached."""
    return f"in {span(duration_ms)}" if duration_ms > 0 else "now"


def moment(instant: Instant, now: Instant) -> str:
    """Format an instant to follow "by": "18:00 UTC today", "tomorrow 09:30 UTC", "24 Nov, 18:00 UTC"."""
    return _dated(instant, now, "{date}, {clock}", f"{to_datetime(instant):%H:%M} UTC")


def at_moment(instant: Instant, now: Instant) -> str:
    """Format an instant of an event: "at 17:03 UTC today", "on 24 Nov at 17:03 UTC"."""
    return _dated(instant, now, "on {date} {clock}", f"at {to_datetime(instant):%H:%M} UTC")


def _dated(instant: Instant, now: Instant, another_day: str, clock: str) -> str:
    at, today = to_datetime(instant), to_datetime(now)
    match (at.date() - today.date()).days:
        case 0:
            return f"{clock} today"
        case 1:
            return f"tomorrow {clock}"
        case -1:
            return f"yesterday {clock}"
        case _:
            return another_day.format(date=_date(at, today), clock=clock)


def deadline_sentence(expires_at: Instant, now: Instant, timeout_default: str | None) -> str:
    """Return until when to answer, and what happens otherwise, for a message that is read later.

    `timeout_default` is written by an agent and put in as given: quote it first.
    """
    return f"Answer by {absolute(expires_at, now)}. {otherwise(timeout_default)}"


def otherwise(timeout_default: str | None) -> str:
    """Return what happens without an answer in time."""
    if timeout_default is None:
        return "If you don't, the agent is told that nobody answered."
    return f"If you don't, {timeout_default} is chosen."


def silence_sentence(expires_at: Instant, now: Instant, timeout_default: str | None) -> str:
    """Return the effect of no answer, to stand beside any advice not to answer. Arguments as above."""
    if timeout_default is None:
        return "If you do nothing, the agent is told that nobody answered."
    return f"If you do nothing, {timeout_default} is chosen on {absolute(expires_at, now)}."


def absolute(instant: Instant, now: Instant) -> str:
    """Format an instant independently of the day: "Tue 24 Nov, 18:00 UTC"."""
    at = to_datetime(instant)
    return f"{_WEEKDAYS[at.weekday()]} {_date(at, to_datetime(now))}, {at:%H:%M} UTC"


def _date(at: datetime, today: datetime) -> str:
    year = "" if at.year == today.year else f" {at.year}"
    return f"{at.day} {_MONTHS[at.month - 1]}{year}"


def _join(*parts: tuple[int, str]) -> str:
    return " ".join(f"{count} {unit}" for count, unit in parts if count)
