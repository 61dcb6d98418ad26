"""`permission_prompt`: a host asks a person, not its user, whether a tool may run.

The answer is one text block of JSON, as Claude Code's `--permission-prompt-tool` reads it:
`{"behavior": "allow", "updatedInput": {…}}` or `{"behavior": "deny", "message": "…"}`. Claude Code up
to 2.1.173 takes an allow without `updatedInput` for an error. Only a person's own "Allow" allows.
Everything else denies: silence, a withdrawal, an error, an input that cannot be shown whole.

`AskUserQuestion` is no question about a permission: its own questions are asked, a pause for each.
"""

from __future__ import annotations

import json

from . import refusals, results
from .api import ApiAnswer, ApiRequest, CallCancelled, Waiting
from .arguments import ArgumentProblem
from .shared_steps import (
    EARLY_SHARE,
    SHORTEST_HOLD_SECONDS,
    asked_twice,
    cancel_pause,
    look,
    matched,
    pause_in,
    was_cut,
)
from .user_questions import (
    ASK_USER_QUESTION,
    MAX_MESSAGE_CHARACTERS,
    UNFIT,
    answer_text,
    is_answered_elsewhere,
    user_questions,
    with_answers,
)
from .verdict import ALLOW, ALLOWED, DENY, TELL, UNDELIVERED, decide, silence, tool_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator

    from .api import Json, Outcome, ToolSteps
    from .calls import CallContext
    from .verdict import Verdict

    Watching = Generator[ApiRequest, Outcome, tuple[Outcome, float]]
    Answering = Generator[ApiRequest, Outcome, list[Json]]

# The API's own limits for an action, in bytes of canonical JSON and in characters.
MAX_ACTION_BYTES = 256 * 1024
MAX_TOOL_CHARACTERS = 200
# The server ends the pause at its deadline; this is for a server whose clock stands still.
_GRACE_SECONDS = 30
# A restart takes seconds; a longer outage is an error.
_PATIENCE_SECONDS = 60
_RETRY_SECONDS = 2


class Permission:
    """The recipient of `permission_prompt` and its time-out; not chosen by a model.

    `run` is different for each run of the server.
    """

    __slots__ = ("channel", "recipient", "run", "timeout_seconds")

    def __init__(self, recipient: str, channel: str, timeout_seconds: int, run: str) -> None:
        self.recipient = recipient
        self.channel = channel
        self.timeout_seconds = timeout_seconds
        self.run = run


def denied(reason: str) -> Json:
    """Return the result that denies, with the reason."""
    return _decision({"behavior": "deny", "message": reason})


class _Denied(Exception):
    """The call is denied, with the reason for the host."""


def ask(values: Json, context: CallContext) -> ToolSteps:
    """Asks the person, waits for the answer, and decides. A cancelled call is withdrawn.

    Each call is a question of its own: ids of calls come again, so none finds an earlier answer.
    """
    permission = context.permission
    assert permission is not None
    tool, tool_input = values["tool_name"], values["input"]
    if is_answered_elsewhere(tool, tool_input):
        return denied(f"{UNFIT}. Ask the user in the conversation instead.")
    questions = user_questions(tool_input) if tool == ASK_USER_QUESTION else None
    try:
        if questions is None:
            yield from _answers([_question(tool, tool_input, permission)], context)
            return _decision({"behavior": "allow", "updatedInput": tool_input})
        bodies = [_body(each.message, each.labels, permission) for each in questions]
        pauses = yield from _answers(bodies, context)
    except _Denied as reason:
        return denied(str(reason))
    answers = {
        question.text: answer_text(
            pauses[number]["response_choice"], results.comment(pauses[number])
        )
        for number, question in enumerate(questions)
    }
    return _decision({"behavior": "allow", "updatedInput": with_answers(tool_input, answers)})


def _answers(bodies: list[Json], context: CallContext) -> Answering:
    """The pauses, each answered by a person and none by `Deny`. Raises `_Denied`, `CallCancelled`."""
    permission = context.permission
    assert permission is not None
    open_ids: list[str] = []
    answered: list[Json] = []
    waited, current = 0.0, None
    try:
        created = []
        for number, body in enumerate(bodies):
            outcome = yield from asked_twice(_create(body, context, number))
            pause = pause_in(outcome)
            if pause is None:
                raise _Denied(f"{refusals.what(outcome)}, so this is denied. {TELL}")
            created.append((body, outcome))
            open_ids.append(pause["pause_id"])
        for body, outcome in created:
            current = open_ids[0]
            pause, waited = yield from _answer(outcome, context, waited)
            del open_ids[0]
            behavior, sentence = verdict_on(pause, body, permission)
            if behavior != ALLOWED:
                raise _Denied(sentence)
            answered.append(pause)
    except _Denied:
        for pause_id in open_ids:
            if pause_id != current:
                yield from cancel_pause(pause_id)
        raise
    except CallCancelled:
        for pause_id in open_ids:
            yield from cancel_pause(pause_id)
        raise
    return answered


