"""A pause's own callback: told of every end, signed, retried, and ended by a 410."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from standardwebhooks import Webhook

from pausepoint.channels.base import ChannelError, Reply
from pausepoint.domain.delivery import DeliveryState
from pausepoint.domain.mode import Mode
from pausepoint.domain.pause import Pause
from pausepoint.domain.time import to_datetime
from pausepoint.operations.callback import redeliver_callback
from pausepoint.operations.cancel_pause import cancel_pause
from pausepoint.operations.manage_webhooks import create_webhook
from pausepoint.operations.respond_to_pause import respond_to_pause, respond_url
from pausepoint.operations.time_out_pauses import time_out_pauses
from pausepoint.security.signatures import simple_signature
from tests.harness import World

pytestmark = pytest.mark.anyio

URL = "https://agents.example.com/run/7"
SECRET = "whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQ="
CALLBACK = {"callback_url": URL, "callback_secret": SECRET}
PERMANENT = ChannelError("21211", "Not a phone number.", is_permanent=True)


async def answer(world: World, pause: Pause, text: str | None = None) -> None:
    token = respond_url(world.services, pause).rpartition("/")[2]
    await respond_to_pause(world.services, token, "Approve", text)


async def cancel(world: World, pause: Pause) -> None:
    await cancel_pause(world.services, world.principal(pause.mode), pause.pause_id)


async def time_out(world: World, pause: Pause) -> None:
    """As the worker does it, which knows no more of a pause than its row."""
    world.clock.advance(timedelta(hours=24))
    await time_out_pauses(
        world.services, await world.services.store.due_pauses(world.clock.now(), 10)
    )


def told(world: World) -> list[str]:
    return [json.loads(body)["event"] for _, _, body in world.receiver.got]


@pytest.mark.parametrize(
    ("end", "event"),
    [
        (answer, "pause.responded"),
        (cancel, "pause.cancelled"),
        (time_out, "pause.timed_out"),
    ],
)
@pytest.mark.parametrize("mode", Mode)
async def test_every_end_of_the_pause_is_told_signed_as_a_webhook_is(
    world: World, mode: Mode, end: Callable[[World, Pause], Awaitable[None]], event: str
) -> None:
    pause = await world.ask(mode, **CALLBACK, metadata={"run": 7})
    await world.deliver_due()
    await end(world, pause)
    await world.deliver_due()

    [(url, headers, body)] = world.receiver.got
    assert url == URL
    assert headers["x-pausepoint-event"] == event
    assert headers["x-pausepoint-signature"] == simple_signature(SECRET, body)
    now = to_datetime(world.clock.now())
    assert headers["webhook-signature"] == Webhook(SECRET).sign(
        headers["webhook-id"], now, body.decode()
    )
    assert json.loads(body)["pause_id"] == pause.pause_id
    assert json.loads(body)["data"]["metadata"] == {"run": 7}


async def test_the_note_is_told_with_the_choice(world: World) -> None:
    pause = await world.ask(**CALLBACK, allow_text_response=True)
    await world.deliver_due()
    await answer(world, pause, "only the old ones")
    await world.deliver_due()

    data = json.loads(world.receiver.got[0][2])["data"]
    assert (data["choice"], data["text"]) == ("Approve", "only the old ones")


async def test_it_is_told_that_nobody_could_be_reached(world: World) -> None:
    world.vendor.outcomes = [PERMANENT]
    pause = await world.ask(**CALLBACK)
    await world.deliver_due()
    await world.deliver_due()
    await cancel(world, pause)
    await world.deliver_due()

    assert told(world) == ["pause.undeliverable", "pause.cancelled"]


async def test_other_pauses_and_webhooks_are_told_as_ever(world: World) -> None:
    events = ["pause.cancelled"]
    await create_webhook(world.services, world.principal(), "https://example.com/", events, SECRET)
    with_callback, without = await world.ask(**CALLBACK), await world.ask()
    await world.deliver_due()
    for pause in (with_callback, without):
        await cancel(world, pause)
    await world.deliver_due()

    assert sorted(url for url, _, _ in world.receiver.got) == [URL, *["https://example.com/"] * 2]


async def test_it_is_tried_again_on_the_webhooks_schedule_and_given_up(world: World) -> None:
    world.receiver.replies = [Reply(500, {}, b"")] * 20
    pause = await world.ask(**CALLBACK)
    await world.deliver_due()
    await cancel(world, pause)
    await world.deliver_due()
    world.clock.advance(timedelta(seconds=5))
    assert await world.deliver_due() == 1
    for _ in range(8):
        world.clock.advance(timedelta(hours=11))
        await world.deliver_due()

    assert len(world.receiver.got) == 8
    assert len({(headers["webhook-id"], body) for _, headers, body in world.receiver.got}) == 1
    assert (await world.audit(pause.pause_id))[-1] == "webhook.failed"


async def test_410_ends_it_and_one_event_can_be_sent_again_by_hand(world: World) -> None:
    world.vendor.outcomes = [PERMANENT]
    world.receiver.replies = [Reply(410, {}, b"")]
    pause = await world.ask(**CALLBACK)
    for _ in range(2):
        await world.deliver_due()
    world.clock.advance(timedelta(minutes=1))
    await cancel(world, pause)
    await world.deliver_due()
    last, first = await world.services.store.callback_deliveries(pause.pause_id, 10)

    assert told(world) == ["pause.undeliverable"]
    assert [each.attempts[-1].code for each in (first, last)] == ["410", "callback_gone"]
    assert {each.state for each in (first, last)} == {DeliveryState.FAILED}
    await redeliver_callback(world.services, world.principal(), pause.pause_id, first.delivery_id)
    await world.deliver_due()
    assert told(world) == ["pause.undeliverable"] * 2


async def test_callbacks_to_one_place_wait_for_each_other_and_for_no_other(world: World) -> None:
    """Or a receiver that hangs would hold up everybody's messages."""
    urls = [URL, "https://AGENTS.example.com/run/8", "https://other.example.com/run/7"]
    pauses = [await world.ask(callback_url=url, callback_secret=SECRET) for url in urls]
    mine, same, other = [pause.callback_target for pause in pauses]

    assert mine == same != other
    assert mine is not None
    assert "agents" not in mine
