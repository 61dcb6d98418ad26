"""/v1/recipients: an account's directory. No answer holds the link by which a person confirms."""

from __future__ import annotations

from starlette.responses import Response

from pausepoint.domain.pause import Contact
from pausepoint.domain.recipients import Recipient
from pausepoint.operations.contacts import mask_recipient
from pausepoint.operations.recipients import (
    add_recipient,
    ask_again,
    own_recipient,
    remove_recipient,
)
from pausepoint.web.answers import JsonResponse
from pausepoint.web.endpoint import Call
from pausepoint.web.schemas import page_of
from pausepoint.web.schemas.recipients import RecipientBody, RecipientList, recipient_body


async def add(call: Call) -> Response:
    contact = Contact(call.body.channel, call.body.recipient)
    added = await add_recipient(call.services, call.caller, contact)
    return JsonResponse(await _body(call, added.recipient), 201 if added.is_new else 200)


async def list_all(call: Call) -> RecipientList:
    query, caller = call.query, call.caller
    found = await call.services.store.recipients(
        caller.developer_id, caller.mode, query.limit + 1, query.offset
    )
    on_page, place = page_of(found, query)
    return RecipientList(items=[await _body(call, each) for each in on_page], **place)


async def get(call: Call) -> RecipientBody:
    return await _body(call, await _own(call))


async def send_again(call: Call) -> RecipientBody:
    recipient_id = call.path["recipient_id"]
    return await _body(call, await ask_again(call.services, call.caller, recipient_id))


async def remove(call: Call) -> None:
    await remove_recipient(call.services, await _own(call))


async def _own(call: Call) -> Recipient:
    return await own_recipient(call.services, call.caller, call.path["recipient_id"])


async def _body(call: Call, recipient: Recipient) -> RecipientBody:
    is_muted = await call.services.store.is_muted(
        recipient.developer_id, recipient.mode, recipient.contact
    )
    return recipient_body(
        recipient, mask_recipient(call.services, recipient.contact), is_muted=is_muted
    )
