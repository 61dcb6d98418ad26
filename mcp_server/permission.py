"""`permission_prompt`: a host asks a person, not its user, whether a tool may run.

The answer is one text block of JSON, as Claude Code's `--permission-prompt-tool` reads it:
`{"behavior": "allow"}` or `{"behavior": "deny", "message": "…"}`. Only a person's own "Allow" allows.
Whatever else happens denies: silence, a withdrawal, an error, an input that cannot be shown whole.
"""

from __future__ import annotations

import json
import re

from . import refusals, results
from .api import ApiAnswer, ApiRequest, CallCancelled, Waiting
from .arguments import MAX_METADATA_BYTES, ArgumentProblem
from .shared_steps import EARLY_SHARE, MAX_HOLD_SECONDS, asked_twice, look, pause_in, withdrawn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator

    from .api import Json, Outcome, ToolSteps
    from .calls import CallContext

    Watching = Generator[ApiRequest, Outcome, Outcome]

ALLOW = "Allow"
DENY = "Deny"
MAX_MESSAGE_CHARACTERS = 2000
# The server ends the pause at its deadline; this is for a server whose clock stands still.
_GRACE_SECONDS = 30
# A server that is started anew is away for seconds; one that stays away answers nobody.
_PATIENCE_SECONDS = 60
_RETRY_SECONDS = 2
_PASSING = (429, 500, 502, 503, 504)
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_.:/-]{1,128}")
_TELL = "Tell the user; do not look for a way around it."


class Permission:
    """Whom `permission_prompt` asks and how long an answer is waited for; no model says that.

    `run` is different for each run of the server: hosts' ids of calls may begin anew with each.
    """

    __slots__ = ("channel", "recipient", "run", "timeout_seconds")

    def __init__(self, recipient: str, channel: str, timeout_seconds: int, run: str) -> None:
        self.recipient = recipient
        self.channel = channel
        self.timeout_seconds = timeout_seconds
        self.run = run


def denied(reason: str) -> Json:
    """The result that denies, and tells the host why."""
    return _decision({"behavior": "deny", "message": reason})


def ask(values: Json, context: CallContext) -> ToolSteps:
    """Asks the person, waits for the answer, and decides. A cancelled call is withdrawn."""
    permission = context.permission
    assert permission is not None
    question = _question(values["tool_name"], values["input"], permission)
    key = context.fresh_key
    if "tool_use_id" in values:
        key = _key(permission, values["tool_use_id"], question)
    outcome = yield from _asked(question, key)
    pause = pause_in(outcome)
    if pause is not None and pause["status"] != "pending":
        # An answer is for one call: ids that come again must not let the same input pass again.
        outcome = yield from _asked(question, context.fresh_key)
        pause = pause_in(outcome)
    if pause is None:
        return denied(f"{refusals.what(outcome)}, so this is denied. {_TELL}")
    pause_id: str = pause["pause_id"]
    try:
        outcome = yield from _watched(outcome, permission, context)
    except CallCancelled:
        yield from withdrawn(pause_id)
        raise
    pause = pause_in(outcome)
    if pause is None:
        return denied(
            f"{refusals.what(outcome)}, so no answer is known and this is denied. {_TELL}"
        )
    if pause["status"] == "pending":
        was_delivered = not results.has_failed(pause)
        pause = pause_in((yield from withdrawn(pause_id)))
        if pause is None or pause["status"] == "cancelled":
            return denied(_silence(permission) if was_delivered else _UNDELIVERED)
    return _verdict(pause, permission)


_UNDELIVERED = f"The message could not be delivered, so no person was asked. {_TELL}"


