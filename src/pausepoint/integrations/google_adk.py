"""Google ADK: tools with `require_confirmation` run once a person has confirmed the call.

from pausepoint.integrations.google_adk import run

async for event in run(runner, **session, new_message=message, recipient="+15550100199"):
    ...
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import timedelta
from typing import Any

from google.adk.plugins import BasePlugin
from google.genai import types

from pausepoint.client import AsyncPausePoint
from pausepoint.integrations.asking import Recipient, answers_async, opened_async
from pausepoint.integrations.tool_call import ToolCall, Verdict

_CONFIRMATION = "adk_request_confirmation"
_OWN_HINT = "Please approve or reject the tool call"
"""How ADK's own hint begins; it speaks to programs."""
_REASONS = "pausepoint_reasons"


async def run(
    runner: Any,
    *,
    user_id: str,
    session_id: str,
    new_message: Any,
    recipient: str,
    channel: str | None = None,
    timeout: timedelta | None = None,
    pausepoint: AsyncPausePoint | None = None,
    **options: Any,
) -> AsyncIterator[Any]:
    """Runs the agent until nothing waits for a person; yields what `runner.run_async` yields.

    A session that already waits goes on where it is, without the new message: a program that was
    killed is started again with the same session, and the person is not asked again. This needs a
    session service that keeps sessions on disk. `options` are those of `run_async`. Silence is a
    rejection. Raises Undeliverable, and what the client raises.
    """
    whom = Recipient(recipient, channel, timeout)
    if runner.plugin_manager.get_plugin(_REASONS) is None:
        runner.plugin_manager.register_plugin(_Reasons(_REASONS))
    place = {"user_id": user_id, "session_id": session_id}
    async with opened_async(pausepoint) as client:
        session = await _session(runner, place)
        waiting = _waiting(session)
        is_restored = True
        while True:
            if waiting:
                calls = [_call(one) for one in waiting]
                verdicts = await answers_async(client, whom, calls, is_restored=is_restored)
                new_message = _replies(waiting, verdicts)
            async for event in runner.run_async(**place, new_message=new_message, **options):
                yield event
            session = await _session(runner, place)
            waiting = _waiting(session)
            is_restored = False
            if not waiting:
                return


async def _session(runner: Any, place: dict[str, str]) -> Any:
    return await runner.session_service.get_session(app_name=runner.app_name, **place)


def _waiting(session: Any) -> list[Any]:
    """The confirmations asked for whose tools have not run, or been refused, since an answer."""
    asked: dict[str, Any] = {}
    answered: set[str] = set()
    for event in session.events if session is not None else ():
        for call in event.get_function_calls():
            if call.name == _CONFIRMATION and _original(call):
                asked[call.id] = call
        for response in event.get_function_responses():
            if event.author == "user":
                answered.add(response.id)
            else:
                asked = dict(_without(asked.items(), response.id, answered))
    return list(asked.values())


def _without(
    asked: Iterable[tuple[str, Any]], original_id: str, answered: set[str]
) -> Iterable[tuple[str, Any]]:
    for key, call in asked:
        if key not in answered or _original(call)["id"] != original_id:
            yield key, call


def _original(call: Any) -> dict[str, Any]:
    found: dict[str, Any] = (call.args or {}).get("originalFunctionCall") or {}
    return found


def _call(confirmation: Any) -> ToolCall:
    original = _original(confirmation)
    hint = str(((confirmation.args or {}).get("toolConfirmation") or {}).get("hint") or "")
    return ToolCall(
        name=str(original["name"]),
        arguments=dict(original.get("args") or {}),
        ids=(str(confirmation.id),),  # ADK's own: unique
        heading=None if not hint or hint.startswith(_OWN_HINT) else hint,
    )


def _replies(waiting: Sequence[Any], verdicts: Sequence[Verdict]) -> Any:
    parts = [
        types.Part(
            function_response=types.FunctionResponse(
                id=one.id, name=_CONFIRMATION, response=_confirmed(verdict)
            )
        )
        for one, verdict in zip(waiting, verdicts, strict=True)
    ]
    return types.Content(role="user", parts=parts)


def _confirmed(verdict: Verdict) -> dict[str, Any]:
    if verdict.may_run:
        return {"confirmed": True}
    return {"confirmed": False, "payload": {_REASONS: verdict.message}}


class _Reasons(BasePlugin):  # type: ignore[misc] # the framework's type is unknown without it
    """Adds to a refused tool's result why it was refused: ADK's own says only that it was."""

    async def after_tool_callback(self, *, tool_context: Any, result: Any, **_: Any) -> Any:
        confirmation = tool_context.tool_confirmation
        payload = None if confirmation is None else confirmation.payload
        if not isinstance(result, dict) or not isinstance(payload, dict) or _REASONS not in payload:
            return None
        return {**result, "reason": payload[_REASONS]}
