"""The five tools as steps: each yields the API requests it needs and returns a tool result.

A step generator knows neither sockets nor threads nor a clock. Its driver sends the outcome
of each request in, from a thread, an event loop or a test.
"""

from __future__ import annotations

from . import refusals, results
from .api import ApiAnswer, ApiFailure, ApiRequest, Waiting
from .arguments import check_create, check_pause_id
from .shared_steps import (
    EARLY_SHARE,
    MAX_HOLD_SECONDS,
    SHORTEST_HOLD_SECONDS,
    asked_twice,
    bare_id,
    cancel_pause,
    error_code,
    look,
    matched,
    pause_in,
    shorter,
    was_cut,
)
from .tools import CREATE, POLL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .api import Json, Outcome, ToolSteps
    from .permission import Permission

_MAX_REMEMBERED = 1000
_ANY_WAIT = 86_400
# After about this many polls models look for a way around the person.
POLLS_BEFORE_ENDING_THE_TURN = 5
_PATIENT_SECONDS = 225


class KnownPauses:
    """The server's memory of its pauses, and of how long a request may be held.

    Better words and fewer lost calls come of it; no answer depends on it.
    """

    def __init__(self, limit: int = _MAX_REMEMBERED) -> None:
        self._limit = limit
        self.longest_hold = MAX_HOLD_SECONDS
        self.longest_wait = _ANY_WAIT
        self._deadlines: dict[str, float] = {}
        self._pending_polls: dict[str, int] = {}

    def saw(self, pause: Json) -> None:
        """Notes the deadline of a pause that the API has shown."""
        deadline = results.epoch_seconds(pause.get("expires_at"))
        if deadline is not None:
            self._note(self._deadlines, bare_id(pause["pause_id"]), deadline)

    def seconds_left(self, pause_id: str, now: float) -> float | None:
        """Until the deadline, None where it is not known."""
        deadline = self._deadlines.get(bare_id(pause_id))
        return None if deadline is None else max(0.0, deadline - now)

    def count_pending_poll(self, pause_id: str) -> int:
        """Count a poll that ended without an answer, and return the number of them for this pause."""
        polls = self._pending_polls.get(bare_id(pause_id), 0) + 1
        self._note(self._pending_polls, bare_id(pause_id), polls)
        return polls

    def note_cut(self, outcome: Outcome, seconds: float) -> None:
        """Record after how many seconds a held request was cut, so that later holds are shorter."""
        if error_code(outcome) is None:
            self.longest_hold = shorter(self.longest_hold, seconds)

    def note_given_up(self, seconds: float) -> None:
        """Record after how many seconds a host cancelled a poll, so that later polls are shorter."""
        self.longest_wait = shorter(self.longest_wait, seconds)

    def _note(self, notes: dict[str, Any], name: str, value: object) -> None:
        if len(notes) >= self._limit:
            notes.clear()
        notes[name] = value


class CallContext:
    """The inputs of a call: `now` in epoch seconds, and an unused idempotency key.

    `permission` is the recipient of `permission_prompt`; None where that tool is not offered.
    `callback_secret` signs what is posted to a `callback_url`; None where none is taken.
    """

    __slots__ = ("callback_secret", "fresh_key", "known", "now", "permission")

    def __init__(
        self,
        *,
        now: float,
        fresh_key: str,
        known: KnownPauses,
        permission: Permission | None = None,
        callback_secret: str | None = None,
    ) -> None:
        self.now = now
        self.fresh_key = fresh_key
        self.known = known
        self.permission = permission
        self.callback_secret = callback_secret


def create(values: Json, context: CallContext) -> ToolSteps:
    """Ask the person. A lost response is requested again under the same idempotency key."""
    check_create(values)
    if "callback_url" in values:
        values["callback_secret"] = context.callback_secret
    key = values.pop("idempotency_key", context.fresh_key)
    request = ApiRequest("POST", "/v1/pause", body=values, idempotency_key=key)
    outcome = matched((yield request), request)
    # An earlier try whose answer was lost may have asked already.
    may_be_asked = isinstance(outcome, ApiFailure) and outcome.sent
    if may_be_asked:
        outcome = matched((yield request), request)
    pause = pause_in(outcome)
    if pause is None:
        return results.failed(refusals.of_create(outcome, key, may_be_asked=may_be_asked))
    context.known.saw(pause)
    is_replay = isinstance(outcome, ApiAnswer) and outcome.status == 200 and not may_be_asked
    return results.created(pause, is_replay=is_replay)


