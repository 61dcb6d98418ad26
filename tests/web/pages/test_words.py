"""Times and spans as a person reads them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pausepoint.domain.time import Instant, from_datetime
from pausepoint.domain.words import (
    DAY,
    HOUR,
    MINUTE,
    at_moment,
    deadline_sentence,
    moment,
    relative,
    span,
)


def at(year: int, month: int, day: int, hour: int, minute: int) -> Instant:
    return from_datetime(datetime(year, month, day, hour, minute, tzinfo=UTC))


NOW = at(2026, 11, 24, 14, 2)

SPANS = [
    (1, "less than a minute"),
    (MINUTE - 1, "less than a minute"),
    (MINUTE, "1 min"),
    (59 * MINUTE + 59_999, "59 min"),
    (HOUR, "1 h"),
    (3 * HOUR + 58 * MINUTE, "3 h 58 min"),
    (DAY - 1, "23 h 59 min"),
    (DAY, "1 day"),
    (DAY + 5 * HOUR + 30 * MINUTE, "1 day 5 h"),
    (6 * DAY + 23 * HOUR, "6 days 23 h"),
    (7 * DAY + 23 * HOUR, "7 days"),
    (365 * DAY, "365 days"),
]


@pytest.mark.parametrize(("duration", "words"), SPANS)
def test_a_span_is_rounded_down(duration: int, words: str) -> None:
    assert words == span(duration)


@pytest.mark.parametrize(
    ("duration", "words"),
    [(HOUR, "in 1 h"), (1, "in less than a minute"), (0, "now"), (-HOUR, "now")],
)
def test_relative(duration: int, words: str) -> None:
    assert words == relative(duration)


@pytest.mark.parametrize(
    ("instant", "by", "happened"),
    [
        (at(2026, 11, 24, 18, 0), "18:00 UTC today", "at 18:00 UTC today"),
        (at(2026, 11, 25, 9, 30), "tomorrow 09:30 UTC", "tomorrow at 09:30 UTC"),
        (at(2026, 11, 23, 23, 59), "yesterday 23:59 UTC", "yesterday at 23:59 UTC"),
        (at(2026, 11, 26, 0, 0), "26 Nov, 00:00 UTC", "on 26 Nov at 00:00 UTC"),
        (at(2026, 1, 2, 3, 4), "2 Jan, 03:04 UTC", "on 2 Jan at 03:04 UTC"),
        (at(2027, 1, 2, 3, 4), "2 Jan 2027, 03:04 UTC", "on 2 Jan 2027 at 03:04 UTC"),
    ],
)
def test_a_moment_as_a_deadline_and_as_the_past(instant: Instant, by: str, happened: str) -> None:
    assert by == moment(instant, NOW)
    assert happened == at_moment(instant, NOW)


def test_tomorrow_may_be_next_year() -> None:
    new_year = at(2027, 1, 1, 0, 30)

    assert moment(new_year, at(2026, 12, 31, 23, 0)) == "tomorrow 00:30 UTC"


def test_the_deadline_says_what_happens_otherwise() -> None:
    expires_at = at(2026, 11, 24, 18, 0)

    assert deadline_sentence(expires_at, NOW, "Reject") == (
        "Answer by Tue 24 Nov, 18:00 UTC. If you don't, Reject is chosen."
    )
    assert deadline_sentence(expires_at, NOW, None) == (
        "Answer by Tue 24 Nov, 18:00 UTC. If you don't, the agent is told that nobody answered."
    )
