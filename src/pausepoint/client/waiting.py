"""Wait for an answer by long polls, across restarts of the server and proxies that cut connections."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from pausepoint.client import matching
from pausepoint.client.answer import Answer, answer_of
from pausepoint.client.errors import StillPending, Unreachable
from pausepoint.client.paths import look
from pausepoint.client.protocol import Request, Steps
from pausepoint.client.results import Pause
from pausepoint.client.retrying import RetryPolicy, Settled, request_with_retries

LONGEST_HOLD = 50.0
"""Seconds of one long poll: proxies cut at 60."""
SHORTEST_HOLD = 5.0
TOO_QUICK = 1.0
"""A server that is asked to hold and still answers within this: to ask at once would be a storm."""

OnPending = Callable[[Pause], None]


def from_pause(
    pause: Pause, policy: RetryPolicy, on_pending: OnPending | None, limit: float | None = None
) -> Steps[Answer]:
    """Start from a pause that was just created, or found by its idempotency key."""
    answer = answer_of(pause)
    if answer is not None:
        return answer
    if on_pending is not None:
        on_pending(pause)
    return (yield from wait(pause.pause_id, limit, policy, on_pending, pause))


def wait(
    pause_id: str,
    limit: float | None,
    policy: RetryPolicy,
    on_pending: OnPending | None,
    created: Pause | None = None,
) -> Steps[Answer]:
    """Poll until there is an answer, at most `limit` seconds. Raises Unanswered.

    `on_pending` is called with the pause after each poll that found it pending. `created` is the pause
    as it was asked, if known: later looks must show the same question.
    """
    hold, left, quick, delay = LONGEST_HOLD, limit, 0, 0.0
    while True:
        held = hold if left is None else max(0.0, min(hold, left))
        request = msgspec.structs.replace(look(pause_id, held), delay=delay)
        settled = yield from _poll(pause_id, request, _within(policy, left))
        pause = settled.value
        matching.check_pause_id(pause, pause_id)
        if created is not None:
            matching.check_same_question(pause, created)
        answer = answer_of(pause)
        if answer is not None:
            return answer
        if on_pending is not None:
            on_pending(pause)
        if left is not None:
            left -= settled.seconds
            if left <= 0 or held == 0:
                raise StillPending(f"{pause.pause_id} is still pending.", pause=pause)
        hold = _next_hold(hold, settled)
        quick = quick + 1 if settled.seconds - delay < min(TOO_QUICK, held) else 0
        delay = policy.delay(quick - 1) if quick else 0.0


def _poll(pause_id: str, request: Request, policy: RetryPolicy) -> Steps[Settled[Pause]]:
    """Poll once. After a failure without holding, so that a reachable server shows at once."""
    try:
        return (yield from request_with_retries(request, Pause, policy, again=look(pause_id)))
    except Unreachable as error:
        error.pause_id = pause_id
        raise


def _within(policy: RetryPolicy, left: float | None) -> RetryPolicy:
    """Return the retry policy, limited to the time left."""
    if left is None:
        return policy
    return RetryPolicy(min(policy.patience, max(left, 1.0)), policy.chance)


def _next_hold(hold: float, settled: Settled[Pause]) -> float:
    """Return the next hold in seconds: shorter after a proxy cut a held request."""
    if settled.cut_after is None or settled.cut_after < SHORTEST_HOLD:
        return hold
    return max(SHORTEST_HOLD, min(hold, 0.8 * settled.cut_after))