def poll(values: Json, context: CallContext) -> ToolSteps:
    """Waits for the answer, at most `wait_seconds`, in requests that no gateway cuts."""
    pause_id = check_pause_id(values["pause_id"])
    wait_seconds = min(values["wait_seconds"], context.known.longest_wait)
    waited = 0.0
    while True:
        hold = min(context.known.longest_hold, max(0, round(wait_seconds - waited)))
        left = context.known.seconds_left(pause_id, context.now + waited)
        request = look(pause_id, hold, Waiting(wait_seconds, waited, left))
        outcome = matched((yield request), request)
        waited += outcome.seconds
        if hold and was_cut(outcome):
            # A poll without a wait still returns the state. A server that has just died may still
            # accept a connection, and reset it.
            context.known.note_cut(outcome, outcome.seconds)
            request = look(pause_id, 0, delay_seconds=1)
            outcome = matched((yield request), request)
            hold = 0
        pause = pause_in(outcome)
        if pause is None:
            return results.failed(refusals.of_look(outcome))
        context.known.saw(pause)
        if (
            pause["status"] != "pending"
            or results.has_failed(pause)
            or outcome.seconds < hold * EARLY_SHARE
            or round(wait_seconds - waited) < 1
            or hold == 0
        ):
            break
    polls = 0
    if pause["status"] == "pending":
        # Some hosts start a server for each call: then only the agent's own count is right.
        polls = max(context.known.count_pending_poll(pause_id), values.get("poll_number", 0))
    left = context.known.seconds_left(pause_id, context.now + waited)
    # Where polls must be short, more of them make up the same time.
    many = POLLS_BEFORE_ENDING_THE_TURN
    if wait_seconds:
        many = max(many, _PATIENT_SECONDS // max(wait_seconds, SHORTEST_HOLD_SECONDS))
    return results.polled(pause, waited, left, polls, is_long=polls >= many)


def cancel(values: Json, context: CallContext) -> ToolSteps:
    """Withdraws the question; where it is final already, returns how it ended."""
    pause_id = check_pause_id(values["pause_id"])
    outcome = yield from cancel_pause(pause_id)
    pause = pause_in(outcome)
    if pause is None:
        return results.failed(refusals.of_cancel(outcome))
    context.known.saw(pause)
    return results.cancelled(pause)


def list_pauses(values: Json, context: CallContext) -> ToolSteps:
    """The newest pauses of this key."""
    path = f"/v1/pause?limit={values['limit']}"
    if "status" in values:
        path += f"&status={values['status']}"
    return (yield from _page(path, results.listed))


def audit(values: Json, context: CallContext) -> ToolSteps:
    """The newest audit entries."""
    path = f"/v1/audit?limit={values['limit']}"
    if "pause_id" in values:
        path += f"&pause_id={check_pause_id(values['pause_id'])}"
    return (yield from _page(path, results.audited))


TOOL_STEPS: dict[str, Callable[[Json, CallContext], ToolSteps]] = {
    CREATE: create,
    POLL: poll,
    "cancel_pause_request": cancel,
    "list_pause_requests": list_pauses,
    "get_audit_log": audit,
}


def _page(path: str, as_result: Callable[[Json], Json]) -> ToolSteps:
    outcome = yield from asked_twice(ApiRequest("GET", path))
    if (
        isinstance(outcome, ApiAnswer)
        and outcome.status == 200
        and isinstance(outcome.body, dict)
        and isinstance(outcome.body.get("items"), list)
    ):
        return as_result(outcome.body)
    return results.failed(refusals.of_look(outcome))
