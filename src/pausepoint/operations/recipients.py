"""An account's directory: recipients are added, asked once whether they agree, and removed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

from pausepoint.channels.base import ChannelError, Notification
from pausepoint.domain.account import Principal
from pausepoint.domain.errors import RateLimited, RecipientNotFound
from pausepoint.domain.events import Actor, Event
from pausepoint.domain.ids import DELIVERY, RECIPIENT, new_id
from pausepoint.domain.mode import Mode
from pausepoint.domain.pause import Contact
from pausepoint.domain.recipients import Asking, Recipient, VerifiedBy
from pausepoint.domain.record import record
from pausepoint.domain.time import milliseconds
from pausepoint.limits.limiter import Limit
from pausepoint.operations.contacts import checked_address
from pausepoint.operations.quota import count_test_record
from pausepoint.operations.recipient_policy import check_recipient, subject_of
from pausepoint.operations.services import Services
from pausepoint.security.confirmation_tokens import ConfirmationToken, issue_confirmation
from pausepoint.security.display_safe import quote, single_line
from pausepoint.store.changes import (
    Applied,
    Change,
    DeleteRecipient,
    InsertAuditEntry,
    InsertRecipient,
    NoteAsking,
    VerifyRecipient,
    audit_entry,
)

CONFIRMED_WITHIN: Final = timedelta(days=7)
_NAME_LIMIT: Final = 60
# A message to a stranger must not carry an address that its sender chose.
_MAKES_LINKS: Final = str.maketrans(dict.fromkeys(".:/@\\", " "))


@record(frozen=True, slots=True)
class AddedRecipient:
    recipient: Recipient
    is_new: bool


async def add_recipient(
    services: Services, principal: Principal, contact: Contact
) -> AddedRecipient:
    """The recipient, new and asked to confirm, or the one that is there already.

    Raises InvalidChannel, InvalidRecipient, ChannelNotConfigured, RecipientNotAllowed,
    RecipientMuted, RateLimited.
    """
    developer_id, mode = principal.developer_id, principal.mode
    contact = Contact(contact.channel, checked_address(services, mode, contact))
    if known := await services.store.recipient_at(developer_id, mode, contact):
        return AddedRecipient(known, is_new=False)
    await check_recipient(services, developer_id, mode, contact)
    _count_confirmation(services, developer_id, mode, contact)
    recipient, is_new = await put_recipient(services, developer_id, mode, contact)
    if is_new:
        recipient = await _send_confirmation(services, recipient)
    return AddedRecipient(recipient, is_new)


async def put_recipient(
    services: Services,
    developer_id: str,
    mode: Mode,
    contact: Contact,
    *,
    is_verified: bool = False,
) -> tuple[Recipient, bool]:
    """Return the recipient at a normalised address, and whether it was added now. Sends nothing."""
    now = services.clock.now()
    recipient = Recipient(
        recipient_id=new_id(RECIPIENT, now),
        developer_id=developer_id,
        mode=mode,
        contact=contact,
        created_at=now,
        verified_at=now if is_verified else None,
        verified_by=VerifiedBy.OPERATOR if is_verified else None,
    )
    added = entry_of(recipient, Event.RECIPIENT_ADDED, Actor.DEVELOPER)
    rows: tuple[InsertAuditEntry, ...] = (added,)
    if is_verified:
        rows = (added, _verified(recipient, VerifiedBy.OPERATOR))
    result = await services.store.apply(Change(rows, InsertRecipient(recipient)))
    if isinstance(result, Applied):
        return recipient, True
    known = await services.store.recipient_at(developer_id, mode, contact)
    if known is None:
        raise RecipientNotFound
    return known, False


async def ask_again(services: Services, principal: Principal, recipient_id: str) -> Recipient:
    """Send the confirmation again, unless it is confirmed. Raises as `add_recipient`."""
    recipient = await own_recipient(services, principal, recipient_id)
    if recipient.verified_at is not None:
        return recipient
    contact = recipient.contact
    checked_address(services, recipient.mode, contact)
    await check_recipient(services, recipient.developer_id, recipient.mode, contact)
    _count_confirmation(services, recipient.developer_id, recipient.mode, contact)
    return await _send_confirmation(services, recipient)


async def own_recipient(services: Services, principal: Principal, recipient_id: str) -> Recipient:
    """Raises RecipientNotFound, also for another account's or mode's."""
    found = await services.store.recipient(recipient_id)
    if found is None or not principal.sees(found):
        raise RecipientNotFound
    return found


async def remove_recipient(services: Services, recipient: Recipient) -> None:
    """Raises RecipientNotFound if a concurrent request won."""
    guard = DeleteRecipient(recipient.recipient_id, recipient.developer_id, recipient.mode)
    entry = entry_of(recipient, Event.RECIPIENT_REMOVED, Actor.DEVELOPER)
    if not isinstance(await services.store.apply(Change((entry,), guard)), Applied):
        raise RecipientNotFound


async def verify_recipient(services: Services, recipient: Recipient, by: VerifiedBy) -> bool:
    """False where it was verified already, or is gone."""
    guard = VerifyRecipient(recipient.recipient_id, by)
    result = await services.store.apply(Change((_verified(recipient, by),), guard))
    return isinstance(result, Applied)


def entry_of(recipient: Recipient, event: Event, actor: Actor, **detail: str) -> InsertAuditEntry:
    """Ids only, never an address."""
    recipient_id, channel = recipient.recipient_id, recipient.contact.channel
    return audit_entry(
        recipient, event, actor, recipient_id=recipient_id, channel=channel, **detail
    )


def _verified(recipient: Recipient, by: VerifiedBy) -> InsertAuditEntry:
    actor = Actor.HUMAN if by is VerifiedBy.PERSON else Actor.SYSTEM
    return entry_of(recipient, Event.RECIPIENT_VERIFIED, actor, by=by.value)


def _count_confirmation(
    services: Services, developer_id: str, mode: Mode, contact: Contact
) -> None:
    """Rate limits of confirmations: per account, and per person over all accounts."""
    if mode is Mode.TEST:
        count_test_record(services, developer_id)
    if services.limiter is None or mode is Mode.TEST:
        return
    hits = ((Limit.CONFIRMATIONS, developer_id), (Limit.CONFIRMATIONS_TO, subject_of("", contact)))
    refusal = services.limiter.hit_all(hits, services.clock.now())
    if refusal is not None:
        place, verdict = refusal
        who = ("One account sends", "A person is sent")[place]
        raise RateLimited(
            f"{who} {verdict.limit} confirmations an hour. Try again in {verdict.retry_after} s.",
            retry_after=verdict.retry_after,
        )


async def _send_confirmation(services: Services, recipient: Recipient) -> Recipient:
    """One try, while the caller waits, who can have it made again."""
    transport = services.transports[recipient.mode].get(recipient.contact.channel)
    asking, code = Asking.SIMULATED, None
    if transport is not None:
        notification = await _confirmation(services, recipient)
        message = services.channels[recipient.contact.channel].render(notification)
        try:
            receipt = await transport.send(message, notification, services.clock.now())
            asking, code = Asking.SENT, receipt.code
        except ChannelError as error:
            asking, code = Asking.FAILED, error.code
    at = services.clock.now()
    await services.store.apply(Change((), NoteAsking(recipient.recipient_id, at, asking, code)))
    return replace(recipient, asked_at=at, asking=asking, asked_code=code)


async def _confirmation(services: Services, recipient: Recipient) -> Notification:
    developer = await services.store.developer(recipient.developer_id)
    now = services.clock.now()
    expires_at = now + milliseconds(CONFIRMED_WITHIN)
    sender = quiet_name(developer.name if developer else "")
    token = issue_confirmation(
        ConfirmationToken(recipient.recipient_id, expires_at), services.policy.secret_keys[0]
    )
    return Notification(
        delivery_id=new_id(DELIVERY, now),
        pause_id=recipient.recipient_id,
        sender=sender,
        recipient=recipient.contact.recipient,
        message=(
            f"{quote(sender, _NAME_LIMIT)} wants to let its AI agents ask you for decisions here."
            " Open the link to agree, or to refuse for good."
        ),
        options=(),
        timeout_default=None,
        created_at=now,
        expires_at=expires_at,
        respond_url=f"{services.policy.public_url}/confirm/{token}",
        is_confirmation=True,
    )


def quiet_name(name: str) -> str:
    """An account's name, with nothing in it that a mail program would make a link of."""
    return " ".join(single_line(name, _NAME_LIMIT).translate(_MAKES_LINKS).split())
