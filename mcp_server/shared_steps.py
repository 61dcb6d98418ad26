"""Steps that several tools share: a look at a pause, a request that may be repeated, a withdrawal.

Every answer is held against the request: a proxy that mixes up connections must not make another
pause's answer count.
"""

from __future__ import annotations

from . import results
from .api import ApiAnswer, ApiFailure, ApiRequest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator

    from .api import Json, Outcome, Waiting

# Proxies cut a silent connection at 60 s, which is also the API's limit.
MAX_HOLD_SECONDS = 50
# A held request that ends earlier than asked was not waiting (a server that stops, or that does not
# know `wait`); asking again at once would be a loop without a pause.
EARLY_SHARE = 0.8
# Holds are not made shorter than this: what ends sooner is a server that is away, not a limit.
SHORTEST_HOLD_SECONDS = 4
# Of what ended a hold, the part that the next one takes.
_SHORTER = 0.8

_COMPARED = ("channel", "message", "options", "action")
_CROSSED = "An answer came that belongs to another request, so it was not used"


def look(
    pause_id: str, hold: int, waiting: Waiting | None = None, *, delay_seconds: int = 0
) -> ApiRequest:
    """A look at a pause, held up to `hold` seconds until there is news."""
    path = f"/v1/pause/{pause_id}"
    if hold:
        path += f"?wait={hold}"
    return ApiRequest("GET", path, hold_seconds=hold, delay_seconds=delay_seconds, waiting=waiting)


def asked_twice(request: ApiRequest) -> Generator[ApiRequest, Outcome, Outcome]:
    """For idempotent requests: a lost response is requested again."""
    outcome = matched((yield request), request)
    if isinstance(outcome, ApiFailure) and outcome.sent:
        outcome = matched((yield request), request)
    return outcome


def error_code(outcome: Outcome) -> str | None:
    """The code of PausePoint's own error; None for a gateway's, whose JSON has another shape."""
    if isinstance(outcome, ApiFailure) or not isinstance(outcome.body, dict):
        return None
    code = outcome.body.get("error")
    is_ours = isinstance(code, str) and outcome.body.get("status_code") == outcome.status
    return code if is_ours else None


def was_cut(outcome: Outcome) -> bool:
    """Return True if a long poll was cut by a gateway or a lost connection."""
    if isinstance(outcome, ApiFailure):
        return outcome.sent
    return outcome.status >= 500 or outcome.status == 408


def shorter(hold: int, seconds: float) -> int:
    """Return the longest hold from now on, after one was cut after `seconds`."""
    if seconds < SHORTEST_HOLD_SECONDS:
        return hold
    return max(SHORTEST_HOLD_SECONDS, min(hold, int(_SHORTER * seconds)))


def matched(outcome: Outcome, request: ApiRequest) -> Outcome:
    """The outcome, or a failure where the answer belongs to another request."""
    pause = pause_in(outcome)
    if pause is None or _is_for(pause, request):
        return outcome
    return ApiFailure(_CROSSED, sent=True, seconds=outcome.seconds)


def _is_for(pause: Json, request: ApiRequest) -> bool:
    if request.body is None:
        asked = request.path.partition("?")[0].split("/")[3:]
        return asked == [] or bare_id(pause["pause_id"]) == bare_id(asked[0])
    if pause.get("message", "") is None and pause["status"] != "pending":
        return True  # erased
    return all(
        pause.get(name, request.body[name]) == request.body[name]
        for name in _COMPARED
        if name in request.body
    )


def bare_id(pause_id: str) -> str:
    text = pause_id.lower()
    return text[4:] if text.startswith("psr_") else text


def cancel_pause(pause_id: str) -> Generator[ApiRequest, Outcome, Outcome]:
    """Cancels the pause; where it is final already, the outcome is how it ended."""
    outcome = yield from asked_twice(ApiRequest("DELETE", f"/v1/pause/{pause_id}"))
    if isinstance(outcome, ApiAnswer) and outcome.status == 409:
        outcome = yield from asked_twice(look(pause_id, 0))
    return outcome


def pause_in(outcome: Outcome) -> Json | None:
    """The pause that an answer holds, None where it holds none."""
    if isinstance(outcome, ApiFailure) or outcome.status not in (200, 201):
        return None
    if not results.is_pause(outcome.body):
        return None
    pause: Json = outcome.body
    return pause
