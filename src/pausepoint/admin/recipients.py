"""The operator's commands on recipients and mutes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from pausepoint.domain.errors import RecipientNotFound
from pausepoint.domain.events import Actor
from pausepoint.domain.mode import Mode
from pausepoint.domain.pause import Contact
from pausepoint.domain.recipients import Recipient, VerifiedBy
from pausepoint.domain.time import to_rfc3339
from pausepoint.operations.contacts import checked_address, mask_recipient
from pausepoint.operations.opt_out import lift
from pausepoint.operations.recipients import put_recipient, remove_recipient, verify_recipient
from pausepoint.operations.services import Services

LIMIT: Final = 10_000


async def _add(services: Services, *, developer_id: str, channel: str, address: str) -> Any:
    """Add a verified recipient: the operator vouches for it."""
    contact = Contact(channel, checked_address(services, Mode.TEST, Contact(channel, address)))
    recipient, is_new = await put_recipient(
        services, developer_id, Mode.LIVE, contact, is_verified=True
    )
    if not is_new:
        await verify_recipient(services, recipient, VerifiedBy.OPERATOR)
    return {"recipient_id": recipient.recipient_id, "changed": is_new}


async def _list(services: Services, *, developer_id: str) -> Any:
    found = await services.store.recipients(developer_id, Mode.LIVE, LIMIT, 0)
    return {"items": [_details(services, recipient) for recipient in found]}


async def _verify(services: Services, *, recipient_id: str) -> Any:
    recipient = await _find(services, recipient_id)
    changed = await verify_recipient(services, recipient, VerifiedBy.OPERATOR)
    return {"recipient_id": recipient_id, "changed": changed}


async def _remove(services: Services, *, recipient_id: str) -> Any:
    await remove_recipient(services, await _find(services, recipient_id))
    return {"recipient_id": recipient_id, "changed": True}


async def _mutes(services: Services) -> Any:
    return {
        "items": [
            {
                "mute_id": mute.mute_id,
                "developer_id": mute.developer_id,
                "channel": mute.contact.channel,
                "recipient": mask_recipient(services, mute.contact),
                "reason": mute.reason.value,
                "created_at": to_rfc3339(mute.created_at),
            }
            for mute in await services.store.mutes()
            if mute.mode is Mode.LIVE
        ]
    }


async def _lift(services: Services, *, mute_id: str) -> Any:
    for mute in await services.store.mutes():
        if mute.mute_id == mute_id:
            return {"mute_id": mute_id, "changed": await lift(services, mute, Actor.SYSTEM)}
    return {"mute_id": mute_id, "changed": False}


async def _find(services: Services, recipient_id: str) -> Recipient:
    found = await services.store.recipient(recipient_id)
    if found is None:
        raise RecipientNotFound(
            f"There is no recipient {recipient_id}. `pausepoint recipients list ACCOUNT` shows them."
        )
    return found


def _details(services: Services, recipient: Recipient) -> Any:
    return {
        "recipient_id": recipient.recipient_id,
        "channel": recipient.contact.channel,
        "recipient": mask_recipient(services, recipient.contact),
        "verified": recipient.verified_at is not None,
        "verified_by": recipient.verified_by,
        "created_at": to_rfc3339(recipient.created_at),
    }


OF_ACCOUNT: Final[Mapping[str, Callable[..., Awaitable[Any]]]] = {
    "recipients.add": _add,
    "recipients.list": _list,
}
"""These are given the account as `developer_id`."""

OF_NONE: Final[Mapping[str, Callable[..., Awaitable[Any]]]] = {
    "recipients.verify": _verify,
    "recipients.remove": _remove,
    "recipients.mutes": _mutes,
    "recipients.lift": _lift,
}
