"""`POST /v1/hooks/claude-code`: Claude Code asks whether it may use a tool.

Claude Code takes every answer without success for none at all, and goes on unless its settings say
otherwise. So every failure here is a decision too: 200, denied, with the reason.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message

from pausepoint.domain.account import Principal
from pausepoint.domain.action import Action, new_action
from pausepoint.domain.errors import (
    InternalError,
    InvalidOptions,
    ScopeMissing,
    ValidationFailed,
)
from pausepoint.domain.hook_rules import Decision, Rule, rule_for
from pausepoint.domain.pause import Pause, PauseStatus
from pausepoint.domain.record import record
from pausepoint.domain.scopes import Scope
from pausepoint.mcp.user_questions import UNFIT, is_answered_elsewhere
from pausepoint.mcp.verdict import TELL, UNDELIVERED
from pausepoint.operations.decide_tool_call import (
    ToolCall,
    Verdict,
    ask_about,
    rules_of,
    verdict_on,
    withdraw,
)
from pausepoint.operations.queries import is_worth_waiting_for, own_pause
from pausepoint.operations.services import Services
from pausepoint.operations.time_out_pauses import settled_pause
from pausepoint.security.api_keys import key_prefix
from pausepoint.web.access_control import AccessControl
from pausepoint.web.answers import JsonResponse
from pausepoint.web.auth import presented_key
from pausepoint.web.body import read_body
from pausepoint.web.errors import as_error
from pausepoint.web.hooks import claude_code_words as words
from pausepoint.web.hooks.keep_alive import HeldAnswer
from pausepoint.web.waiting import ClientGone, wait_for_news

BODY_LIMIT: Final = 1024 * 1024
DRAINED: Final = 64 * 1024 * 1024
"""Of a body that is too large: or the client would see a reset instead of the denial."""

LOOK_AGAIN_SECONDS: Final = 60.0
_BEGINNING: Final = 64 * 1024

log = structlog.get_logger("pausepoint.hooks")


class ClaudeCodeHook:
    def __init__(self, services: Services, access_control: AccessControl) -> None:
        self._services = services
        self._access_control = access_control

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
        principal = await self._access_control.identify(request)
        # One that is answered at once counts like any other request; those that wait do not.
        self._access_control.hold(request, principal)
        if not principal.restrictions.allows(Scope.PAUSES_CREATE):
            raise ScopeMissing(f"this key lacks the scope `{Scope.PAUSES_CREATE}`.")
        given = words.read(await body.read())
        event = given.hook_event_name
        if not words.is_decided(event):
            return JsonResponse(words.remark(_NO_DECISION.format(event=event[:64])))
        call = words.tool_call(given)
        asking = _Asking(principal, call, event)
        rule = await self._rule(principal, _prefix_of(request), call)
        if not isinstance(rule, Rule):
            return JsonResponse(asking.answer(rule))
        try:
            pauses = await ask_about(self._services, principal, call, _action(call), rule)
        except InvalidOptions:
            if not call.choices:
                raise
            return JsonResponse(asking.answer(Verdict(Decision.ASK, _UNFIT)))
        if rule.defers and event == words.BEFORE_TOOL:
            return JsonResponse(asking.answer(await self._deferred(asking, pauses)))
        return HeldAnswer(self._hold(request, asking, pauses))

    async def _rule(self, principal: Principal, prefix: str, call: ToolCall) -> Rule | Verdict:
        """The rule by which a person is asked, or what is decided without."""
        rules = await rules_of(self._services, principal, prefix)
        if rules is None:
            return _denied(_NO_RULES)
        rule = rule_for(rules, call.tool, call.arguments, call.cwd)
        if rule is None:
            return Verdict(Decision.PASS)
        is_allowed = rule.decision in (Decision.PERSON, Decision.ALLOW)
        if is_allowed and is_answered_elsewhere(call.tool, call.arguments):
            return Verdict(Decision.ASK, _UNFIT)
        if rule.decision is Decision.PERSON:
            return rule
        if rule.decision is Decision.ALLOW and call.choices:
            # An allow without an answer would send the agent on without any.
            return Verdict(Decision.ASK, _NOT_A_PERMISSION)
        return Verdict(rule.decision, _BY_RULE[rule.decision])

    async def _deferred(self, asking: _Asking, pauses: tuple[Pause, ...]) -> Verdict:
        if all(pause.status.is_final for pause in pauses):
            return verdict_on(pauses, asking.call)
        failed = [pause for pause in pauses if _has_failed(pause)]
        if failed and await withdraw(self._services, asking.principal, _open(pauses)):
            return _denied(UNDELIVERED)
        return Verdict(Decision.DEFER, f"A person was asked: {pauses[0].pause_id}.")

    async def _hold(
        self, request: Request, asking: _Asking, pauses: tuple[Pause, ...]
    ) -> dict[str, Any]:
        try:
            verdict = await self._waited(request, asking, pauses)
        except ClientGone:
            await withdraw(self._services, asking.principal, _open(pauses))
            raise
        except Exception as error:
            verdict = _failed(error)
        return asking.answer(verdict)

    async def _waited(
        self, request: Request, asking: _Asking, pauses: tuple[Pause, ...]
    ) -> Verdict:
        """The verdict once all questions are answered, or one has ended otherwise, whichever it is."""
        final, because = await self._ended(request, pauses)
        if because and await withdraw(self._services, asking.principal, _open(final)):
            return _denied(because)
        if because:
            # One ended while it was to be withdrawn: that answer counts.
            final = [
                await own_pause(self._services, asking.principal, pause.pause_id) for pause in final
            ]
        verdict = verdict_on(_by_outcome(final), asking.call)
        await withdraw(self._services, asking.principal, _open(final))
        return verdict

    async def _ended(self, request: Request, pauses: Sequence[Pause]) -> tuple[list[Pause], str]:
        """The pauses once they have decided, or why that is not to be waited for. Raises ClientGone."""
        store, clock = self._services.store, self._services.clock
        while True:
            waiter = store.watch(*(pause.pause_id for pause in _open(pauses)))
            try:
                # Read again: one may have ended before the watch began.
                found = [await settled_pause(self._services, each.pause_id) for each in pauses]
                pauses = [new or old for new, old in zip(found, pauses, strict=True)]
                if all(map(_is_answered, pauses)) or any(map(_is_unanswered, pauses)):
                    return pauses, ""
                if any(map(_has_failed, pauses)):
                    return pauses, UNDELIVERED
                if store.is_releasing:
                    return pauses, _STOPPING
                left = (min(pause.expires_at for pause in _open(pauses)) - clock.now()) / 1000
                await wait_for_news(request, waiter, min(left, LOOK_AGAIN_SECONDS))
            finally:
                waiter.close()


@record(frozen=True, slots=True)
class _Asking:
    """A hook request: the caller, the tool call, and Claude Code's event."""

    principal: Principal
    call: ToolCall
    event: str

    def answer(self, verdict: Verdict) -> dict[str, Any]:
        return words.answer(self.event, verdict, words.updated_input(self.call, verdict))


def _open(pauses: Sequence[Pause]) -> list[Pause]:
    return [pause for pause in pauses if not pause.status.is_final]


def _is_answered(pause: Pause) -> bool:
    return pause.status is PauseStatus.RESPONDED


def _is_unanswered(pause: Pause) -> bool:
    return pause.status.is_final and not _is_answered(pause)


def _by_outcome(pauses: Sequence[Pause]) -> list[Pause]:
    """Those that ended without an answer first: one of them decides, and open ones do not."""
    return sorted(pauses, key=lambda pause: not _is_unanswered(pause))


def _has_failed(pause: Pause) -> bool:
    return not pause.status.is_final and not is_worth_waiting_for(pause)


class _Body:
    """The request's body, and the event's name from its beginning, also if reading fails."""

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
_UNFIT = f"{UNFIT}; it is left to the user."
_NOT_A_PERMISSION = "This asks the user something, so no rule can allow it; it is left to the user."
_STOPPING = "PausePoint is stopping, so no answer is known and this is denied."
_BY_RULE: Final = {
    Decision.ALLOW: "The operator's rules allow this.",
    Decision.DENY: f"The operator's rules deny this. {TELL}",
    Decision.ASK: "The operator's rules leave this to you.",
    Decision.PASS: "",
}
