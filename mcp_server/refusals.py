"""The error sentences: what happened, whether the person was asked, what to do. One line each."""

from __future__ import annotations

from .api import ApiFailure
from .shared_steps import error_code, was_cut
from .tools import CREATE, PERMISSION_PROMPT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .api import Json, Outcome

NOT_ASKED = "The person was NOT asked."
_UNTOUCHED = "The pause is untouched."
_MAX_MESSAGE = 300

# What a model can do about a code of the API; a code that is not here is about the arguments.
_ADVICE = {
    "INVALID_API_KEY": "PAUSEPOINT_API_KEY was refused: a valid key is needed; retrying will not "
    "help. Tell the user.",
    "SCOPE_MISSING": "This key may not do that; retrying will not help. Tell the user.",
    "PLAN_LIMIT_REACHED": "Retrying will not help. Tell the user.",
    "CHANNEL_NOT_ALLOWED": "Use another channel, or tell the user.",
    "CHANNEL_NOT_CONFIGURED": "Use another channel, or tell the user.",
    "RECIPIENT_NOT_ALLOWED": "Do not look for a way around it. Tell the user.",
    "RECIPIENT_MUTED": "This person wants no more messages. Tell the user.",
    "RECIPIENT_BUSY": "This person has many open questions.",
    "RATE_LIMITED": "Too many requests.",
    "PAUSE_NOT_FOUND": "list_pause_requests shows the pauses of this key; a test key and a live "
    "key see only their own.",
    "IDEMPOTENCY_MISMATCH": "This idempotency_key belongs to another question. Leave it out to ask "
    "a new one.",
    "HOST_NOT_ALLOWED": "PAUSEPOINT_BASE_URL names a host that the server does not answer for. "
    "Tell the user.",
    "UNAVAILABLE": "Retry once, then tell the user.",
    "INTERNAL_ERROR": "Retry once, then tell the user.",
}


def of_arguments(tool: str, problem: str) -> str:
    """The sentence for arguments that cannot be used; nothing was sent."""
    if tool == PERMISSION_PROMPT:
        return f"{_capital(problem)}."
    asked = f" {NOT_ASKED}" if tool == CREATE else ""
    return f"{_capital(problem)}.{asked} Correct the arguments and call {tool} again."


def of_create(outcome: Outcome, key: str, *, may_be_asked: bool) -> str:
    """The sentence for a create that failed; `may_be_asked` when an earlier try was lost."""
    if may_be_asked or _is_undecided(outcome):
        return (
            f"{what(outcome)}. It is not known whether the person was asked. Retry with "
            f"idempotency_key {key} and the same arguments: the person will not be asked twice."
        )
    return f"{what(outcome)}. {NOT_ASKED} {_advice(outcome)}"


def of_look(outcome: Outcome) -> str:
    """The sentence for a poll, a list or an audit that failed."""
    return f"{what(outcome)}. {_advice(outcome)}"


def of_cancel(outcome: Outcome) -> str:
    """The sentence for a cancel that failed."""
    if _is_undecided(outcome):
        return f"{what(outcome)}. It is not known whether it was cancelled. Call it again."
    return f"{what(outcome)}. {_UNTOUCHED} {_advice(outcome)}"


def too_many_calls(limit: int, tool: str) -> str:
    """The sentence for a call that is not begun because `limit` others are running."""
    asked = f" {NOT_ASKED}" if tool == CREATE else ""
    return f"{limit} calls are running already.{asked} Wait for some to end, then call again."


def _is_undecided(outcome: Outcome) -> bool:
    if isinstance(outcome, ApiFailure):
        return outcome.sent
    if outcome.status < 300:
        return True
    return was_cut(outcome) and error_code(outcome) != "CHANNEL_NOT_CONFIGURED"


def what(outcome: Outcome) -> str:
    """Return the sentence for a failed request, without its full stop."""
    if isinstance(outcome, ApiFailure):
        return outcome.reason
    if 300 <= outcome.status < 400:
        return "PAUSEPOINT_BASE_URL redirects elsewhere, which is not followed"
    code = error_code(outcome)
    if code is None and was_cut(outcome):
        return f"A gateway answered in place of PausePoint (HTTP {outcome.status})"
    if code is None:
        return f"What answers at PAUSEPOINT_BASE_URL is not PausePoint (HTTP {outcome.status})"
    return f"PausePoint refused ({code}): {_message(outcome.body)}"


def _advice(outcome: Outcome) -> str:
    if isinstance(outcome, ApiFailure):
        # A setup's reason says itself what to do.
        return "Tell the user." if outcome.is_setup else "Retry once, then tell the user."
    code = error_code(outcome)
    if code is None and was_cut(outcome):
        return "Retry once, then tell the user."
    if code is None:
        return "Ask the user to set PAUSEPOINT_BASE_URL to PausePoint's own address."
    advice = _ADVICE.get(code, "Correct the arguments and call again.")
    if outcome.status == 429:
        seconds = (outcome.retry_after or "").strip()
        when = f"in {seconds} s" if seconds.isdigit() else "in a minute"
        advice += f" Retry {when}."
    return advice


def _message(body: Json) -> str:
    parts = [str(body.get("message", ""))]
    detail = body.get("detail")
    if isinstance(detail, list):
        found = [item for item in detail if isinstance(item, dict)]
        parts.extend(f"{item.get('field')}: {item.get('message')}" for item in found)
    line = " ".join("; ".join(parts).split()).rstrip(".")
    return line[:_MAX_MESSAGE]


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
