"""Reminders and the fallback: who is asked, when, how often, and when nobody is left to ask."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pausepoint.channels.base import ChannelError, InboundStatus, Receipt, StatusReport
from pausepoint.config.settings import Command
from pausepoint.domain.delivery import DeliveryState
from pausepoint.domain.errors import TokenUsed
from pausepoint.domain.mode import Mode
from pausepoint.domain.pause import Contact, Pause
from pausepoint.operations.ask_next import ask_next
from pausepoint.operations.cancel_pause import cancel_pause
from pausepoint.operations.deliver import deliver
from pausepoint.operations.manage_webhooks import create_webhook
from pausepoint.operations.queries import is_worth_waiting_for
from pausepoint.operations.record_callback import record_callback
from pausepoint.operations.respond_to_pause import respond_to_pause, respond_url
from pausepoint.operations.time_out_pauses import time_out_pauses
from pausepoint.store.changes import Change, UpdateDelivery
from tests.harness import LEASE, World, a_world, settings_of

pytestmark = pytest.mark.anyio

PERMANENT = ChannelError("21211", "Not a phone number.", is_permanent=True)
PASSING = ChannelError("30001", "The queue is full.", is_permanent=False)
ALICE = "+15550100199"
BOB = Contact("email", "bob@example.com")
CAROL = Contact("sms", "+15550100198")
DAVE = Contact("email", "dave@example.com")
HOUR = timedelta(hours=1)


async def deliver_all(world: World) -> None:
    while await world.deliver_due():
        pass


async def respond(world: World, pause: Pause) -> None:
    token = respond_url(world.services, pause).rpartition("/")[2]
    await respond_to_pause(world.services, token, "Approve", None)


def asked(world: World) -> list[tuple[str, bool]]:
    """Whom the vendor took a message for, and whether it was a reminder."""
    return [(sent.recipient, sent.is_reminder) for sent in world.vendor.sent]


async def undeliverable(world: World, pause: Pause) -> int:
    return (await world.audit(pause.pause_id)).count("pause.undeliverable")


# ── Reminders ──


async def test_who_has_not_answered_is_sent_the_question_once_more(world: World) -> None:
    pause = await world.ask(timeout_hours=4, remind_after_hours=1.5)
    await deliver_all(world)
    world.clock.advance(HOUR)
    await deliver_all(world)
    assert asked(world) == [(ALICE, False)]
    world.clock.advance(HOUR / 2)
    await deliver_all(world)
    world.clock.advance(2 * HOUR)
    await deliver_all(world)

    assert asked(world) == [(ALICE, False), (ALICE, True)]
    first, second = world.vendor.sent
    assert first.respond_url == second.respond_url
    assert first.delivery_id != second.delivery_id
    found = await world.pause(pause.pause_id)
    assert found.delivery_state == "sent"
    assert [(a.number, a.outcome, a.channel, a.is_reminder) for a in found.attempts] == [
        (1, "sent", "sms", False),
        (2, "sent", "sms", True),
    ]


async def time_out(world: World, pause: Pause) -> None:
    world.clock.advance(4 * HOUR)
    await time_out_pauses(
        world.services, await world.services.store.due_pauses(world.clock.now(), 9)
    )


async def cancel(world: World, pause: Pause) -> None:
    await cancel_pause(world.services, world.principal(), pause.pause_id)


@pytest.mark.parametrize("end", [respond, cancel, time_out])
async def test_nobody_is_reminded_of_what_has_ended_and_nothing_shows(
    world: World, end: Any
) -> None:
    pause = await world.ask(timeout_hours=4, remind_after_hours=1, fallback=(BOB,))
    await world.deliver_due()
    if end is time_out:
        world.clock.advance(HOUR / 2)
    await end(world, pause)
    before = await world.pause(pause.pause_id)
    world.clock.advance(4 * HOUR)
    await deliver_all(world)

    assert asked(world) == [(ALICE, False)]
    assert await world.pause(pause.pause_id) == before
    assert await world.services.store.next_delivery_due() is None


async def test_who_was_not_reached_is_not_reminded(world: World) -> None:
    world.vendor.outcomes = [PERMANENT]
    pause = await world.ask(remind_after_hours=1)
    await deliver_all(world)
    world.clock.advance(2 * HOUR)
    await deliver_all(world)

    assert asked(world) == []
    assert (await world.pause(pause.pause_id)).delivery_state == "failed"
    assert await undeliverable(world, pause) == 1


async def test_who_is_still_being_tried_is_not_reminded_but_asked(world: World) -> None:
    world.vendor.outcomes = [PASSING] * 5
    await world.ask(remind_after_hours=0.1)
    for _ in range(30):
        await deliver_all(world)
        world.clock.advance(timedelta(minutes=1))

    assert asked(world) == [(ALICE, False)]


async def test_a_reminder_that_fails_takes_nothing_back(world: World) -> None:
    pause = await world.ask(remind_after_hours=1)
    await deliver_all(world)
    world.vendor.outcomes = [PERMANENT]
    world.clock.advance(HOUR)
    await deliver_all(world)

    found = await world.pause(pause.pause_id)
    assert (found.delivery_state, found.attempts[-1].outcome) == ("sent", "failed")
    assert await undeliverable(world, pause) == 0


async def test_the_deadline_in_a_reminder_reads_as_of_then(world: World) -> None:
    await world.ask(timeout_hours=4, remind_after_hours=3)
    await deliver_all(world)
    world.clock.advance(3 * HOUR)
    world.vendor.outcomes = [PASSING]
    await deliver_all(world)
    world.clock.advance(timedelta(seconds=2))
    await deliver_all(world)

    reminder = world.vendor.sent[-1]
    assert reminder.expires_at - reminder.created_at == HOUR // timedelta(milliseconds=1)


# ── The fallback ──


async def test_the_next_is_asked_when_a_message_fails_for_good(world: World) -> None:
    world.vendor.outcomes = [PERMANENT, PERMANENT]
    pause = await world.ask(fallback=(BOB, CAROL, DAVE))
    waiter = world.services.store.watch(pause.pause_id)
    waiting = asyncio.ensure_future(waiter.wait())
    await deliver_all(world)

    assert asked(world) == [(CAROL.recipient, False)]
    assert world.vendor.sent[0].respond_url == respond_url(world.services, pause, 2)
    found = await world.pause(pause.pause_id)
    assert (found.delivery_state, is_worth_waiting_for(found)) == ("sent", True)
    assert [(a.number, a.recipient_index, a.channel, a.outcome) for a in found.attempts] == [
        (1, 0, "sms", "failed"),
        (2, 1, "email", "failed"),
        (3, 2, "sms", "sent"),
    ]
    assert not waiting.done()
    assert await undeliverable(world, pause) == 0
    waiting.cancel()
    waiter.close()


async def test_it_has_failed_only_when_everybody_has(world: World) -> None:
    world.vendor.outcomes = [PERMANENT] * 3
    events = ["pause.undeliverable"]
    await create_webhook(
        world.services, world.principal(), "https://example.com/", events, "0123456789abcdef"
    )
    pause = await world.ask(fallback=(BOB, CAROL))
    waiter = world.services.store.watch(pause.pause_id)
    for expected in ("queued", "queued", "failed"):
        assert await world.deliver_due() == 1
        assert (await world.pause(pause.pause_id)).delivery_state == expected
    await asyncio.wait_for(waiter.wait(), 5)
    waiter.close()
    await deliver_all(world)

    assert await undeliverable(world, pause) == 1
    [(_, _, body)] = world.receiver.got
    assert json.loads(body)["event"] == "pause.undeliverable"
    [listed] = await world.services.store.pauses(pause.developer_id, Mode.LIVE, None, 10, 0)
    assert listed == await world.pause(pause.pause_id)


async def test_a_passing_trouble_is_no_reason_to_ask_somebody_else(world: World) -> None:
    world.vendor.outcomes = [PASSING]
    await world.ask(fallback=(BOB,))
    await world.deliver_due()
    world.clock.advance(timedelta(seconds=2))
    await deliver_all(world)

    assert asked(world) == [(ALICE, False)]


async def test_everybody_who_was_not_asked_is_asked_at_the_reminder(world: World) -> None:
    pause = await world.ask(timeout_hours=4, remind_after_hours=1, fallback=(BOB, CAROL))
    await deliver_all(world)
    world.clock.advance(HOUR)
    await deliver_all(world)

    assert Counter(asked(world)) == Counter(
        [(ALICE, False), (ALICE, True), (BOB.recipient, False), (CAROL.recipient, False)]
    )
    # A link says whose it is, and a reminder has the same.
    assert len({sent.respond_url for sent in world.vendor.sent}) == 3
    await respond(world, pause)
    with pytest.raises(TokenUsed):
        await respond(world, pause)


async def test_who_was_asked_early_is_reminded_and_not_asked_twice(world: World) -> None:
    world.vendor.outcomes = [PERMANENT]
    await world.ask(timeout_hours=4, remind_after_hours=1, fallback=(BOB, CAROL))
    await deliver_all(world)
    world.clock.advance(HOUR)
    await deliver_all(world)

    assert Counter(asked(world)) == Counter(
        [(BOB.recipient, False), (BOB.recipient, True), (CAROL.recipient, False)]
    )


async def test_a_vendors_late_word_of_failure_is_a_failure(world: World) -> None:
    pause = await world.ask(fallback=(BOB,))
    await deliver_all(world)
    report = StatusReport(DeliveryState.FAILED, "30005")
    await record_callback(
        world.services, InboundStatus(world.vendor.sent[0].delivery_id, "SM1", report)
    )
    await record_callback(
        world.services, InboundStatus(world.vendor.sent[0].delivery_id, "SM1", report)
    )
    await deliver_all(world)

    assert asked(world) == [(ALICE, False), (BOB.recipient, False)]
    found = await world.pause(pause.pause_id)
    assert [(a.recipient_index, a.outcome) for a in found.attempts] == [(0, "failed"), (1, "sent")]


async def test_the_best_that_came_of_any_message_is_how_they_fare(world: World) -> None:
    pause = await world.ask(timeout_hours=4, remind_after_hours=1, fallback=(BOB,))
    await deliver_all(world)
    delivered = StatusReport(DeliveryState.DELIVERED)
    await record_callback(
        world.services, InboundStatus(world.vendor.sent[0].delivery_id, "SM1", delivered)
    )
    world.clock.advance(HOUR)
    await deliver_all(world)

    assert (await world.pause(pause.pause_id)).delivery_state == "delivered"


async def test_a_process_that_dies_before_it_asked_the_next_leaves_that_to_another(
    world: World,
) -> None:
    pause = await world.ask(fallback=(BOB,))
    [claimed] = await world.services.store.claim_deliveries(10, LEASE)
    in_ten_seconds = world.clock.now() + 10_000
    left_behind = UpdateDelivery(claimed, DeliveryState.FAILED, (), in_ten_seconds)
    await world.services.store.apply(Change(guard=left_behind))
    assert await world.deliver_due() == 0
    world.clock.advance(timedelta(seconds=10))
    await deliver_all(world)

    assert asked(world) == [(BOB.recipient, False)]
    assert await world.services.store.next_delivery_due() is None
    assert (await world.pause(pause.pause_id)).delivery_state == "sent"


async def test_one_failure_asks_one_other_however_often_it_is_dealt_with(world: World) -> None:
    await world.ask(fallback=(BOB, CAROL, DAVE))
    [claimed] = await world.services.store.claim_deliveries(10, LEASE)
    left_behind = UpdateDelivery(claimed, DeliveryState.FAILED, (), world.clock.now() + 10_000)
    await world.services.store.apply(Change(guard=left_behind))
    await asyncio.gather(*(ask_next(world.services, claimed.delivery_id) for _ in range(5)))
    await deliver_all(world)

    assert asked(world) == [(BOB.recipient, False)]


async def test_those_who_fail_at_once_are_told_of_once(world: World) -> None:
    pause = await world.ask(timeout_hours=4, remind_after_hours=1, fallback=(BOB, CAROL, DAVE))
    world.vendor.outcomes = [Receipt("SM1", "queued")]
    await deliver_all(world)
    report = StatusReport(DeliveryState.FAILED, "30005")
    world.clock.advance(HOUR)
    world.vendor.outcomes = [PERMANENT] * 4
    claimed = await world.services.store.claim_deliveries(10, LEASE)
    first = world.vendor.sent[0].delivery_id
    await asyncio.gather(
        *(deliver(world.services, each) for each in claimed),
        record_callback(world.services, InboundStatus(first, "SM1", report)),
    )
    await deliver_all(world)

    assert (await world.pause(pause.pause_id)).delivery_state == "failed"
    assert await undeliverable(world, pause) == 1


async def test_nobody_is_told_that_nobody_could_be_reached_of_what_has_ended(world: World) -> None:
    pause = await world.ask(fallback=(BOB,))
    await deliver_all(world)
    await cancel(world, pause)
    report = StatusReport(DeliveryState.FAILED, "30005")
    await record_callback(
        world.services, InboundStatus(world.vendor.sent[0].delivery_id, "SM1", report)
    )
    await deliver_all(world)

    assert asked(world) == [(ALICE, False)]
    assert await undeliverable(world, pause) == 0


async def test_a_test_message_is_simulated_and_nothing_is_kept_to_be_sent(tmp_path: Path) -> None:
    settings = settings_of(
        tmp_path, Command.SERVE, PAUSEPOINT_PUBLIC_URL="https://pause.example.com"
    )
    async with a_world(tmp_path, settings) as world:
        pause = await world.ask(Mode.TEST, remind_after_hours=1, fallback=(BOB,))
        found = await world.pause(pause.pause_id)

        assert (found.delivery_state, found.attempts) == ("simulated", ())
        assert await world.services.store.next_delivery_due() is None
        assert found.content is not None
        assert found.content.fallback == (BOB,)


OUTCOMES = st.lists(st.sampled_from(["ok", "ok", "passing", "permanent"]), max_size=12)
WAYS = st.permutations([BOB, CAROL, DAVE])


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60
)
@given(
    OUTCOMES,
    WAYS,
    st.integers(0, 3),
    st.sampled_from([None, 0.01, 1.0]),
    st.lists(st.integers(0, 10), max_size=3),
)
async def test_whatever_vendors_do_the_rules_hold(
    world: World,
    outcomes: list[str],
    contacts: list[Contact],
    count: int,
    remind_after: float | None,
    failed_later: list[int],
) -> None:
    world.vendor.sent.clear()
    errors: dict[str, Any] = {"passing": PASSING, "permanent": PERMANENT}
    world.vendor.outcomes = [errors.get(each, Receipt("SM1", "queued")) for each in outcomes]
    pause = await world.ask(
        timeout_hours=6, remind_after_hours=remind_after, fallback=tuple(contacts[:count])
    )
    report = StatusReport(DeliveryState.FAILED, "30005")
    for minute in range(40):
        await deliver_all(world)
        for place in [each for each in failed_later if each == minute // 4]:
            if place < len(world.vendor.sent):
                delivery_id = world.vendor.sent[place].delivery_id
                await record_callback(world.services, InboundStatus(delivery_id, "SM1", report))
        world.clock.advance(timedelta(minutes=3))
    await deliver_all(world)
    found = await world.pause(pause.pause_id)
    told, messages = Counter(asked(world)), await world.services.store.messages(pause.pause_id)

    assert set(told.values()) <= {1}, "nobody gets the same message twice"
    assert {who for who, is_reminder in told if is_reminder} <= {who for who, _ in told}
    first_messages = [each for each in messages if not each.is_reminder]
    has_failed = all(each.state == "failed" for each in first_messages)
    assert (found.delivery_state == "failed") == has_failed
    assert await undeliverable(world, pause) == has_failed
    if remind_after is not None:
        assert all(each.attempt > 0 for each in first_messages), "nobody is forgotten"
    assert all(each.due_at is None for each in messages if each.attempt), "nothing is left over"
