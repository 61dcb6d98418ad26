"""The verdict on a tool call: what an ended pause means for it, and the sentence that says so.

Claude Code's hook, the MCP permission prompt and the adapters of agent frameworks all decide by this
module, so one ended pause has one meaning. Standard library only.
"""

from __future__ import annotations

import json
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Optional

    Verdict = tuple[str, str]

# The three behaviors; an `ask` leaves the decision to the user at the terminal.
ALLOWED = "allow"
DENIED = "deny"
ASK = "ask"

# The options of Claude Code's hook and of the permission prompt.
ALLOW = "Allow"
DENY = "Deny"
# The options of the frameworks' adapters.
APPROVE = "Approve"
CHANGE = "Change"
REPLY = "Reply"
REJECT = "Reject"
# The second option where a person may only reply.
NO_REPLY = "No reply"

TELL = "Tell the user; do not look for a way around it."
UNDELIVERED = "The message could not be delivered, so no person was asked and this is denied."

_NOTE = "Their note: {note}"
_NO_NOTE = "They left no note."
# What a person's choice means: the behavior, the sentence without a note and with one. The adapter
# runs a changed call and returns a reply by itself, where there is one.
_BY_OPTION = {
    ALLOW: (ALLOWED, "A person allowed this.", "A person allowed this with the note: {note}"),
    DENY: (DENIED, "A person denied this.", "A person denied this with the note: {note}"),
    APPROVE: (ALLOWED, "A person approved this call.", f"A person approved this call. {_NOTE}"),
    REJECT: (
        DENIED,
        f"A person rejected this call. {_NO_NOTE}",
        f"A person rejected this call. {_NOTE}",
    ),
    CHANGE: (
        DENIED,
        f"A person wants this call changed; it did not run. {_NO_NOTE}",
        f"A person wants this call changed; it did not run. {_NOTE}",
    ),
    REPLY: (DENIED, "The person gave no reply.", "The person gave no reply."),
    NO_REPLY: (DENIED, "The person gave no reply.", "The person gave no reply."),
}
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_.:/-]{1,128}")


def decide(
    *,
    status: str,
    resolved_by: Optional[str],
    choice: Optional[str],
    options: Optional[Sequence[str]],
    note: Optional[str],
    timeout_seconds: float,
    is_simulated: bool = False,
    on_silence: str = DENIED,
    is_question: bool = False,
) -> Verdict:
    """Return the behavior and the sentence for an ended pause. Everything but a person's yes denies.

    `options` are those that the person was shown. `is_simulated` says that a test key's message went
    to no person. `on_silence` is the behavior at the deadline, which only the operator's rules may
    set to something other than a denial. `is_question`: each of the options is an answer, not a yes
    or no.
    """
    if status == "timed_out":
        return _on_silence(timeout_seconds, on_silence, is_simulated=is_simulated)
    if status == "cancelled":
        return (
            DENIED,
            f"The question was withdrawn before a person answered, so this is denied. {TELL}",
        )
    if status != "responded" or resolved_by != "human":
        return DENIED, f"The question ended without a person's answer, so this is denied. {TELL}"
    if choice is None:
        return DENIED, f"The answer has been erased, so this is denied. {TELL}"
    if (options is not None and choice not in options) or not (is_question or choice in _BY_OPTION):
        return DENIED, f"The answer is none of the options, so this is denied. {TELL}"
    if is_question:
        return ALLOWED, "A person answered."
    behavior, sentence, with_note = _BY_OPTION[choice]
    return behavior, with_note.format(note=_quote(note)) if note and note.strip() else sentence


def silence(timeout_seconds: float) -> str:
    """Return the sentence that denies because the time-out passed."""
    return f"{_no_answer(timeout_seconds)}, so this is denied. {TELL}"


def tool_name(name: str) -> str:
    """Return a tool's name for the question: any but a plain one as JSON, in quotes it cannot close."""
    return name if _PLAIN_NAME.fullmatch(name) else json.dumps(name)


def _on_silence(timeout_seconds: float, on_silence: str, *, is_simulated: bool) -> Verdict:
    if is_simulated:
        return DENIED, f"This key is for tests: no person was asked. {TELL}"
    if on_silence == ALLOWED:
        sentence = "The operator's rules allow this then; no person did."
        return ALLOWED, f"{_no_answer(timeout_seconds)}. {sentence}"
    if on_silence == ASK:
        return ASK, f"{_no_answer(timeout_seconds)}."
    return DENIED, silence(timeout_seconds)


def _no_answer(timeout_seconds: float) -> str:
    minutes = int(timeout_seconds // 60)
    days, hours, minutes = minutes // 1440, minutes % 1440 // 60, minutes % 60
    if days:
        parts = [(days, "day" if days == 1 else "days"), (hours, "h")]
    else:
        parts = [(hours, "h"), (minutes, "min")]
    words = " ".join(f"{count} {unit}" for count, unit in parts if count)
    return f"No person answered within {words or f'{timeout_seconds:g} s'}"


def _quote(note: Optional[str]) -> str:
    """Return a note on one line, as JSON: it is data, and cannot close its quotes."""
    return json.dumps(" ".join((note or "").split()), ensure_ascii=False)
