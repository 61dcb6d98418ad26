"""Deliveries: retried, given up visibly, never begun for what is decided."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from pausepoint.channels.base import ChannelError, InboundStatus, Receipt, Reply, StatusReport
from pausepoint.domain.delivery import DeliveryState
from pausepoint.domain.mode import Mode
from pausepoint.operations.cancel_pause import cancel_pause
from pausepoint.operations.deliver import deliver
from pausepoint.operations.manage_webhooks import create_webhook, redeliver_event
from pausepoint.operations.record_callback import record_callback
from pausepoint.operations.respond_to_pause import respond_to_pause, respond_url
from tests.harness import LEASE, World

pytestmark = pytest.mark.anyio

PASSING = ChannelError("30001", "The queue is full.", is_permanent=False)
PERMANENT = ChannelError("21211", "Not a phone number.", is_permanent=True)
EVENTS = ["pause.responded", "pause.timed_out", "pause.cancelled", "pause.undeliverable"]
SECRET = "a secret of sixteen"


async def a_webhook(world: World) -> str:
    principal = world.principal()
    return (
        await create_webhook(world.services, principal, "https://example.com/hook", EVENTS, SECRET)
    ).webhook_id


async def test_a_message_that_was_taken_is_sent_and_no_more(world: World) -> None:
    pause = await world.ask()
    assert await world.deliver_due() == 1

    final = await world.pause(pause.pause_id)
    assert final.delivery_state == "sent"
    assert [(a.number, a.outcome, a.code) for a in final.attempts] == [(1, "sent", "queued")]
    assert world.vendor.sent[0].respond_url == respond_url(world.services, pause)
    assert await world.audit(pause.pause_id) == ["pause.created", "notification.sent"]


async def test_a_passing_trouble_is_tried_again_after_two_and_ten_seconds(world: World) -> None:
    world.vendor.outcomes = [PASSING, PASSING]
    pause = await world.ask()
    await world.deliver_due()
    assert await world.deliver_due() == 0
    world.clock.advance(timedelta(seconds=2))
    assert await world.deliver_due() == 1
    world.clock.advance(timedelta(seconds=10))
    assert await world.deliver_due() == 1

    final = await world.pause(pause.pause_id)
    assert [a.outcome for a in final.attempts] == ["retrying", "retrying", "sent"]
    assert len(world.vendor.sent) == 1


async def test_a_permanent_trouble_ends_it_at_once_and_everybody_learns_it(world: World) -> None:
    world.vendor.outcomes = [PERMANENT]
    await a_webhook(world)
    pause = await world.ask()
    waiter = world.services.store.watch(pause.pause_id)
    await world.deliver_due()

    await waiter.wait()
    waiter.close()
    final = await world.pause(pause.pause_id)
    assert (final.status, final.delivery_state) == ("pending", "failed")
    assert final.attempts[-1].code == "21211"
    assert "notification.failed" in await world.audit(pause.pause_id)
    await world.deliver_due()
    [(_, headers, body)] = world.receiver.got
    assert headers["x-pausepoint-event"] == "pause.undeliverable"
    assert json.loads(body)["data"]["choice"] is None


async def test_the_tenth_failure_is_the_last(world: World) -> None:
    world.vendor.outcomes = [PASSING] * 20
    pause = await world.ask()
    for _ in range(12):
        await world.deliver_due()
        world.clock.advance(timedelta(minutes=11))

    final = await world.pause(pause.pause_id)
    assert [a.outcome for a in final.attempts] == ["retrying"] * 9 + ["failed"]
    assert final.delivery_state == "failed"


async def test_nobody_is_asked_past_the_deadline(world: World) -> None:
    world.vendor.outcomes = [PASSING]
    pause = await world.ask(timeout_hours=1.5 / 3600)
    await world.deliver_due()

    final = await world.pause(pause.pause_id)
    assert (final.delivery_state, final.attempts[-1].outcome) == ("failed", "failed")


async def test_a_retry_is_never_lost_between_two_draws_of_chance(world: World) -> None:
    draws = iter([0.1, 0.9] * 10)
    services = replace(world.services, chance=lambda: next(draws))
    world.vendor.outcomes = [PASSING]
    pause = await world.ask(timeout_hours=2 / 3600)
    [claimed] = await services.store.claim_deliveries(10, LEASE)
    await deliver(services, claimed)

    final = await world.pause(pause.pause_id)
    due = await services.store.next_delivery_due()
    assert due is not None or final.delivery_state == "failed"


async def test_a_fault_of_ours_counts_as_an_attempt(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.vendor.outcomes = [ZeroDivisionError()]
    pause = await world.ask()
    await world.deliver_due()
    capsys.readouterr()

    [attempt] = (await world.pause(pause.pause_id)).attempts
    assert (attempt.outcome, attempt.code) == ("retrying", "internal_error")


async def test_a_late_word_that_it_arrived_is_believed_between_two_attempts(world: World) -> None:
    world.vendor.outcomes = [ChannelError("timeout", "No answer.", is_permanent=False)]
    pause = await world.ask()
    [claimed] = await world.services.store.claim_deliveries(10, LEASE)
    await deliver(world.services, claimed)
    await record_callback(world.services, InboundStatus(claimed.delivery_id, "SM1", FAILED))
    assert (await world.pause(pause.pause_id)).delivery_state == "queued"
    await record_callback(world.services, InboundStatus(claimed.delivery_id, "SM1", DELIVERED))
    world.clock.advance(timedelta(minutes=1))

    assert await world.deliver_due() == 0
    assert (await world.pause(pause.pause_id)).delivery_state == "delivered"


async def test_nobody_may_ask_for_more_patience_than_a_day(world: World) -> None:
    world.receiver.replies = [Reply(503, {"Retry-After": "999999999"}, b"")]
    await a_webhook(world)
    await answer(world)
    await world.deliver_due()
    world.clock.advance(timedelta(hours=24))

    assert await world.deliver_due() == 1


async def test_nobody_is_asked_what_was_cancelled(world: World) -> None:
    pause = await world.ask()
    await cancel_pause(world.services, world.principal(), pause.pause_id)
    await world.deliver_due()

    assert world.vendor.sent == []
    final = await world.pause(pause.pause_id)
    assert (final.delivery_state, final.attempts[-1].outcome) == ("queued", "skipped")


async def test_nobody_is_asked_what_is_overdue_though_nobody_swept(world: World) -> None:
    await world.ask(timeout_hours=1)
    world.clock.advance(timedelta(hours=1))
    await world.deliver_due()

    assert world.vendor.sent == []


async def test_an_attempt_whose_worker_died_is_named_unknown(world: World) -> None:
    pause = await world.ask()
    await world.services.store.claim_deliveries(10, LEASE)
    world.clock.advance(timedelta(milliseconds=LEASE))
    await world.deliver_due()

    final = await world.pause(pause.pause_id)
    assert [(a.number, a.outcome) for a in final.attempts] == [(1, "unknown"), (2, "sent")]


async def test_a_test_keys_message_goes_to_the_inbox_and_nowhere_else(world: World) -> None:
    await world.ask(Mode.TEST)
    await world.deliver_due()

    assert world.vendor.sent == []
    assert world.running.inbox is not None
    assert len(world.running.inbox.messages()) == 1


async def test_a_vendor_is_asked_what_became_of_a_message(world: World) -> None:
    world.vendor.outcomes = [Receipt("SM1", "queued", is_checkable=True)]
    world.vendor.reports = [None, StatusReport(DeliveryState.SENT), DELIVERED]
    pause = await world.ask()
    await world.deliver_due()
    for seconds in (10, 50, 240):
        world.clock.advance(timedelta(seconds=seconds))
        assert await world.deliver_due() == 1

    final = await world.pause(pause.pause_id)
    assert final.delivery_state == "delivered"
    assert [a.outcome for a in final.attempts] == ["delivered"]
    assert await world.audit(pause.pause_id) == [
        "pause.created",
        "notification.sent",
        "notification.delivered",
    ]


DELIVERED = StatusReport(DeliveryState.DELIVERED)
FAILED = StatusReport(DeliveryState.FAILED, "30005")


async def delivery_id_of(world: World) -> str:
    return world.vendor.sent[0].delivery_id


@pytest.mark.parametrize("reports", [[DELIVERED, FAILED], [DELIVERED, DELIVERED]])
async def test_the_first_report_that_ends_a_delivery_counts(
    world: World, reports: list[StatusReport]
) -> None:
    pause = await world.ask()
    await world.deliver_due()
    delivery_id = await delivery_id_of(world)
    for report in [StatusReport(DeliveryState.SENT), *reports]:
        await record_callback(world.services, InboundStatus(delivery_id, "SM1", report))

    assert (await world.pause(pause.pause_id)).delivery_state == "delivered"


async def test_a_report_of_failure_is_learnt_by_the_waiting_agent(world: World) -> None:
    pause = await world.ask()
    await world.deliver_due()
    waiter = world.services.store.watch(pause.pause_id)
    await record_callback(world.services, InboundStatus(await delivery_id_of(world), "SM1", FAILED))

    await waiter.wait()
    waiter.close()
    final = await world.pause(pause.pause_id)
    assert (final.delivery_state, final.attempts[-1].code) == ("failed", "30005")


async def test_a_report_for_another_message_changes_nothing(world: World) -> None:
    pause = await world.ask()
    await world.deliver_due()
    await record_callback(
        world.services, InboundStatus(await delivery_id_of(world), "SM_other", FAILED)
    )

    assert (await world.pause(pause.pause_id)).delivery_state == "sent"


async def test_a_report_that_overtakes_our_own_commit_counts(world: World) -> None:
    pause = await world.ask()
    [claimed] = await world.services.store.claim_deliveries(10, LEASE)
    await record_callback(world.services, InboundStatus(claimed.delivery_id, "SM1", DELIVERED))

    assert (await world.pause(pause.pause_id)).delivery_state == "delivered"


async def answer(world: World) -> str:
    pause = await world.ask()
    token = respond_url(world.services, pause).rpartition("/")[2]
    await respond_to_pause(world.services, token, "Approve", None)
    return pause.pause_id


async def test_an_answer_reaches_the_webhook_as_the_contract_says(world: World) -> None:
    await a_webhook(world)
    pause_id = await answer(world)
    await world.deliver_due()

    [(url, headers, body)] = world.receiver.got
    event = json.loads(body)
    assert url == "https://example.com/hook"
    assert headers["x-pausepoint-event"] == "pause.responded"
    assert list(event) == ["event", "pause_id", "developer_id", "timestamp", "data"]
    assert event["pause_id"] == pause_id
    assert event["data"] == {
        "choice": "Approve",
        "text": None,
        "response_at": "2026-01-01T12:00:00Z",
        "metadata": None,
        "resolved_by": "human",
        "test": False,
    }
    assert "webhook.delivered" in await world.audit(pause_id)


async def test_a_failing_webhook_is_tried_again_with_the_same_id_and_body(world: World) -> None:
    world.receiver.replies = [Reply(500, {}, b""), Reply(302, {}, b"")]
    await a_webhook(world)
    await answer(world)
    await world.deliver_due()
    world.clock.advance(timedelta(seconds=5))
    await world.deliver_due()
    world.clock.advance(timedelta(minutes=5))
    await world.deliver_due()

    assert len(world.receiver.got) == 3
    assert len({body for _, _, body in world.receiver.got}) == 1
    assert len({headers["webhook-id"] for _, headers, _ in world.receiver.got}) == 1


async def test_a_webhook_is_given_up_after_eight_attempts(world: World) -> None:
    world.receiver.replies = [Reply(500, {}, b"")] * 20
    await a_webhook(world)
    pause_id = await answer(world)
    for _ in range(12):
        await world.deliver_due()
        world.clock.advance(timedelta(hours=11))

    assert len(world.receiver.got) == 8
    assert "webhook.failed" in await world.audit(pause_id)


async def test_410_disables_the_webhook(world: World) -> None:
    world.receiver.replies = [Reply(410, {}, b"")]
    webhook_id = await a_webhook(world)
    await answer(world)
    await world.deliver_due()
    await answer(world)
    await world.deliver_due()

    assert len(world.receiver.got) == 1
    webhook = await world.services.store.webhook(webhook_id)
    assert webhook is not None
    assert webhook.disabled_at is not None


async def test_retry_after_is_obeyed(world: World) -> None:
    world.receiver.replies = [Reply(429, {"Retry-After": "60"}, b"")]
    await a_webhook(world)
    await answer(world)
    await world.deliver_due()
    world.clock.advance(timedelta(seconds=59))
    assert await world.deliver_due() == 0
    world.clock.advance(timedelta(seconds=1))
    assert await world.deliver_due() == 1


async def test_a_delivery_can_be_sent_again_by_hand(world: World) -> None:
    webhook_id = await a_webhook(world)
    await answer(world)
    await world.deliver_due()
    [delivery] = await world.services.store.webhook_deliveries(webhook_id, 10, 0)
    await redeliver_event(world.services, world.principal(), webhook_id, delivery.delivery_id)
    await world.deliver_due()

    [again] = await world.services.store.webhook_deliveries(webhook_id, 10, 0)
    assert [a.outcome for a in again.attempts] == ["delivered", "delivered"]
    assert world.receiver.got[0][2] == world.receiver.got[1][2]


async def test_webhooks_of_the_other_mode_hear_nothing(world: World) -> None:
    await create_webhook(
        world.services, world.principal(Mode.TEST), "https://example.com/t", EVENTS, SECRET
    )
    await answer(world)
    await world.deliver_due()

    assert world.receiver.got == []
