"""The sliding window: never too many in any minute, whatever the order of things."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pausepoint.limits.window import TICK, Window

LIMIT, MINUTE = 5, 60_000


def taken(window: Window, instants: list[int]) -> list[int]:
    return [now for now in instants if not window.hit("key", now).retry_after]


@given(st.lists(st.integers(0, 300_000), max_size=80))
def test_no_minute_has_more_than_the_limit(instants: list[int]) -> None:
    hits = taken(Window(LIMIT), sorted(instants))
    for first, later in zip(hits, hits[LIMIT:], strict=False):
        assert later - first >= MINUTE


@given(st.lists(st.integers(0, 300_000), max_size=80))
def test_whoever_waits_as_long_as_was_said_is_let_in(instants: list[int]) -> None:
    window = Window(LIMIT)
    for now in sorted(instants):
        verdict = window.hit("key", now)
        if verdict.retry_after:
            assert not window.look("key", now + verdict.retry_after * 1000).retry_after
            assert verdict.remaining == 0


@given(st.lists(st.integers(0, 300_000), min_size=1, max_size=80))
def test_whoever_keeps_below_the_limit_is_never_refused(instants: list[int]) -> None:
    kept: list[int] = []
    for now in sorted(instants):
        if len([one for one in kept if now - one < MINUTE + TICK]) < LIMIT:
            kept.append(now)
    assert taken(Window(LIMIT), kept) == kept


@given(st.lists(st.integers(-7_200_000, 7_200_000), max_size=60))
def test_a_clock_that_jumps_locks_nobody_out_for_longer_than_a_minute(steps: list[int]) -> None:
    window, now = Window(LIMIT), 10_000_000_000
    for step in steps:
        now += step
        window.hit("key", now)
        assert window.look("key", now).retry_after <= 61
    assert not window.hit("key", now + 61_000).retry_after


def test_a_flood_of_callers_costs_bounded_memory_and_forgets_the_first() -> None:
    window = Window(1, subjects=100)
    for number in range(1000):
        assert not window.hit(f"caller {number}", 0).retry_after
    assert window.hit("caller 999", 0).retry_after
    assert not window.look("caller 0", 0).retry_after
    assert len(window._hits) <= 100
