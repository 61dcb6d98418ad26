"""`POST /v1/hooks/claude-code`: Claude Code asks whether it may use a tool.

Claude Code takes every answer without success for none at all, and goes on unless its settings say
otherwise. So whatever goes wrong here is a decision too: 200, denied, with the reason.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message

from pausepoint.domain.account import Principal
from pausepoint.domain.action import Action, new_action
from pausepoint.domain.errors import InternalError, ScopeMissing, ValidationFailed
from pausepoint.domain.hook_rules import Decision, Rule, rule_for
from pausepoint.domain.pause import Pause
from pausepoint.domain.scopes import Scope
from pausepoint.operations.decide_tool_call import (
    TELL,
    ToolCall,
    Verdict,
    ask_about,
    rules_of,
    verdict_on,
    withdrawn,
)
from pausepoint.operations.queries import is_worth_waiting_for
from pausepoint.operations.services import Services
from pausepoint.operations.time_out_pauses import settled_pause
from pausepoint.security.api_keys import key_prefix
from pausepoint.web.answers import JsonResponse
from pausepoint.web.auth import presented_key
from pausepoint.web.body import read_body
from pausepoint.web.errors import as_error
from pausepoint.web.gate import Gate
from pausepoint.web.hooks import claude_code_words as words
from pausepoint.web.hooks.held_answer import HeldAnswer
from pausepoint.web.waiting import ClientGone, wait_for_news

BODY_LIMIT: Final = 1024 * 1024
DRAINED: Final = 64 * 1024 * 1024
"""Of a body that is too large: or the client would see a reset instead of the denial."""

LOOK_AGAIN_SECONDS: Final = 60.0
_BEGINNING: Final = 64 * 1024

log = structlog.get_logger("pausepoint.hooks")


class ClaudeCodeHook:
    def __init__(self, services: Services, gate: Gate) -> None:
        self._services = services
        self._gate = gate

    async def __call__(self, request: Request) -> Response:
        body = _Body(request)
        try:
            return await self._answered(request, body)
        except ClientGone:
            raise
        except asyncio.CancelledError:
            return JsonResponse(words.answer(body.event, _denied(_STOPPING)))
        except Exception as error:
            return JsonResponse(words.answer(body.event, _failed(error)))

    async def _answered(self, request: Request, body: _Body) -> Response:
        principal = await self._gate.identify(request)
        # One that is answered at once counts like any other request; those that wait do not.
        self._gate.hold(request, principal)
        if not principal.reach.allows(Scope.PAUSES_CREATE):
            raise ScopeMissing(f"this key lacks the scope `{Scope.PAUSES_CREATE}`.")
        given = words.read(await body.read())
        event = given.hook_event_name
        if not words.is_decided(event):
            return JsonResponse(words.remark(_NO_DECISION.format(event=event[:64])))
        call = words.tool_call(given)
        rule = await self._rule(principal, _prefix_of(request), call)
        if not isinstance(rule, Rule):
            return JsonResponse(words.answer(event, rule))
        action = _action(call)
        pause = await ask_about(self._services, principal, call, action, rule)
        if rule.defers and event == words.BEFORE_TOOL:
            verdict = await self._deferred(principal, pause, rule)
            return JsonResponse(words.answer(event, verdict))
        return HeldAnswer(self._held(request, event, principal, pause, rule))

    async def _rule(self, principal: Principal, prefix: str, call: ToolCall) -> Rule | Verdict:
        """The rule by which a person is asked, or what is decided without."""
        rules = await rules_of(self._services, principal, prefix)
        if rules is None:
            return _denied(_NO_RULES)
        rule = rule_for(rules, call.tool, call.arguments, call.cwd)
        if rule is None:
            return Verdict(Decision.PASS)
        if rule.decision is Decision.PERSON:
            return rule
        return Verdict(rule.decision, _BY_RULE[rule.decision])

    async def _deferred(self, principal: Principal, pause: Pause, rule: Rule) -> Verdict:
        if pause.status.is_final:
            return verdict_on(pause, rule)
        if not is_worth_waiting_for(pause):
            return await self._withdrawn(principal, pause, rule, _UNDELIVERED)
        return Verdict(Decision.DEFER, f"A person was asked: {pause.pause_id}.")

    async def _held(
        self, request: Request, event: str, principal: Principal, pause: Pause, rule: Rule
    ) -> dict[str, Any]:
        try:
            verdict = await self._waited(request, principal, pause, rule)
        except ClientGone:
            await self._withdrawn(principal, pause, rule, "")
            raise
        except Exception as error:
            verdict = _failed(error)
        return words.answer(event, verdict)

    async def _waited(
        self, request: Request, principal: Principal, pause: Pause, rule: Rule
    ) -> Verdict:
        store, clock = self._services.store, self._services.clock
        while True:
            waiter = store.watch(pause.pause_id)
            try:
                # Read again: it may have ended before the watch began.
                pause = await settled_pause(self._services, pause.pause_id) or pause
                if pause.status.is_final:
                    return verdict_on(pause, rule)
                if not is_worth_waiting_for(pause):
                    return await self._withdrawn(principal, pause, rule, _UNDELIVERED)
                if store.is_releasing:
                    return await self._withdrawn(principal, pause, rule, _STOPPING)
                left = (pause.expires_at - clock.now()) / 1000
                await wait_for_news(request, waiter, min(left, LOOK_AGAIN_SECONDS))
            finally:
                waiter.close()

    async def _withdrawn(
        self, principal: Principal, pause: Pause, rule: Rule, because: str
    ) -> Verdict:
        return await withdrawn(self._services, principal, pause.pause_id, rule, because)


class _Body:
    """The request's body, and what its beginning told of the event, however reading it ends."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._beginning = b""

    @property
    def event(self) -> str:
        return words.event_in(self._beginning)

    async def read(self) -> bytes:
        """Raises PayloadTooLarge, ClientGone."""
        return await read_body(
            Request(self._request.scope, self._received), BODY_LIMIT, drained=DRAINED
        )

    async def _received(self) -> Message:
        message = await self._request.receive()
        if len(self._beginning) < _BEGINNING:
            self._beginning += message.get("body", b"")[:_BEGINNING]
        return message


