"""What is typed for a duration or a piece of metadata, and text from others made safe to print."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pausepoint.client import Fallback

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_DURATION = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?[smhd])+")
_PART = re.compile(r"([0-9.]+)([smhd])")


def duration(text: str) -> timedelta:
    """Parse `90s`, `30m`, `2h`, `1d` or `1h30m`."""
    if not _DURATION.fullmatch(text):
        raise click.BadParameter(f"{text!r} is no duration: write 90s, 30m, 2h, 1d or 1h30m.")
    try:
        parts = ({_UNITS[unit]: float(number)} for number, unit in _PART.findall(text))
        return sum((timedelta(**part) for part in parts), timedelta())
    except OverflowError:
        raise click.BadParameter(f"{text!r} is too long.") from None


def pair(text: str) -> tuple[str, str]:
    """Parse `key=value`."""
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise click.BadParameter(f"{text!r} is not of the form key=value.")
    return key, value


def contact(text: str) -> str | Fallback:
    """Parse `recipient` or `channel:recipient`."""
    from pausepoint.channel_list import CHANNELS  # noqa: PLC0415
    from pausepoint.client import Fallback  # noqa: PLC0415 - a command imports what it needs

    channel, colon, recipient = text.partition(":")
    return Fallback(recipient, channel) if colon and channel in CHANNELS else text


def printable(text: str) -> str:
    """Escape control characters, so that foreign text cannot control the terminal."""
    return "".join(_visible(character) for character in text)


def first_line(text: str | None, width: int) -> str:
    """Return the first line of a text, escaped and cut to a width."""
    line = printable((text or "").strip().partition("\n")[0])
    return line if len(line) <= width else line[: width - 1] + "…"


def minute(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%MZ")


def left_until(moment: datetime, now: float) -> str:
    """Format the time left: `1 h 59 min`, `12 min` or `40 s`."""
    seconds = max(0, round(moment.timestamp() - now))
    if seconds < 90:
        return f"{seconds} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def _visible(character: str) -> str:
    if character.isprintable() or character == "\n":
        return character
    return character.encode("unicode_escape").decode()