def _question(tool_name: str, tool_input: Json, permission: Permission) -> Json:
    """The create's body. Raises `ArgumentProblem` where the person could not see the whole input."""
    name = tool_name if _PLAIN_NAME.fullmatch(tool_name) else json.dumps(tool_name)
    head = f"May the agent use {name}?"
    message = f"{head}\n\n{json.dumps(tool_input, ensure_ascii=False, indent=2)}"
    body: Json = {
        "recipient": permission.recipient,
        "channel": permission.channel,
        "options": [ALLOW, DENY],
        "timeout_hours": permission.timeout_seconds / 3600,
        "timeout_default": DENY,
        "allow_text_response": True,
    }
    if len(message) > MAX_MESSAGE_CHARACTERS:
        size = len(json.dumps(tool_input, ensure_ascii=False).encode())
        message = f"{head} The table on the page shows its whole input."
        if size > MAX_METADATA_BYTES or len(message) > MAX_MESSAGE_CHARACTERS:
            raise ArgumentProblem(
                f"the input of {name[:200]} is too large to be shown whole to a person ({size} "
                f"bytes, {MAX_METADATA_BYTES} at most), so this is denied; take smaller steps"
            )
        body["metadata"] = tool_input
    body["message"] = message
    return body


def _key(permission: Permission, tool_use_id: str, question: Json) -> str:
    """Of this very question in this very call, whatever the host's id looks like."""
    import hashlib  # noqa: PLC0415 - no start should wait for it

    said = json.dumps([permission.run, tool_use_id, question], sort_keys=True)
    return f"permission-{hashlib.sha256(said.encode()).hexdigest()}"


def _asked(question: Json, key: str) -> Watching:
    request = ApiRequest("POST", "/v1/pause", body=question, idempotency_key=key)
    return asked_twice(request)


def _watched(created: Outcome, permission: Permission, context: CallContext) -> Watching:
    """Holds, one request after another, until the pause is final or its time is over."""
    outcome, waited, unanswered, delay = created, 0.0, 0.0, 0
    pause = pause_in(created)
    assert pause is not None
    deadline = results.epoch_seconds(pause.get("expires_at"))
    left = permission.timeout_seconds + _GRACE_SECONDS
    while _is_open(outcome) and waited < left and unanswered < _PATIENCE_SECONDS:
        hold = min(MAX_HOLD_SECONDS, max(1, round(left - waited)))
        until = None if deadline is None else max(0.0, deadline - context.now - waited)
        waiting = Waiting(permission.timeout_seconds, waited, until)
        outcome = yield look(pause["pause_id"], hold, waiting, delay_seconds=delay)
        waited += outcome.seconds
        unanswered = 0.0 if pause_in(outcome) else unanswered + outcome.seconds
        delay = _RETRY_SECONDS if outcome.seconds < hold * EARLY_SHARE else 0
    return outcome


def _is_open(outcome: Outcome) -> bool:
    pause = pause_in(outcome)
    if pause is not None:
        return pause["status"] == "pending" and not results.has_failed(pause)
    if isinstance(outcome, ApiAnswer):
        return outcome.status in _PASSING
    return not outcome.is_setup


def _verdict(pause: Json, permission: Permission) -> Json:
    by, choice = pause.get("resolved_by"), pause.get("response_choice")
    if pause["status"] == "responded" and by == "human":
        if choice == ALLOW:
            return _decision({"behavior": "allow"})
        if choice is None:
            return denied(f"The answer has been erased, so this is denied. {_TELL}")
        comment = results.comment(pause)
        if comment is None:
            return denied("A person denied this.")
        return denied(f'A person denied this, with the comment: "{comment}"')
    if pause["status"] == "timed_out":
        return denied(_silence(permission))
    return denied(f"The question ended without a person's answer, so this is denied. {_TELL}")


def _silence(permission: Permission) -> str:
    waited = results.duration_words(permission.timeout_seconds)
    return f"No person answered within {waited}, so this is denied. {_TELL}"


def _decision(decision: Json) -> Json:
    text = json.dumps(decision, ensure_ascii=False)
    return {"content": [{"type": "text", "text": text}]}
