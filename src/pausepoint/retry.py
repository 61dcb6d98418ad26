"""The retry policy of deliveries, of the client and of reconnecting loops: delays, jitter, deadline.

Pure and standard library only: the caller brings the clock and the random number.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

LONGEST_RETRY_AFTER = timedelta(hours=24)
"""The longest Retry-After that is honoured."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """`delays` are those after the first, second, … failed attempt; the last one repeats.

    Each is multiplied by a random factor of `jitter`. `adds_retry_after`: the delay is added to a
    Retry-After, so that callers that were refused together do not return together; otherwise the
    longer of the two counts. `max_attempts` is None where only the deadline ends the attempts.
    """

    delays: tuple[timedelta, ...]
    jitter: tuple[float, float] = (0.5, 1.0)
    max_attempts: int | None = None
    adds_retry_after: bool = False

    def delay(
        self,
        attempts: int,
        *,
        chance: float,
        retry_after: timedelta | None = None,
        left: timedelta | None = None,
    ) -> timedelta | None:
        """Return the delay after `attempts` failed attempts, or None to give up.

        `chance` is a random number in [0, 1), `left` the time until the deadline: an attempt at or
        past it would be useless.
        """
        if self.max_attempts is not None and attempts >= self.max_attempts:
            return None
        least, most = self.jitter
        delay = self.delays[min(attempts, len(self.delays)) - 1] * (least + (most - least) * chance)
        asked = min(retry_after or timedelta(), LONGEST_RETRY_AFTER)
        delay = delay + asked if self.adds_retry_after else max(delay, asked)
        return None if left is not None and delay >= left else delay


def exponential(first: timedelta, longest: timedelta) -> tuple[timedelta, ...]:
    """Return delays that double from `first` up to `longest`."""
    delays = [first]
    while delays[-1] < longest:
        delays.append(min(2 * delays[-1], longest))
    return tuple(delays)
