"""All limits by count of one process: who has asked how often, who waits, and how often a person is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final, TypeAlias

from pausepoint.domain.rate_limits import HOUR_SECONDS, WINDOW_SECONDS, RateLimits
from pausepoint.domain.time import Instant
from pausepoint.limits.waiting_questions import PendingCounts
from pausepoint.limits.window import Verdict, Window


class Limit(StrEnum):
    """A limit: the requests it counts, and for which subject."""

    KEY = "key"
    EARLY = "early"  # a key's long waits that ended early
    ADDRESS = "address"
    NO_KEY = "no_key"
    SIGN_IN = "sign_in"
    TRIED_KEY = "tried_key"  # wrong keys with the same beginning
    ANSWERS = "answers"
    LOOKS = "looks"
    MESSAGES = "messages"  # to one person, in an hour
    CONFIRMATIONS = "confirmations"  # of one account, in an hour
    CONFIRMATIONS_TO = "confirmations_to"  # one person, in an hour
    TEST_RECORDS = "test_records"  # of one account, in an hour


_HOURLY: Final = (
    Limit.MESSAGES,
    Limit.CONFIRMATIONS,
    Limit.CONFIRMATIONS_TO,
    Limit.TEST_RECORDS,
)


Counts: TypeAlias = dict[str, dict[str, int]]
"""Hits by subject, by the name of the limit."""

HELD_TOLD_FOR: Final = 5_000
"""Milliseconds for which another process's number of waits is believed."""


class Limiter:
    """Bound to one event loop. `shares`: keeps local counts for other processes."""

    def __init__(self, limits: RateLimits, *, shares: bool = False) -> None:
        numbers = {
            Limit.KEY: limits.key,
            Limit.EARLY: limits.key,
            Limit.ADDRESS: limits.address,
            Limit.NO_KEY: limits.no_key,
            Limit.SIGN_IN: limits.sign_in,
            Limit.TRIED_KEY: limits.sign_in,
            Limit.ANSWERS: limits.answers,
            Limit.LOOKS: limits.looks,
            Limit.MESSAGES: limits.recipient_messages,
            Limit.CONFIRMATIONS: limits.confirmations,
            Limit.CONFIRMATIONS_TO: limits.confirmations_to,
            Limit.TEST_RECORDS: limits.test_records,
        }
        self._windows = {
            limit: Window(number, seconds=HOUR_SECONDS if limit in _HOURLY else WINDOW_SECONDS)
            for limit, number in numbers.items()
        }
        self.waiting = PendingCounts(limits.recipient_pending, is_alone=not shares)
        self._most_held = limits.held
        self._held: Counter[str] = Counter()
        self._held_elsewhere: dict[str, tuple[Instant, Mapping[str, int]]] = {}
        self._unsaid: Counts | None = {} if shares else None

    def hit(self, limit: Limit, subject: str, now: Instant) -> Verdict:
        """Counts one, unless the limit is reached."""
        verdict = self._windows[limit].hit(subject, now)
        if self._unsaid is not None and not verdict.retry_after:
            self._note(limit, subject)
        return verdict

    def hit_all(
        self, hits: Sequence[tuple[Limit, str]], now: Instant
    ) -> tuple[int, Verdict] | None:
        """Counts one of each, or none: then the place of the first that is refused, and why."""
        for place, (limit, subject) in enumerate(hits):
            verdict = self.look(limit, subject, now)
            if verdict.retry_after:
                return place, verdict
        for limit, subject in hits:
            self.add(limit, subject, now)
        return None

    def add(self, limit: Limit, subject: str, now: Instant) -> None:
        """Counts one that has happened already, past the limit too."""
        self._windows[limit].add(subject, now)
        if self._unsaid is not None:
            self._note(limit, subject)

    def look(self, limit: Limit, subject: str, now: Instant) -> Verdict:
        return self._windows[limit].look(subject, now)

    # ── Requests that wait ──

    def hold(self, key_id: str, now: Instant) -> Verdict:
        """One more waits, unless as many as may do so already; `release` when it has ended."""
        held = self._held[key_id] + self._others_hold(key_id, now)
        if held >= self._most_held:
            return Verdict(self._most_held, 0, 1)
        self._held[key_id] += 1
        return Verdict(self._most_held, self._most_held - held - 1)

    def release(self, key_id: str) -> None:
        self._held[key_id] -= 1
        if not self._held[key_id]:
            del self._held[key_id]

    def _others_hold(self, key_id: str, now: Instant) -> int:
        return sum(
            held.get(key_id, 0)
            for told_at, held in self._held_elsewhere.values()
            if now - told_at < HELD_TOLD_FOR
        )

    # ── Counts shared between processes ──

    def drain_local_counts(self) -> tuple[Counts, dict[str, int]]:
        """Return the counts since the last call, and the requests that each subject holds now."""
        assert self._unsaid is not None
        unsaid, self._unsaid = self._unsaid, {}
        return unsaid, dict(self._held)

    def merge_remote_counts(
        self, process_id: str, counts: Counts, held: Mapping[str, int], now: Instant
    ) -> None:
        """Add another process's counts. An unknown limit is ignored."""
        for limit, window in self._windows.items():
            for subject, count in counts.get(limit.value, {}).items():
                window.add(subject, now, count)
        self._held_elsewhere[process_id] = (now, held)
        for gone in [
            each
            for each, (told_at, _) in self._held_elsewhere.items()
            if now - told_at >= HELD_TOLD_FOR
        ]:
            del self._held_elsewhere[gone]

    def _note(self, limit: Limit, subject: str) -> None:
        assert self._unsaid is not None
        counts = self._unsaid.setdefault(limit.value, {})
        counts[subject] = counts.get(subject, 0) + 1
