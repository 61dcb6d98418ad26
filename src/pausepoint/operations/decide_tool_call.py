"""May this tool be used? The operator's rules say, or a person whom they name. Whatever fails denies."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

from pausepoint.domain.account import Principal
from pausepoint.domain.action import Action
from pausepoint.domain.delivery import DeliveryState
from pausepoint.domain.errors import PausePointError
from pausepoint.domain.hook_rules import Decision, Rule, RuleSet
from pausepoint.domain.pause import Pause, PauseStatus, ResolvedBy
from pausepoint.domain.question import Question
from pausepoint.domain.record import record
from pausepoint.domain.words import MINUTE, span
from pausepoint.operations.cancel_pause import cancel_pause
from pausepoint.operations.create_pause import create_pause
from pausepoint.operations.idempotency import IdempotencyKey, claim
from pausepoint.operations.queries import own_pause
from pausepoint.operations.services import Services
from pausepoint.operations.time_out_pauses import settled_pause
from pausepoint.security.display_safe import single_line
from pausepoint.store.changes import Applied, Change

ALLOW: Final = "Allow"
DENY: Final = "Deny"
TELL: Final = "Tell the user; do not look for a way around it."

_DEFAULTS: Final = {Decision.ALLOW: ALLOW, Decision.DENY: DENY, Decision.ASK: None}
_CWD_LIMIT: Final = 300
_ROUNDS: Final = 100
_OURS: Final = "tool call "
"""Begins an idempotency key that no caller of the API can give: it has a blank. So nobody can put a
question of their own in the place of ours."""


@record(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """`call_id` is the same whenever this very call is asked about again; None where that is not known.

    `tool` and `arguments` are the agent's words, `cwd` is where it works.
    """

    tool: str
    arguments: Any
    cwd: str = ""
    call_id: str | None = None


@record(frozen=True, slots=True)
class Verdict:
    decision: Decision
    reason: str = ""


async def rules_of(services: Services, principal: Principal, key_prefix: str) -> RuleSet | None:
    """None where the operator has said nothing about this caller."""
    rules = services.policy.hook_rules
    accounts: tuple[str, ...] = ()
    if any(each.account is not None for each in rules.sets):
        developer = await services.store.developer(principal.developer_id)
        accounts = (principal.developer_id, developer.email.lower() if developer else "")
    return rules.of(key_prefix, accounts)


async def ask_about(
    services: Services, principal: Principal, call: ToolCall, action: Action, rule: Rule
) -> Pause:
    """The pause that asks about this call: a new one, or its own from before.

    An answer is for one call. One that was given before is taken only where the run had ended to wait
    for it, and only once: ids that come again must not let the same thing pass again. Raises what
    `create_pause` raises.
    """
    question = _question(call, action, rule)
    for number in range(_ROUNDS):
        key = _key(call, action, rule, number)
        created = await create_pause(services, principal, question, 0, key)
        if not created.is_replay:
            return created.pause
        pause = await settled_pause(services, created.pause.pause_id) or created.pause
        if not pause.status.is_final or (rule.defers and await _take(services, principal, pause)):
            return pause
    raise PausePointError("This tool call was asked about too often.")


def verdict_on(pause: Pause, rule: Rule) -> Verdict:
    """What a final pause says. Only a person's own answer is called a person's."""
    if pause.status is PauseStatus.RESPONDED and pause.resolved_by is ResolvedBy.HUMAN:
        note = pause.content.response_text if pause.content else None
        said = f' with the note: "{note}"' if note else "."
        if pause.choice == ALLOW:
            return Verdict(Decision.ALLOW, f"A person allowed this{said}")
        if pause.choice is None:
            return Verdict(Decision.DENY, f"The answer has been erased, so this is denied. {TELL}")
        return Verdict(Decision.DENY, f"A person denied this{said}")
    if pause.status is PauseStatus.TIMED_OUT:
        return _silence(pause, rule)
    return Verdict(
        Decision.DENY,
        f"The question was withdrawn before a person answered, so this is denied. {TELL}",
    )


async def withdrawn(
    services: Services, principal: Principal, pause_id: str, rule: Rule, because: str
) -> Verdict:
    """Ends a question whose answer nobody would hear; an answer that was first counts."""
    try:
        await cancel_pause(services, principal, pause_id)
    except PausePointError:
        pause = await own_pause(services, principal, pause_id)
        if pause.status is not PauseStatus.CANCELLED:
            return verdict_on(pause, rule)
    return Verdict(Decision.DENY, f"{because} {TELL}")


def _silence(pause: Pause, rule: Rule) -> Verdict:
    """As the page said to the person, even if the rules were changed since."""
    given = pause.expires_at - pause.created_at
    waited = span(given) if given >= MINUTE else f"{given / 1000:g} s"
    nobody = f"No person answered within {waited}"
    if pause.delivery_state is DeliveryState.SIMULATED:
        return Verdict(Decision.DENY, f"This key is for tests: no person was asked. {TELL}")
    if pause.choice == ALLOW:
        return Verdict(
            Decision.ALLOW, f"{nobody}. The operator's rules allow this then; no person did."
        )
    if pause.timeout_default is None and pause.content is not None:
        return Verdict(Decision.ASK, f"{nobody}.")
    return Verdict(Decision.DENY, f"{nobody}, so this is denied. {TELL}")


def _question(call: ToolCall, action: Action, rule: Rule) -> Question:
    place = f" in {single_line(call.cwd, _CWD_LIMIT)}" if call.cwd.strip() else ""
    message = f"May Claude Code use {single_line(call.tool, _CWD_LIMIT)}{place}?"
    return Question(
        recipient=rule.recipient,
        channel=rule.channel,
        message=message,
        options=(ALLOW, DENY),
        allow_text_response=True,
        timeout_hours=rule.timeout.total_seconds() / 3600,
        timeout_default=_DEFAULTS[rule.on_silence],
        action=action,
    )


def _key(call: ToolCall, action: Action, rule: Rule, number: int) -> IdempotencyKey | None:
    if call.call_id is None:
        return None
    asked = json.dumps([call.call_id, action.sha256, rule.channel, rule.recipient])
    digest = hashlib.sha256(asked.encode()).hexdigest()
    return IdempotencyKey(f"{_OURS}{digest} {number}", action.sha256, outlives_pause=True)


async def _take(services: Services, principal: Principal, pause: Pause) -> bool:
    """Whether this is the first time that the pause's answer is used."""
    key = IdempotencyKey(f"{_OURS}{pause.pause_id} taken", "", outlives_pause=True)
    result = await services.store.apply(
        Change((), claim(principal, key, pause, services.clock.now()))
    )
    return isinstance(result, Applied)
