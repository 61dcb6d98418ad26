"""Who may be asked, and how often: the directory, mutes, countries, and an agent in a loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pausepoint.channels.sms import SmsChannel
from pausepoint.config.values import recipient_patterns
from pausepoint.domain.errors import RecipientBusy, RecipientMuted, RecipientNotAllowed
from pausepoint.domain.mode import Mode
from pausepoint.domain.pause import Contact, Pause
from pausepoint.domain.rate_limits import RateLimits
from pausepoint.domain.recipients import MuteReason, RecipientRules, VerifiedBy
from pausepoint.limits.limiter import Limiter
from pausepoint.operations.cancel_pause import cancel_pause
from pausepoint.operations.opt_out import mute, person_of_question, unmute
from pausepoint.operations.recipients import put_recipient, verify_recipient
from tests.harness import World, a_world

pytestmark = pytest.mark.anyio

BOB = "bob@example.com"


def rules(world: World, **choices: Any) -> None:
    policy = replace(world.services.policy, recipients=RecipientRules(**choices))
    world.services = replace(world.services, policy=policy)


def limits(world: World, **numbers: int) -> None:
    world.services = replace(world.services, limiter=Limiter(RateLimits(**numbers)))


async def ask_bob(world: World, mode: Mode = Mode.LIVE, **changes: Any) -> Pause:
    return await world.ask(mode, **{"recipient": BOB, "channel": "email"} | changes)


def token_of(world: World, number: int = -1) -> str:
    return world.vendor.sent[number].respond_url.rpartition("/")[2]


@pytest.fixture
async def guarded(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path) as world:
        rules(world, has_directory=True)
        yield world


async def test_with_the_directory_only_the_verified_are_asked(guarded: World) -> None:
    with pytest.raises(RecipientNotAllowed, match="POST /v1/recipients"):
        await ask_bob(guarded)
    developer_id = guarded.alice.developer.developer_id
    recipient, _ = await put_recipient(
        guarded.services, developer_id, Mode.LIVE, Contact("email", BOB)
    )
    with pytest.raises(RecipientNotAllowed, match=recipient.recipient_id):
        await ask_bob(guarded)
    assert await verify_recipient(guarded.services, recipient, VerifiedBy.OPERATOR)
    await ask_bob(guarded)
    with pytest.raises(RecipientNotAllowed, match=r"^fallback\[0\]: "):
        await ask_bob(guarded, fallback=(Contact("sms", "+15550100199"),))
    with pytest.raises(RecipientNotAllowed):
        await ask_bob(guarded, recipient="bob+other@example.com")


async def test_a_test_key_asks_whom_it_likes(guarded: World) -> None:
    await ask_bob(guarded, Mode.TEST)


@pytest.mark.parametrize(
    ("channel", "recipient", "is_allowed"),
    [
        ("email", "Carol@Example.com", True),
        ("email", "carol@example.com.evil.test", False),
        ("email", "example.com@evil.example", False),
        ("email", "+44agent@evil.test", False),
        ("email", "bob@ex\u00e4mple.com", False),
        ("sms", "+447700900123", True),
        ("sms", "+15550100199", False),
        ("sms", "+1 (555) 010-0142", True),
    ],
)
async def test_what_the_operator_allows_needs_no_confirmation(
    guarded: World, channel: str, recipient: str, is_allowed: bool
) -> None:
    rules(
        guarded, has_directory=True, allowed=recipient_patterns("*@example.com, +44*, +15550100142")
    )
    if is_allowed:
        await guarded.ask(recipient=recipient, channel=channel)
        return
    with pytest.raises(RecipientNotAllowed):
        await guarded.ask(recipient=recipient, channel=channel)


async def test_premium_numbers_and_other_countries_are_refused(world: World) -> None:
    with pytest.raises(RecipientNotAllowed, match="premium-rate"):
        await world.ask(recipient="+19005550100")
    channels = {**world.services.channels, "sms": SmsChannel(countries=("+1", "+44"))}
    world.services = replace(world.services, channels=channels)
    await world.ask(recipient="+15550100199")
    with pytest.raises(RecipientNotAllowed, match="countries"):
        await world.ask(recipient="+4915112345678")
    with pytest.raises(RecipientNotAllowed, match=r"fallback\[0\].*countries"):
        await ask_bob(world, fallback=(Contact("sms", "+4915112345678"),))


# ── Mutes ──


async def test_whoever_mutes_gets_no_more_messages_until_they_undo_it(world: World) -> None:
    asked = await ask_bob(world)
    await world.deliver_due()
    person = await person_of_question(world.services, token_of(world))
    await mute(world.services, person, MuteReason.MUTED)
    await mute(world.services, person, MuteReason.MUTED)
    assert not (await world.pause(asked.pause_id)).status.is_final
    for recipient in (BOB, "Bob+again@example.com"):
        with pytest.raises(RecipientMuted):
            await ask_bob(world, recipient=recipient)
    with pytest.raises(RecipientMuted, match=r"^fallback\[0\]: "):
        await world.ask(fallback=(Contact("email", BOB),))
    await ask_bob(world, Mode.TEST)
    await world.ask(recipient="carol@example.com", channel="email")
    await unmute(world.services, await person_of_question(world.services, token_of(world)))
    await ask_bob(world)
    told = [event for event in await world.audit() if event.startswith("recipient.")]
    assert told == ["recipient.muted", "recipient.unmuted"]


async def test_what_was_queued_before_the_mute_does_not_leave(world: World) -> None:
    """The next of the fallback is asked instead, and a reminder stays away."""
    await ask_bob(world)
    await world.deliver_due()
    queued = await ask_bob(world, fallback=(Contact("sms", "+15550100199"),))
    reminded = await world.ask(
        recipient="+15550100142", remind_after_hours=1, fallback=(Contact("email", BOB),)
    )
    person = await person_of_question(world.services, token_of(world))
    await mute(world.services, person, MuteReason.REPORTED)
    sent_before = len(world.vendor.sent)
    while await world.deliver_due():
        pass
    world.clock.advance(timedelta(hours=2))
    while await world.deliver_due():
        pass
    after = world.vendor.sent[sent_before:]
    assert BOB not in [sent.recipient for sent in after]
    assert [sent.recipient for sent in after if sent.pause_id == queued.pause_id] == [
        "+15550100199"
    ]
    assert reminded.pause_id in {sent.pause_id for sent in after}


async def test_a_fallbacks_link_mutes_for_the_fallback_alone(world: World) -> None:
    world.vendor.outcomes = []
    await world.ask(
        recipient="+15550100142", remind_after_hours=1, fallback=(Contact("email", BOB),)
    )
    await world.deliver_due()
    world.clock.advance(timedelta(hours=2))
    await world.deliver_due()
    [of_bob] = [sent for sent in world.vendor.sent if sent.recipient == BOB]
    token = of_bob.respond_url.rpartition("/")[2]
    await mute(world.services, await person_of_question(world.services, token), MuteReason.MUTED)
    await world.ask(recipient="+15550100142")
    with pytest.raises(RecipientMuted):
        await ask_bob(world)


# ── An agent in a loop ──


async def test_a_loop_asks_one_person_so_often_an_hour(world: World) -> None:
    limits(world, recipient_messages=5)
    for _ in range(5):
        await ask_bob(world)
    with pytest.raises(RecipientBusy, match="5 messages an hour") as refused:
        await ask_bob(world, recipient="BOB+x@example.com")
    assert refused.value.retry_after is not None
    assert 3000 < refused.value.retry_after <= 3606
    await world.ask(recipient="carol@example.com", channel="email")
    for _ in range(20):
        await ask_bob(world, Mode.TEST)
    world.clock.advance(timedelta(seconds=refused.value.retry_after))
    await ask_bob(world)


async def test_a_fallback_counts_and_a_refusal_counts_nothing(world: World) -> None:
    limits(world, recipient_messages=2)
    for _ in range(2):
        await world.ask(recipient="+15550100142", fallback=(Contact("email", BOB),))
    for _ in range(5):
        with pytest.raises(RecipientBusy, match=r"^fallback\[0\]"):
            await world.ask(recipient="+15550100143", fallback=(Contact("email", BOB),))
    await world.ask(recipient="+15550100143")


async def test_a_reminder_counts_when_it_leaves(world: World) -> None:
    limits(world, recipient_messages=2)
    await ask_bob(world, remind_after_hours=1)
    await world.deliver_due()
    world.clock.advance(timedelta(hours=1, minutes=1))
    await world.deliver_due()
    await ask_bob(world)
    with pytest.raises(RecipientBusy):
        await ask_bob(world)


async def test_of_a_hundred_at_once_no_more_wait_than_may(world: World) -> None:
    limits(world, recipient_messages=1000, recipient_pending=20)
    results = await asyncio.gather(*(ask_bob(world) for _ in range(100)), return_exceptions=True)
    asked = [result for result in results if isinstance(result, Pause)]
    assert len(asked) == 20
    assert all(isinstance(each, Pause | RecipientBusy) for each in results)
    with pytest.raises(RecipientBusy, match="20 questions") as refused:
        await ask_bob(world)
    assert refused.value.retry_after == 60
    await cancel_pause(world.services, world.principal(), asked[0].pause_id)
    await ask_bob(world)
    with pytest.raises(RecipientBusy):
        await ask_bob(world)


async def test_what_waits_is_known_after_a_restart(world: World) -> None:
    limits(world, recipient_pending=3)
    for _ in range(3):
        await ask_bob(world)
    limits(world, recipient_pending=3)
    with pytest.raises(RecipientBusy):
        await ask_bob(world)


async def test_without_limits_nobody_counts(world: World) -> None:
    for _ in range(60):
        await ask_bob(world)
