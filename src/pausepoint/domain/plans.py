"""Plans: the pauses a month and the channels of an account."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from pausepoint.domain.record import record
from pausepoint.domain.time import Instant, from_datetime, to_datetime

UNLIMITED_PLAN: Final = "unlimited"


@record(frozen=True, slots=True)
class Plan:
    """None for what has no limit."""

    pauses_a_month: int | None = None
    channels: frozenset[str] | None = None

    def missing_channel(self, channels: Iterable[str]) -> str | None:
        """The first of `channels` that the plan does not include."""
        if self.channels is None:
            return None
        return next((channel for channel in channels if channel not in self.channels), None)


USUAL_PLANS: Final[Mapping[str, Plan]] = {
    "free": Plan(50, frozenset(("sms",))),
    "starter": Plan(500, frozenset(("sms", "email"))),
    "pro": Plan(),
    UNLIMITED_PLAN: Plan(),
}


def month_of(now: Instant) -> Instant:
    """Return the start of the calendar month of `now`, in UTC."""
    moment = to_datetime(now)
    return from_datetime(moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0))
