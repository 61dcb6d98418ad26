"""The retry policy: delays, jitter, Retry-After, attempts and deadline."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pausepoint.retry import LONGEST_RETRY_AFTER, RetryPolicy, exponential


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


DELAYS = (seconds(1), seconds(4))
PLAIN = RetryPolicy(DELAYS, jitter=(1, 1))


def delays(policy: RetryPolicy, count: int, **given: Any) -> list[timedelta | None]:
    return [policy.delay(attempts, chance=0.5, **given) for attempts in range(1, count + 1)]


def test_the_last_delay_repeats() -> None:
    assert delays(PLAIN, 4) == [seconds(1), seconds(4), seconds(4), seconds(4)]


def test_attempts_are_limited() -> None:
    assert delays(RetryPolicy(DELAYS, (1, 1), 2), 3) == [
        seconds(1),
        None,
        None,
    ]


@given(st.floats(0, 1, exclude_max=True))
def test_jitter_stays_within_its_factors(chance: float) -> None:
    delay = RetryPolicy(DELAYS, jitter=(0.5, 1.0)).delay(2, chance=chance)

    assert delay is not None
    assert seconds(2) <= delay <= seconds(4)


@pytest.mark.parametrize(
    ("asked", "adds", "expected"),
    [
        (seconds(0.5), False, seconds(1)),
        (seconds(3), False, seconds(3)),
        (seconds(3), True, seconds(4)),
        (timedelta(days=9), False, LONGEST_RETRY_AFTER),
        (timedelta(days=9), True, LONGEST_RETRY_AFTER + seconds(1)),
    ],
)
def test_retry_after_is_obeyed_up_to_a_day(
    asked: timedelta, adds: bool, expected: timedelta
) -> None:
    policy = RetryPolicy(DELAYS, jitter=(1, 1), adds_retry_after=adds)

    assert policy.delay(1, chance=0.5, retry_after=asked) == expected


@pytest.mark.parametrize(("left", "expected"), [(0.5, None), (1, None), (1.001, seconds(1))])
def test_no_attempt_is_made_at_or_past_the_deadline(
    left: float, expected: timedelta | None
) -> None:
    assert PLAIN.delay(1, chance=0.5, left=seconds(left)) == expected


def test_exponential_delays_double_up_to_the_longest() -> None:
    assert exponential(seconds(1), seconds(5)) == (
        seconds(1),
        seconds(2),
        seconds(4),
        seconds(5),
    )
