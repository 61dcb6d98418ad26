"""The retry schedules."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pausepoint.domain.delivery import (
    NOTIFICATION_RETRIES,
    WEBHOOK_RETRIES,
    next_check_at,
)
from pausepoint.domain.time import milliseconds
from pausepoint.retry import RetryPolicy

NO_JITTER = 0.5
NOW = 1_000_000


def due_at(policy: RetryPolicy, attempts: int, **given: Any) -> int | None:
    delay = policy.delay(attempts, **given)
    return None if delay is None else NOW + milliseconds(delay)


@pytest.mark.parametrize(
    ("attempts", "seconds"),
    [(1, 2), (2, 10), (3, 30), (4, 120), (5, 300), (6, 600), (7, 600), (8, 600), (9, 600)],
)
def test_people_are_tried_again_as_the_contract_says(attempts: int, seconds: int) -> None:
    due = due_at(NOTIFICATION_RETRIES, attempts, chance=NO_JITTER)

    assert due == NOW + seconds * 1000


def test_people_are_tried_ten_times_at_most() -> None:
    assert due_at(NOTIFICATION_RETRIES, 10, chance=NO_JITTER) is None


@pytest.mark.parametrize(
    ("attempts", "seconds"),
    [(1, 5), (2, 300), (3, 1800), (4, 7200), (5, 18000), (6, 36000), (7, 36000)],
)
def test_webhooks_are_tried_again_as_the_contract_says(attempts: int, seconds: int) -> None:
    due = due_at(WEBHOOK_RETRIES, attempts, chance=NO_JITTER)

    assert due == NOW + seconds * 1000


def test_webhooks_are_given_up_after_the_last_delay() -> None:
    assert due_at(WEBHOOK_RETRIES, 8, chance=NO_JITTER) is None


@given(st.integers(1, 9), st.floats(0, 1, exclude_max=True), st.integers(0, 10_000))
def test_nobody_is_asked_at_or_past_the_deadline(attempts: int, chance: float, left: int) -> None:
    due = due_at(NOTIFICATION_RETRIES, attempts, chance=chance, left=timedelta(milliseconds=left))

    assert due is None or NOW < due < NOW + left


@given(st.integers(1, 9), st.floats(0, 1, exclude_max=True), st.integers(0, 3600))
def test_retry_after_is_obeyed(attempts: int, chance: float, seconds: int) -> None:
    due = due_at(
        NOTIFICATION_RETRIES,
        attempts,
        chance=chance,
        retry_after=timedelta(seconds=seconds),
    )

    assert due is not None
    assert due >= NOW + seconds * 1000


def test_a_sent_message_is_asked_about_after_10_s_60_s_and_5_min() -> None:
    checks = [next_check_at(number, NOW) for number in range(4)]

    assert checks == [NOW + 10_000, NOW + 60_000, NOW + 300_000, None]
