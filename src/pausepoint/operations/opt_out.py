"""Opt-out and opt-in: a person's consent to an account's messages. Only the person and the operator change it.

They are known by a link: the one that asked them to confirm, or a question's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

import structlog

from pausepoint.domain.errors import TokenInvalid
from pausepoint.domain.events import Actor, Event
from pausepoint.domain.ids import MUTE, new_id
from pausepoint.domain.mode import Mode
from pausepoint.domain.pause import Contact, Pause
from pausepoint.domain.recipients import Mute, MuteReason, Recipient, VerifiedBy
from pausepoint.domain.time import milliseconds
from pausepoint.operations.ask_next import undeliverable
from pausepoint.operations.recipients import verify_recipient
from pausepoint.operations.respond_to_pause import ended_error
from pausepoint.operations.services import Services
from pausepoint.operations.time_out_pauses import is_default_withheld
from pausepoint.security.confirmation_tokens import verify_confirmation
from pausepoint.security.response_tokens import ResponseToken, verify, verify_mute
from pausepoint.store.changes import (
    Applied,
    Change,
    DeleteMute,
    FailPauseDelivery,
    InsertMute,
    audit_entry,
)

MUTE_LINK_LASTS: Final = timedelta(days=30)
"""After the deadline. CAN-SPAM, 16 CFR 316.5: an opt-out must work for 30 days after the message."""

log = structlog.get_logger("pausepoint.consent")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """The holder of the link, by the address that the account's agents use. `sender` is the account's name.

    `recipient` is there by a confirmation's link, `pause` by a question's.
    `silence` is the option that doing nothing, on the page as well, would choose at the deadline.
    """

    developer_id: str
    mode: Mode
    contact: Contact
    sender: str
    mute: Mute | None
    recipient: Recipient | None = None
    pause: Pause | None = None
    silence: str | None = None

    @property
    def pause_id(self) -> str | None:
        return self.pause.pause_id if self.pause else None


async def person_of_question(services: Services, token: str) -> Person:
    """By a question's own link, while the question waits.

    Raises TokenInvalid, also where the address is erased; TokenUsed, TokenExpired, PauseCancelled.
    """
    person = await _person_of(services, verify(token, services.policy.secret_keys))
    assert person.pause is not None
    if error := ended_error(person.pause, services.clock.now()):
        raise error
    return person


async def person_of_mute_link(services: Services, token: str) -> Person:
    """By the link in a mail, which can do nothing else. Raises TokenInvalid, also once it is too old."""
    verified = verify_mute(token, services.policy.secret_keys)
    if verified and services.clock.now() >= verified.expires_at + milliseconds(MUTE_LINK_LASTS):
        raise TokenInvalid
    return await _person_of(services, verified)


async def _person_of(services: Services, verified: ResponseToken | None) -> Person:
    pause = await services.store.pause(verified.pause_id) if verified else None
    if verified is None or pause is None or pause.content is None:
        raise TokenInvalid
    contact = pause.contact(verified.recipient_index)
    assert contact is not None
    person = await _person(services, pause.developer_id, pause.mode, contact, pause=pause)
    if ended_error(pause, services.clock.now()) or (
        person.mute is None and await is_default_withheld(services, pause)
    ):
        return person
    return replace(person, silence=pause.timeout_default)


async def person_of_confirmation(services: Services, token: str) -> Person:
    """Raises TokenInvalid, also for a link that is too old."""
    verified = verify_confirmation(token, services.policy.secret_keys)
    if verified is None or services.clock.now() >= verified.expires_at:
        raise TokenInvalid
    recipient = await services.store.recipient(verified.recipient_id)
    if recipient is None:
        raise TokenInvalid
    return await _person(
        services, recipient.developer_id, recipient.mode, recipient.contact, recipient=recipient
    )


async def agree(services: Services, person: Person) -> None:
    """May be repeated. A mute is lifted by it."""
    assert person.recipient is not None
    await unmute(services, person)
    await verify_recipient(services, person.recipient, VerifiedBy.PERSON)


async def mute(services: Services, person: Person, reason: MuteReason) -> None:
    """From now on no message of the account leaves for them. May be repeated.

    Their silence is no answer any more: the question that they came from is undeliverable now where
    it has a default, and at its deadline neither that nor any other question takes its default.
    """
    now = services.clock.now()
    wanted = Mute(
        mute_id=new_id(MUTE, now),
        developer_id=person.developer_id,
        mode=person.mode,
        contact=person.contact,
        reason=reason,
        created_at=now,
    )
    is_report = reason is MuteReason.REPORTED
    event = Event.RECIPIENT_REPORTED if is_report else Event.RECIPIENT_MUTED
    entry = audit_entry(person, event, Actor.HUMAN, channel=person.contact.channel)
    change = Change((entry,), InsertMute(wanted))
    if isinstance(await services.store.apply(change), Applied):
        services.observer.account_muted(reason)
        if is_report:
            log.warning(
                "a person reported an account's agents",
                developer_id=person.developer_id,
                pause_id=person.pause_id,
            )
    pause = person.pause
    if pause is None or pause.default_index is None or pause.has_several_messages:
        return
    guard = FailPauseDelivery(pause.pause_id)
    await services.store.apply(Change(await undeliverable(services, pause), guard))


async def unmute(services: Services, person: Person) -> None:
    """May be repeated."""
    if person.mute is not None:
        await lift(services, person.mute, Actor.HUMAN)


async def lift(services: Services, mute: Mute, actor: Actor) -> bool:
    """False where it was lifted before."""
    channel = mute.contact.channel
    entry = audit_entry(mute, Event.RECIPIENT_UNMUTED, actor, channel=channel)
    return isinstance(
        await services.store.apply(Change((entry,), DeleteMute(mute.mute_id))), Applied
    )


async def _person(
    services: Services,
    developer_id: str,
    mode: Mode,
    contact: Contact,
    *,
    recipient: Recipient | None = None,
    pause: Pause | None = None,
) -> Person:
    developer = await services.store.developer(developer_id)
    return Person(
        developer_id=developer_id,
        mode=mode,
        contact=contact,
        sender=developer.name if developer else "",
        mute=await services.store.mute(developer_id, mode, contact),
        recipient=recipient,
        pause=pause,
    )
