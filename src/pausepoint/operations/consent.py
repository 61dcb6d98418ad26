"""What a person wants of an account's agents: to be asked, or to be left alone. Only they and the operator say.

They are known by a link: the one that asked them to confirm, or a question's.
"""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from pausepoint.domain.errors import TokenInvalid
from pausepoint.domain.events import Actor, Event
from pausepoint.domain.ids import MUTE, new_id
from pausepoint.domain.pause import Mode, Way
from pausepoint.domain.recipients import Mute, MuteReason, Recipient, VerifiedBy
from pausepoint.operations.recipients import verify_recipient
from pausepoint.operations.services import Services
from pausepoint.security.confirmation_tokens import verify_confirmation
from pausepoint.security.response_tokens import verify
from pausepoint.store.changes import Applied, Change, InsertAuditEntry
from pausepoint.store.directory import DeleteMute, InsertMute

log = structlog.get_logger("pausepoint.consent")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who holds the link, as the account's agents know them. `sender` is the account's name.

    `recipient` is there by a confirmation's link, `pause_id` by a question's.
    """

    developer_id: str
    mode: Mode
    way: Way
    sender: str
    mute: Mute | None
    recipient: Recipient | None = None
    pause_id: str | None = None


async def person_of_question(services: Services, token: str) -> Person:
    """Raises TokenInvalid, also where the address is erased."""
    verified = verify(token, services.policy.secret_keys)
    pause = await services.store.pause(verified.pause_id) if verified else None
    if verified is None or pause is None or pause.content is None:
        raise TokenInvalid
    way = pause.way(verified.recipient_index)
    assert way is not None
    return await _person(services, pause.developer_id, pause.mode, way, pause_id=pause.pause_id)


async def person_of_confirmation(services: Services, token: str) -> Person:
    """Raises TokenInvalid, also for a link that is too old."""
    verified = verify_confirmation(token, services.policy.secret_keys)
    if verified is None or services.clock.now() >= verified.expires_at:
        raise TokenInvalid
    recipient = await services.store.recipient(verified.recipient_id)
    if recipient is None:
        raise TokenInvalid
    return await _person(
        services, recipient.developer_id, recipient.mode, recipient.way, recipient=recipient
    )


async def agree(services: Services, person: Person) -> None:
    """May be repeated. A mute is lifted by it."""
    assert person.recipient is not None
    await unmute(services, person)
    await verify_recipient(services, person.recipient, VerifiedBy.PERSON)


async def mute(services: Services, person: Person, reason: MuteReason) -> None:
    """From now on no message of the account leaves for them. May be repeated."""
    now = services.clock.now()
    wanted = Mute(
        mute_id=new_id(MUTE, now),
        developer_id=person.developer_id,
        mode=person.mode,
        way=person.way,
        reason=reason,
        created_at=now,
    )
    is_report = reason is MuteReason.REPORTED
    event = Event.RECIPIENT_REPORTED if is_report else Event.RECIPIENT_MUTED
    change = Change((_entry(person, event, Actor.HUMAN),), InsertMute(wanted))
    if isinstance(await services.store.apply(change), Applied):
        services.observer.account_muted(reason)
        if is_report:
            log.warning(
                "a person reported an account's agents",
                developer_id=person.developer_id,
                pause_id=person.pause_id,
            )


async def unmute(services: Services, person: Person) -> None:
    """May be repeated."""
    if person.mute is not None:
        await lift(services, person.mute, Actor.HUMAN)


async def lift(services: Services, mute: Mute, actor: Actor) -> bool:
    """False where it was lifted before."""
    entry = InsertAuditEntry(
        mute.developer_id,
        mute.mode,
        Event.RECIPIENT_UNMUTED,
        actor,
        None,
        {"channel": mute.way.channel},
    )
    return isinstance(
        await services.store.apply(Change((entry,), DeleteMute(mute.mute_id))), Applied
    )


async def _person(
    services: Services,
    developer_id: str,
    mode: Mode,
    way: Way,
    *,
    recipient: Recipient | None = None,
    pause_id: str | None = None,
) -> Person:
    developer = await services.store.developer(developer_id)
    return Person(
        developer_id=developer_id,
        mode=mode,
        way=way,
        sender=developer.name if developer else "",
        mute=await services.store.mute(developer_id, mode, way),
        recipient=recipient,
        pause_id=pause_id,
    )


def _entry(person: Person, event: Event, actor: Actor) -> InsertAuditEntry:
    return InsertAuditEntry(
        person.developer_id,
        person.mode,
        event,
        actor,
        person.pause_id,
        {"channel": person.way.channel},
    )
