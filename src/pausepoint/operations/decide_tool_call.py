"""Decide on a tool call, by the operator's rules or a person named in them. Every failure denies."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any, Final

from pausepoint.domain.account import Principal
from pausepoint.domain.action import Action
from pausepoint.domain.delivery import DeliveryState
from pausepoint.domain.errors import PausePointError
from pausepoint.domain.hook_rules import Decision, Rule, RuleSet
from pausepoint.domain.pause import Pause
from pausepoint.domain.question import Question
from pausepoint.domain.record import record
from pausepoint.domain.time import milliseconds
from pausepoint.mcp.verdict import ALLOW, ALLOWED, ASK, DENIED, DENY, decide, tool_name
from pausepoint.operations.cancel_pause import cancel_pause
from pausepoint.operations.create_pause import create_pause
from pausepoint.operations.idempotency import IDEMPOTENCY_KEPT, IdempotencyKey, claim
from pausepoint.operations.services import Services
from pausepoint.operations.time_out_pauses import settled_pause
from pausepoint.security.display_safe import single_line
from pausepoint.store.changes import Applied, Change

_DEFAULTS: Final = {Decision.ALLOW: ALLOW, Decision.DENY: DENY, Decision.ASK: None}
_CWD_LIMIT: Final = 300
_ROUNDS: Final = 100
_OURS: Final = "tool call "
"""Begins an idempotency key that no caller of the API can give: it has a blank. So no caller can put a
question of their own in the place of ours."""


@record(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """`call_id` is the same whenever this very call is asked about again; None where that is not known.

    `tool` and `arguments` are the agent's words, `cwd` is where it works. `choices` are the agent's
    questions to its user, where the tool is one that asks; each becomes a pause of its own.
    """

    tool: str
    arguments: Any
    cwd: str = ""
    call_id: str | None = None
    choices: tuple[Choice, ...] = ()


@record(frozen=True, slots=True)
class Choice:
    """A question with its options, and what the person reads."""

    message: str
    options: tuple[str, ...]


@record(frozen=True, slots=True)
class Verdict:
    """`answers` are those to the call's choices: the option and the person's note, in their order."""

    decision: Decision
    reason: str = ""
    answers: tuple[tuple[str, str | None], ...] = ()


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
) -> tuple[Pause, ...]:
    """The pauses that ask about this call: one, or one for each of its choices.

    An answer is for one call and is used once, since ids of calls come again. So every call is
    asked about again. The exception is a call whose run has ended to wait for the answer: that finds
    its own pauses, and if all of them have ended, this call uses them up. Raises what `create_pause`
    raises.
    """
    questions = _questions(call, action, rule)
    for number in range(_ROUNDS):
        pauses = []
        for part, question in enumerate(questions):
            key = _key(call, action, rule, number, part)
            size = len(json.dumps(question.metadata)) if question.metadata else 0
            created = await create_pause(services, principal, question, size, key)
            pause = created.pause
            if created.is_replay:
                pause = await settled_pause(services, pause.pause_id) or pause
            pauses.append(pause)
        if not all(pause.status.is_final for pause in pauses):
            return tuple(pauses)
        if await _take(services, principal, pauses[0]):
            return tuple(pauses)
    raise PausePointError("This tool call was asked about too often.")


def verdict_on(pauses: Sequence[Pause], call: ToolCall) -> Verdict:
    """Return the verdict of the final pauses together: the first that is no yes, or no choice, decides."""
    answers = []
    for pause in pauses:
        note = pause.content.response_text if pause.content else None
        behavior, sentence = decide(
            status=pause.status,
            resolved_by=pause.resolved_by,
            choice=pause.choice,
            options=pause.content.options if pause.content else None,
            note=note,
            timeout_seconds=(pause.expires_at - pause.created_at) / 1000,
            is_simulated=pause.delivery_state is DeliveryState.SIMULATED,
            on_silence=_on_silence(pause, call),
            is_question=bool(call.choices),
        )
        if behavior != ALLOWED:
            return Verdict(Decision(behavior), sentence)
        answers.append((pause.choice or "", note))
    return Verdict(Decision.ALLOW, sentence, tuple(answers) if call.choices else ())


async def withdraw(services: Services, principal: Principal, pauses: Sequence[Pause]) -> bool:
    """Cancel the questions whose answers would not be used. Return True if all of them were open."""
    were_open = True
    for pause in pauses:
        try:
            await cancel_pause(services, principal, pause.pause_id)
        except PausePointError:
            were_open = False
    return were_open


def _on_silence(pause: Pause, call: ToolCall) -> str:
    """Return what the page said to the person, even if the rules were changed since."""
    if pause.choice == ALLOW and not call.choices:
        return ALLOWED
    return ASK if pause.timeout_default is None and pause.content is not None else DENIED


def _questions(call: ToolCall, action: Action, rule: Rule) -> list[Question]:
    def question(message: str, options: tuple[str, ...], default: str | None) -> Question:
        return Question(
            recipient=rule.recipient,
            channel=rule.channel,
            message=message,
            options=options,
            allow_text_response=True,
            timeout_hours=rule.timeout.total_seconds() / 3600,
            timeout_default=default,
            # Not in the message: the agent may have named the folder, and would speak as we do.
            metadata={"folder": single_line(call.cwd, _CWD_LIMIT)} if call.cwd.strip() else None,
            action=None if call.choices else action,
        )

    if call.choices:
        return [question(each.message, each.options, None) for each in call.choices]
    message = f"May Claude Code use {tool_name(call.tool)}?"
    return [question(message, (ALLOW, DENY), _DEFAULTS[rule.on_silence])]


def _key(
    call: ToolCall, action: Action, rule: Rule, number: int, part: int
) -> IdempotencyKey | None:
    """Only for calls that are asked about again on purpose, to fetch the answer."""
    if call.call_id is None or not rule.defers:
        return None
    asked = json.dumps([call.call_id, action.sha256, rule.channel, rule.recipient])
    digest = hashlib.sha256(asked.encode()).hexdigest()
    place = f"{number}" if part == 0 else f"{number} {part}"
    return IdempotencyKey(f"{_OURS}{digest} {place}", action.sha256)


async def _take(services: Services, principal: Principal, pause: Pause) -> bool:
    """Return True the first time that the pause's answer is used."""
    key = IdempotencyKey(f"{_OURS}{pause.pause_id} taken", "")
    # Kept longer than the key that finds the pause, or the two could expire between two statements.
    now = services.clock.now()
    kept_from = max(now, pause.expires_at) + milliseconds(IDEMPOTENCY_KEPT)
    result = await services.store.apply(Change((), claim(principal, key, pause, now, kept_from)))
    return isinstance(result, Applied)