def _action(call: ToolCall) -> Action:
    try:
        return new_action(call.tool, call.arguments)
    except ValueError as error:
        raise ValidationFailed(("tool_input", str(error))) from None


def _prefix_of(request: Request) -> str:
    return key_prefix(presented_key(request) or "")


def _denied(reason: str) -> Verdict:
    return Verdict(Decision.DENY, f"{reason} {TELL}")


def _failed(error: Exception) -> Verdict:
    known = as_error(error)
    if isinstance(known, InternalError):
        log.exception("a hook failed inside", exc_info=error)
    said = known.message
    if isinstance(known, ValidationFailed):
        said = " ".join(f"{field}: {sentence}" for field, sentence in known.detail)
    return _denied(f"PausePoint could not ask anybody, so this is denied: {said}")


_NO_RULES = (
    "PausePoint has no rules for this API key, so nobody can be asked and this is denied. Its"
    " operator writes them into the file that PAUSEPOINT_HOOKS_FILE names."
)
_NO_DECISION = "PausePoint decides PreToolUse and PermissionRequest; it was asked about {event}."
_UNDELIVERED = "The message could not be delivered, so no person was asked and this is denied."
_STOPPING = "PausePoint is stopping, so no answer is known and this is denied."
_BY_RULE: Final = {
    Decision.ALLOW: "The operator's rules allow this.",
    Decision.DENY: f"The operator's rules deny this. {TELL}",
    Decision.ASK: "The operator's rules leave this to you.",
    Decision.PASS: "",
}
