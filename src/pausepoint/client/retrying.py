"""Retries of one request: which failures, after which delay, for how long."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Generic, TypeVar

import msgspec
from msgspec import Struct

from pausepoint.client.decoding import decoded, retry_after
from pausepoint.client.errors import ApiError, PausePointError, UnexpectedAnswer, Unreachable
from pausepoint.client.protocol import NoAnswer, Outcome, Request, Response, Steps
from pausepoint.retry import RetryPolicy as Schedule
from pausepoint.retry import exponential

T = TypeVar("T")

log = logging.getLogger("pausepoint.client")

PATIENCE = timedelta(minutes=10)
"""How long an outage may last while an answer is waited for, unless the caller says otherwise."""
CALL_PATIENCE = 10.0
"""The same, in seconds, for calls that a caller waits for."""
LONGEST_DELAY = 10.0
SCHEDULE = Schedule(
    exponential(timedelta(seconds=0.25), timedelta(seconds=LONGEST_DELAY)), adds_retry_after=True
)
TRIES_ON_NONSENSE = 3
"""How often what looks like a fault, not an outage, is tried in all."""
QUIET_TRIES = 3
"""A restart of the server is over within this time, without an error for the caller."""


class RetryPolicy(Struct, frozen=True):
    """`patience` is how many seconds an outage may last; `chance` gives numbers from 0 up to 1."""

    patience: float
    chance: Callable[[], float]

    def for_a_call(self) -> RetryPolicy:
        """Return the policy for requests that do not wait for a person."""
        return RetryPolicy(min(self.patience, CALL_PATIENCE), self.chance)

    def delay(self, tries: int, retry_after: float = 0) -> float:
        """Return the back-off in seconds after this many earlier attempts: exponential, with jitter."""
        asked = timedelta(seconds=retry_after)
        delay = SCHEDULE.delay(tries + 1, chance=self.chance(), retry_after=asked)
        assert delay is not None, "only patience ends the attempts"
        return delay.total_seconds()


class Settled(Struct, Generic[T], frozen=True):
    """A result, and how it was obtained.

    `status` is that of the HTTP answer. `seconds` is the time from the first attempt to the last, delays included. `was_repeated` says
    that an earlier attempt may have been carried out; `cut_after`, that the first one was held
    for some seconds and then lost.
    """

    value: T
    seconds: float
    status: int
    was_repeated: bool = False
    cut_after: float | None = None


def request_with_retries(
    request: Request, kind: type[T], policy: RetryPolicy, again: Request | None = None
) -> Steps[Settled[T]]:
    """Send `request`, then `again`, until one is answered. Raises ApiError, Unreachable."""
    tries, lost, seconds = 1, 0.0, 0.0
    was_repeated, cut_after = False, None
    outcome = yield request
    while True:
        problem, value = _judge(outcome, kind)
        seconds += request.delay + outcome.seconds
        if problem is None:
            assert isinstance(outcome, Response)
            return Settled(value, seconds, outcome.status, was_repeated, cut_after)  # type: ignore[arg-type]
        if request.hold and tries == 1:
            cut_after = outcome.seconds  # the server was there as long as it held the request
        else:
            lost += request.delay + outcome.seconds
        delay = _delay(request, outcome, problem, policy, tries)
        if delay is None or lost + delay > policy.patience:
            raise _with_details(problem, outcome, request, was_repeated=was_repeated)
        was_repeated = was_repeated or _may_have_been_done(outcome)
        if tries == QUIET_TRIES:
            log.warning("%s. Trying again for %d s.", _reason(outcome), policy.patience - lost)
        request = msgspec.structs.replace(again or request, delay=delay)
        tries += 1
        outcome = yield request


def _judge(outcome: Outcome, kind: type[T]) -> tuple[PausePointError | None, T | None]:
    if isinstance(outcome, NoAnswer):
        return Unreachable(f"PausePoint gave no answer: {outcome.reason}."), None
    try:
        return None, decoded(outcome, kind)
    except PausePointError as error:
        return error, None


def _delay(
    request: Request, outcome: Outcome, problem: PausePointError, policy: RetryPolicy, tries: int
) -> float | None:
    """Return the delay in seconds before another attempt, None if it would be useless or unsafe."""
    if not _is_worth_repeating(request, outcome, problem, tries):
        return None
    asked = retry_after(outcome) if isinstance(outcome, Response) else None
    return policy.delay(tries - 1, asked or 0)


def _is_worth_repeating(
    request: Request, outcome: Outcome, problem: PausePointError, tries: int
) -> bool:
    if isinstance(outcome, NoAnswer):
        return not outcome.is_final and (request.may_be_repeated or not outcome.is_sent)
    match outcome.status:
        case 429:
            # A recipient may be busy for days; a rate is not, and says how long.
            return problem.code != "RECIPIENT_BUSY" or retry_after(outcome) is not None
        case 408:
            return True
        case 502 | 503 | 504:
            return request.may_be_repeated and problem.code != "CHANNEL_NOT_CONFIGURED"
    is_fault = outcome.status >= 500 or isinstance(problem, UnexpectedAnswer)
    return is_fault and request.may_be_repeated and tries < TRIES_ON_NONSENSE


def _may_have_been_done(outcome: Outcome) -> bool:
    if isinstance(outcome, NoAnswer):
        return outcome.is_sent
    return outcome.status >= 500 or outcome.status < 400


def _with_details(
    problem: PausePointError, outcome: Outcome, request: Request, *, was_repeated: bool
) -> PausePointError:
    if isinstance(problem, ApiError):
        problem.was_repeated = was_repeated
    if isinstance(problem, Unreachable):
        problem.may_have_been_done = was_repeated or _may_have_been_done(outcome)
        problem.idempotency_key = request.idempotency_key
    return problem


def _reason(outcome: Outcome) -> str:
    if isinstance(outcome, NoAnswer):
        return f"PausePoint gives no answer: {outcome.reason}"
    return f"PausePoint cannot take this now: status {outcome.status}"
