"""/v1/pause: an agent asks, waits, lists and withdraws."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.responses import Response

from pausepoint.domain.action import Action, new_action
from pausepoint.domain.errors import PauseNotFound, ScopeMissing, ValidationFailed
from pausepoint.domain.ids import parse_pause_id
from pausepoint.domain.mode import Mode
from pausepoint.domain.pause import Contact, Pause, PauseStatus
from pausepoint.domain.question import Question
from pausepoint.domain.scopes import Scope
from pausepoint.operations.callback import callback_deliveries, redeliver_callback
from pausepoint.operations.cancel_pause import cancel_pause
from pausepoint.operations.contacts import mask_recipient
from pausepoint.operations.create_pause import create_pause
from pausepoint.operations.erase_content import erase_content
from pausepoint.operations.idempotency import IdempotencyKey
from pausepoint.operations.queries import is_worth_waiting_for, masked_recipient, own_pause
from pausepoint.operations.respond_to_pause import respond_url
from pausepoint.web.answers import JsonResponse
from pausepoint.web.body import fingerprint
from pausepoint.web.endpoint import Call
from pausepoint.web.headers import header
from pausepoint.web.schemas import page_of
from pausepoint.web.schemas.pause import (
    ActionBody,
    CreatedPauseBody,
    PauseBody,
    PauseList,
    WayBody,
    pause_fields,
)
from pausepoint.web.schemas.webhooks import (
    WebhookDelivery,
    WebhookDeliveryList,
    delivery_page,
    webhook_delivery,
)
from pausepoint.web.waiting import wait_for_news


async def create(call: Call) -> Response:
    body = call.body
    question = Question(
        recipient=body.recipient,
        channel=body.channel,
        message=body.message,
        options=tuple(body.options),
        allow_text_response=body.allow_text_response,
        timeout_hours=body.timeout_hours,
        timeout_default=body.timeout_default,
        metadata=body.metadata,
        callback_url=body.callback_url,
        callback_secret=body.callback_secret,
        remind_after_hours=body.remind_after_hours,
        fallback=_ways(body.fallback) if body.fallback else (),
        action=_action(body.action) if body.action else None,
    )
    metadata_size = len(msgspec.json.encode(body.metadata)) if body.metadata else 0
    created = await create_pause(
        call.services, call.caller, question, metadata_size, _idempotency_key(call)
    )
    pause = created.pause
    may_read = call.caller.restrictions.allows(Scope.PAUSES_READ)
    if created.is_replay and pause.status.is_final and not may_read:
        # The answer may have been given to another key's question.
        raise ScopeMissing(
            "The pause that this Idempotency-Key made has ended, and this key lacks the scope"
            f" `{Scope.PAUSES_READ}`, so its answer is not shown."
        )
    is_shown = pause.mode is Mode.TEST or call.services.policy.reveals_respond_url
    answer = CreatedPauseBody(
        **_fields(call, pause),
        respond_url=respond_url(call.services, pause) if is_shown else None,
    )
    return JsonResponse(answer, 200 if created.is_replay else 201)


async def get(call: Call) -> PauseBody:
    pause_id = pause_id_of(call)
    pause = await own_pause(call.services, call.caller, pause_id)
    if call.query.wait and is_worth_waiting_for(pause):
        waiter = call.services.store.watch(pause_id)
        try:
            # Read again: it may have ended between the first look and the watch.
            pause = await own_pause(call.services, call.caller, pause_id)
            if is_worth_waiting_for(pause):
                await wait_for_news(call.request, waiter, call.query.wait)
                # Thousands are released at once when the process stops, and have a second or two.
                if not call.services.store.is_releasing:
                    pause = await own_pause(call.services, call.caller, pause_id)
        finally:
            waiter.close()
    return _body(call, pause)


async def list_all(call: Call) -> PauseList:
    query = call.query
    found = await call.services.store.pauses(
        call.caller.developer_id,
        call.caller.mode,
        _status(query.status),
        query.limit + 1,
        query.offset,
    )
    shown, place = page_of(found, query)
    return PauseList(items=[_body(call, pause) for pause in shown], **place)


async def cancel(call: Call) -> PauseBody:
    return _body(call, await cancel_pause(call.services, call.caller, pause_id_of(call)))


async def erase(call: Call) -> PauseBody:
    return _body(call, await erase_content(call.services, call.caller, pause_id_of(call)))


async def callbacks(call: Call) -> WebhookDeliveryList:
    query = call.query
    found = await callback_deliveries(
        call.services, call.caller, pause_id_of(call), query.limit + 1, query.offset
    )
    return delivery_page(found, query)


async def call_back_again(call: Call) -> WebhookDelivery:
    return webhook_delivery(
        await redeliver_callback(
            call.services, call.caller, pause_id_of(call), call.path["delivery_id"]
        )
    )


def pause_id_of(call: Call) -> str:
    pause_id = parse_pause_id(call.path["pause_id"])
    if pause_id is None:
        raise PauseNotFound
    return pause_id


def _body(call: Call, pause: Pause) -> PauseBody:
    return PauseBody(**_fields(call, pause))


def _fields(call: Call, pause: Pause) -> dict[str, Any]:
    content, services = pause.content, call.services
    fallback: list[WayBody] | None = [] if content else None
    if content and content.fallback:
        fallback = [
            WayBody(mask_recipient(services, contact), contact.channel)
            for contact in content.fallback
        ]
    return pause_fields(pause, masked_recipient(services, pause), fallback)


def _ways(given: list[WayBody]) -> tuple[Contact, ...]:
    return tuple(Contact(contact.channel, contact.recipient) for contact in given)


def _action(given: ActionBody) -> Action:
    try:
        return new_action(given.tool, given.arguments)
    except ValueError as error:
        raise ValidationFailed(("action", str(error))) from None


def _status(text: str | None) -> PauseStatus | None:
    if not text:
        return None
    try:
        return PauseStatus(text)
    except ValueError:
        known = ", ".join(PauseStatus)
        raise ValidationFailed(("status", f"Must be one of: {known}.")) from None


def _idempotency_key(call: Call) -> IdempotencyKey | None:
    key = header(call.request, b"idempotency-key")
    if key is None:
        return None
    if not 1 <= len(key) <= 255 or not all("!" <= character <= "~" for character in key):
        raise ValidationFailed(("Idempotency-Key", "Must be 1 to 255 visible ASCII characters."))
    return IdempotencyKey(key, fingerprint(call.raw_body))
