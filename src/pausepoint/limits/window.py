"""One sliding window for many subjects: a limit of hits in any minute, in tenths of a second.

An hour is counted by six seconds.
"""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import Final, NamedTuple

from pausepoint.domain.rate_limits import WINDOW_SECONDS
from pausepoint.domain.time import Instant

LIFE: Final = 600
"""Ticks in a window. A hit counts until its whole tick is that old: at most a tick too strict."""

TICK: Final = WINDOW_SECONDS * 1000 // LIFE
"""Milliseconds, in a window of a minute."""

SUBJECTS: Final = 50_000
"""How many are remembered at most. Past it those that came first are forgotten, whole."""


class Verdict(NamedTuple):
    """`retry_after` is in whole seconds, at least 1, and 0 where the hit was taken."""

    limit: int
    remaining: int
    retry_after: int = 0


class _Hits:
    """`ticks` holds [tick, how many], oldest first."""

    __slots__ = ("ticks", "total")

    def __init__(self) -> None:
        self.ticks: deque[list[int]] = deque()
        self.total = 0

    def forget(self, now: int) -> None:
        ticks = self.ticks
        while ticks and ticks[0][0] < now - LIFE:
            self.total -= ticks.popleft()[1]
        if ticks and ticks[-1][0] > now:
            # The clock was set back: what was counted counts from now on, or it would for too long.
            self.ticks = deque([[now, self.total]])

    def add(self, tick: int, count: int) -> None:
        ticks = self.ticks
        if ticks and ticks[-1][0] == tick:
            ticks[-1][1] += count
        else:
            ticks.append([tick, count])
        self.total += count


class Window:
    """`limit` hits of one subject in any `seconds`."""

    def __init__(self, limit: int, subjects: int = SUBJECTS, seconds: int = WINDOW_SECONDS) -> None:
        self.limit = limit
        self._tick = seconds * 1000 // LIFE
        self._subjects = subjects
        self._hits: dict[str, _Hits] = {}

    def hit(self, subject: str, now: Instant) -> Verdict:
        """Counts, unless the subject has used its limit up: what is refused counts nothing."""
        tick = now // self._tick
        hits = self._of(subject, tick)
        if hits.total >= self.limit:
            return self._refusal(hits, now)
        hits.add(tick, 1)
        return Verdict(self.limit, self.limit - hits.total)

    def look(self, subject: str, now: Instant) -> Verdict:
        """Return the verdict on a hit, without counting one."""
        hits = self._hits.get(subject)
        if hits is None:
            return Verdict(self.limit, self.limit)
        hits.forget(now // self._tick)
        if hits.total >= self.limit:
            return self._refusal(hits, now)
        return Verdict(self.limit, self.limit - hits.total)

    def add(self, subject: str, now: Instant, count: int = 1) -> None:
        """Counts what has happened already, past the limit too."""
        tick = now // self._tick
        self._of(subject, tick).add(tick, count)

    def _of(self, subject: str, tick: int) -> _Hits:
        hits = self._hits.get(subject)
        if hits is None:
            if len(self._hits) >= self._subjects:
                self._make_room(tick)
            hits = self._hits[subject] = _Hits()
        else:
            hits.forget(tick)
        return hits

    def _refusal(self, hits: _Hits, now: Instant) -> Verdict:
        """Until as many are a minute old as there are too many."""
        too_many, until = hits.total - self.limit + 1, now
        for tick, count in hits.ticks:
            until = (tick + LIFE + 1) * self._tick
            too_many -= count
            if too_many <= 0:
                break
        return Verdict(self.limit, 0, max(1, -((now - until) // 1000)))

    def _make_room(self, tick: int) -> None:
        for hits in self._hits.values():
            hits.forget(tick)
        self._hits = {subject: hits for subject, hits in self._hits.items() if hits.ticks}
        too_many = len(self._hits) - self._subjects * 9 // 10
        for subject in list(islice(self._hits, max(too_many, 0))):
            del self._hits[subject]