def _create(body: Json, context: CallContext, number: int) -> ApiRequest:
    assert context.permission is not None
    key = f"permission-{context.permission.run}-{context.fresh_key}-{number}"
    return ApiRequest("POST", "/v1/pause", body=body, idempotency_key=key)


def _answer(
    created: Outcome, context: CallContext, waited: float
) -> Generator[ApiRequest, Outcome, tuple[Json, float]]:
    """Wait for the pause to end, and return it. Raises `_Denied`; the pause is then withdrawn, or final."""
    permission = context.permission
    assert permission is not None
    outcome, waited = yield from _watched(created, permission, context, waited)
    pause = pause_in(outcome)
    if pause is None:
        raise _Denied(f"{refusals.what(outcome)}, so no answer is known and this is denied. {TELL}")
    if pause["status"] == "pending":
        was_delivered = not results.has_failed(pause)
        pause = pause_in((yield from cancel_pause(pause["pause_id"])))
        if pause is None or pause["status"] == "cancelled":
            undelivered = f"{UNDELIVERED} {TELL}"
            raise _Denied(silence(permission.timeout_seconds) if was_delivered else undelivered)
    return pause, waited


def verdict_on(pause: Json, body: Json, permission: Permission) -> Verdict:
    """Return the behavior and the sentence for an ended pause that `body` created."""
    return decide(
        status=pause["status"],
        resolved_by=pause.get("resolved_by"),
        choice=pause.get("response_choice"),
        options=body["options"],
        note=pause.get("response_text"),
        timeout_seconds=permission.timeout_seconds,
        is_simulated=results.delivery_of(pause).get("state") == "simulated",
        is_question="action" not in body,
    )


def _question(tool: str, tool_input: Json, permission: Permission) -> Json:
    """The create's body. Raises `ArgumentProblem` where the person could not see the whole input.

    The input is the pause's action: the page shows every argument of it, whole.
    """
    name = tool_name(tool)
    action = {"tool": tool, "arguments": tool_input}
    size = len(
        json.dumps(action, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    )
    message = f"May the agent use {name}?"
    is_too_long = len(tool) > MAX_TOOL_CHARACTERS or len(message) > MAX_MESSAGE_CHARACTERS
    if size > MAX_ACTION_BYTES or is_too_long:
        raise ArgumentProblem(
            f"the input of {name[:200]} is too large to be shown whole to a person ({size} bytes,"
            f" {MAX_ACTION_BYTES} at most), so this is denied; take smaller steps"
        )
    body = _body(message, [ALLOW, DENY], permission)
    return {**body, "timeout_default": DENY, "action": action}


def _body(message: str, options: list[str], permission: Permission) -> Json:
    return {
        "recipient": permission.recipient,
        "channel": permission.channel,
        "message": message,
        "options": options,
        "timeout_hours": permission.timeout_seconds / 3600,
        "allow_text_response": True,
    }


def _watched(
    created: Outcome, permission: Permission, context: CallContext, waited: float
) -> Watching:
    """Holds, one request after another, until the pause is final or its time is over.

    Returns the last outcome, and how long has been waited in all.
    """
    outcome, unanswered, delay, is_cut = created, 0.0, 0, False
    pause = pause_in(created)
    assert pause is not None
    deadline = results.epoch_seconds(pause.get("expires_at"))
    left = permission.timeout_seconds + _GRACE_SECONDS
    while _is_open(outcome) and waited < left and unanswered < _PATIENCE_SECONDS:
        # After a cut a plain look shows at once whether the server is there.
        hold = 0 if is_cut else min(context.known.longest_hold, max(1, round(left - waited)))
        until = None if deadline is None else max(0.0, deadline - context.now - waited)
        waiting = Waiting(permission.timeout_seconds, waited, until)
        request = look(pause["pause_id"], hold, waiting, delay_seconds=delay)
        outcome = matched((yield request), request)
        waited += outcome.seconds
        held = outcome.seconds - delay
        # The server was there for as long as it held the request.
        is_cut = hold > 0 and was_cut(outcome) and held >= SHORTEST_HOLD_SECONDS
        if is_cut:
            context.known.note_cut(outcome, held)
        elif pause_in(outcome) is None:
            unanswered += outcome.seconds
        else:
            unanswered = 0.0
        is_quick = held < hold * EARLY_SHARE if hold else pause_in(outcome) is None
        delay = _RETRY_SECONDS if is_quick and not is_cut else 0
    return outcome, waited


def _is_open(outcome: Outcome) -> bool:
    pause = pause_in(outcome)
    if pause is not None:
        return pause["status"] == "pending" and not results.has_failed(pause)
    if isinstance(outcome, ApiAnswer):
        return was_cut(outcome) or outcome.status == 429
    return not outcome.is_setup


def _decision(decision: Json) -> Json:
    text = json.dumps(decision, ensure_ascii=False)
    return {"content": [{"type": "text", "text": text}]}
