"""Recipient policy: permission and rate limits for a question's recipient and each fallback."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from pausepoint.domain.account import Principal
from pausepoint.domain.errors import RecipientBusy, RecipientMuted, RecipientNotAllowed
from pausepoint.domain.mode import Mode
from pausepoint.domain.pause import Contact, Pause
from pausepoint.domain.recipients import person_of
from pausepoint.limits.limiter import Limit, Limiter
from pausepoint.operations.error_context import error_context
from pausepoint.operations.services import Services

LOOK_AGAIN_SECONDS: Final = 60
"""Retry-After for a recipient with too many open questions."""


@asynccontextmanager
async def may_be_asked(
    services: Services, principal: Principal, pause: Pause
) -> AsyncIterator[None]:
    """Check the recipients of `pause` for the write inside the context.

    A test key reaches no real person: only mutes made on test questions' pages count.
    Raises RecipientNotAllowed, RecipientMuted, RecipientBusy.
    """
    assert pause.content is not None
    contacts = pause.contacts
    for place, contact in enumerate(contacts):
        with error_context(place):
            await _check(services, principal, contact)
    limiter = services.limiter
    if limiter is None or pause.mode is Mode.TEST:
        yield
        return
    asked = subject_of(pause.developer_id, contacts[0])
    store = services.store
    async with limiter.waiting.one_more(
        asked, lambda: store.count_waiting(pause.developer_id, contacts[0])
    ) as has_room:
        if not has_room:
            raise RecipientBusy(
                f"{limiter.waiting.limit} questions of this account wait for this person already."
                " Wait for an answer, or withdraw one that is no longer needed.",
                retry_after=LOOK_AGAIN_SECONDS,
            )
        _count(services, limiter, pause.developer_id, contacts)
        yield


async def check_recipient(
    services: Services, developer_id: str, mode: Mode, contact: Contact
) -> None:
    """Check that the channel and the recipient permit questions. Raises as above."""
    if await services.store.is_muted(developer_id, mode, contact):
        raise RecipientMuted
    if mode is Mode.TEST:
        return
    if sentence := services.channels[contact.channel].forbids(contact.recipient):
        raise RecipientNotAllowed(sentence)


def count_reminder(services: Services, pause: Pause, contact: Contact) -> None:
    """One message more to the person, past the limit too: what was asked before is not forgotten."""
    if services.limiter is not None and pause.mode is Mode.LIVE:
        subject = subject_of(pause.developer_id, contact)
        services.limiter.add(Limit.MESSAGES, subject, services.clock.now())


def subject_of(developer_id: str, contact: Contact) -> str:
    """Return the subject of the rate limit: an account's messages to one person count together."""
    return f"{developer_id} {contact.channel} {person_of(contact)}"


async def _check(services: Services, principal: Principal, contact: Contact) -> None:
    await check_recipient(services, principal.developer_id, principal.mode, contact)
    rules = services.policy.recipients
    if principal.mode is Mode.TEST or not rules.has_directory or rules.allows(contact):
        return
    found = await services.store.recipient_at(principal.developer_id, principal.mode, contact)
    if found is None:
        raise RecipientNotAllowed
    if found.verified_at is None:
        raise RecipientNotAllowed(
            f"{found.recipient_id} is in the directory and has not confirmed yet. Wait until the"
            " person has opened the link, or have it sent again with"
            f" POST /v1/recipients/{found.recipient_id}/verification."
        )


def _count(
    services: Services, limiter: Limiter, developer_id: str, contacts: Sequence[Contact]
) -> None:
    hits = [(Limit.MESSAGES, subject_of(developer_id, contact)) for contact in contacts]
    refusal = limiter.hit_all(hits, services.clock.now())
    if refusal is not None:
        place, verdict = refusal
        with error_context(place):
            raise RecipientBusy(
                f"One person is sent {verdict.limit} messages an hour by one account. Try again"
                f" in {verdict.retry_after} s, or ask more in one question.",
                retry_after=verdict.retry_after,
            )
