"""The worker: wakes at once, sleeps otherwise, loses nothing, delays nobody for somebody else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pausepoint.channels.base import Notification, Receipt, Reply
from pausepoint.domain.account import Principal
from pausepoint.domain.in_flight import PER_CHANNEL, WEBHOOKS_OF_ONE_ACCOUNT
from pausepoint.domain.mode import Mode
from pausepoint.domain.question import Question
from pausepoint.domain.time import Instant
from pausepoint.operations.create_pause import create_pause
from pausepoint.operations.manage_webhooks import WEBHOOKS_LIMIT, create_webhook
from pausepoint.operations.register_developer import register_developer
from pausepoint.operations.respond_to_pause import respond_to_pause, respond_url
from pausepoint.operations.services import Services
from pausepoint.worker.deadlines import DeadlineLoop
from pausepoint.worker.deliveries import DeliveryLoop
from tests.harness import World, until

pytestmark = pytest.mark.anyio
SECRET = "a secret of sixteen"
QUESTION = Question(
    recipient="+15550100142", channel="sms", message="Wire it?", options=("Approve", "Reject")
)


@asynccontextmanager
async def running(loop: DeliveryLoop | DeadlineLoop) -> AsyncIterator[None]:
    task = asyncio.create_task(loop.run())
    try:
        yield
    finally:
        loop.stop()
        await asyncio.wait_for(task, 10)


async def ended(world: World, pause_id: str) -> None:
    """Returns once the pause has ended or its delivery has failed."""
    waiter = world.services.store.watch(pause_id)
    try:
        if not (await world.pause(pause_id)).status.is_final:
            await asyncio.wait_for(waiter.wait(), 10)
    finally:
        waiter.close()


async def test_a_new_row_is_delivered_at_once(world: World) -> None:
    async with running(DeliveryLoop(world.services)):
        for count in range(1, 4):
            await world.ask()
            await until(lambda: len(world.vendor.sent) == count)  # noqa: B023


async def test_what_waited_for_a_worker_is_delivered_when_it_starts(world: World) -> None:
    for _ in range(200):
        await world.ask()
    async with running(DeliveryLoop(world.services)):
        await until(lambda: len(world.vendor.sent) == 200)


async def test_stopping_waits_for_what_was_begun(world: World) -> None:
    access_control = asyncio.Event()
    sending = asyncio.Event()

    class SlowVendor:
        async def send(self, *_: Any) -> Any:
            sending.set()
            await access_control.wait()
            return await world.vendor.send(*_)

        async def fetch_status(self, _: str) -> None:
            return None

    services = replace(world.services, transports={Mode.LIVE: {"sms": SlowVendor()}})
    loop = DeliveryLoop(services)
    task = asyncio.create_task(loop.run())
    pause = await world.ask()
    await asyncio.wait_for(sending.wait(), 10)
    loop.stop()
    access_control.set()
    await asyncio.wait_for(task, 10)

    assert (await world.pause(pause.pause_id)).delivery_state == "sent"


async def test_what_had_to_be_broken_off_is_handed_back_due_at_once(world: World) -> None:
    sending = asyncio.Event()

    class Silent:
        async def send(self, *_: Any) -> Any:
            sending.set()
            await asyncio.Event().wait()

        async def fetch_status(self, _: str) -> None:
            return None

    services = replace(world.services, transports={Mode.LIVE: {"sms": Silent()}})
    task = asyncio.create_task(DeliveryLoop(services).run())
    pause = await world.ask()
    await asyncio.wait_for(sending.wait(), 10)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert await world.deliver_due() == 1
    final = await world.pause(pause.pause_id)
    assert [a.outcome for a in final.attempts] == ["unknown", "sent"]


class SlowReceiver:
    """Never answers at one URL; answers at once at every other."""

    def __init__(self) -> None:
        self.fast = 0
        self.slow = 0
        self.answered = 0
        self.most_at_once = 0
        self.access_control = asyncio.Event()

    async def request(self, method: str, url: str, **_: Any) -> Reply:
        if "slow" in url:
            self.slow += 1
            self.most_at_once = max(self.most_at_once, self.slow)
            await self.access_control.wait()
            self.slow -= 1
            self.answered += 1
        else:
            self.fast += 1
        return Reply(200, {}, b"")


async def answer(world: World, services: Services, **changes: Any) -> None:
    pause = await world.ask(Mode.TEST, **changes)
    token = respond_url(services, pause).rpartition("/")[2]
    await respond_to_pause(services, token, "Approve", None)


async def test_a_slow_target_delays_only_itself(world: World) -> None:
    receiver = SlowReceiver()
    services = replace(world.services, http=receiver)
    for name in ("slow", "fast"):
        await create_webhook(
            services,
            world.principal(Mode.TEST),
            f"https://{name}.example.com/",
            ["pause.responded"],
            SECRET,
        )
    async with running(DeliveryLoop(services)):
        for _ in range(100):
            await answer(world, services)
        await until(lambda: receiver.fast == 100)
        assert 0 < receiver.most_at_once <= 4
        receiver.access_control.set()


async def bob_of(world: World) -> Principal:
    bob = await register_developer(world.services, "bob@example.com", "Bob")
    return Principal("key_bob", bob.developer.developer_id, Mode.LIVE, "unlimited")


async def test_one_accounts_slow_webhooks_delay_nobody_else(world: World) -> None:
    """140 hosts of callbacks, and as many webhooks as an account may have, that never answer."""
    receiver = SlowReceiver()
    services = replace(world.services, http=receiver)
    alice, bob = world.principal(Mode.TEST), await bob_of(world)
    events = ["pause.responded"]
    for number in range(WEBHOOKS_LIMIT):
        await create_webhook(services, alice, f"https://slow{number}.example.com/", events, SECRET)
    await create_webhook(services, bob, "https://fast.example.com/", events, SECRET)
    async with running(DeliveryLoop(services)):
        for number in range(140):
            callback = f"https://slow-callback{number}.example.com/"
            await answer(world, services, callback_url=callback, callback_secret=SECRET)
        await until(lambda: receiver.slow == WEBHOOKS_OF_ONE_ACCOUNT)
        asked = (await create_pause(services, bob, QUESTION, 0)).pause
        await until(lambda: len(world.vendor.sent) == 1)
        token = respond_url(services, asked).rpartition("/")[2]
        await respond_to_pause(services, token, "Approve", None)
        await until(lambda: receiver.fast == 1)

        assert receiver.most_at_once == WEBHOOKS_OF_ONE_ACCOUNT
        receiver.access_control.set()


async def test_one_accounts_messages_leave_room_for_anothers(world: World) -> None:
    access_control, begun = asyncio.Event(), []

    class SlowForAlice:
        async def send(self, message: Any, notification: Notification, now: Instant) -> Receipt:
            begun.append(notification.sender)
            if notification.sender != "Bob":
                await access_control.wait()
            return Receipt(code="ok")

        async def fetch_status(self, _: str) -> None:
            return None

    services = replace(world.services, transports={Mode.LIVE: {"sms": SlowForAlice()}})
    bob = await bob_of(world)
    for _ in range(PER_CHANNEL * 2):
        await world.ask()
    async with running(DeliveryLoop(services)):
        await until(lambda: len(begun) == PER_CHANNEL // 2)
        for _ in range(PER_CHANNEL * 2):
            await create_pause(services, bob, QUESTION, 0)
        await until(lambda: begun.count("Bob") == PER_CHANNEL * 2)

        assert len(begun) == PER_CHANNEL * 2 + PER_CHANNEL // 2
        access_control.set()


async def test_waiting_for_ones_turn_is_no_attempt(world: World) -> None:
    receiver = SlowReceiver()
    services = replace(world.services, http=receiver)
    await create_webhook(
        services,
        world.principal(Mode.TEST),
        "https://slow.example.com/",
        ["pause.responded"],
        SECRET,
    )
    async with running(DeliveryLoop(services)):
        for _ in range(20):
            await answer(world, services)
        await until(lambda: receiver.slow == 4)
        for _ in range(6):
            world.clock.advance(timedelta(seconds=31))
            await asyncio.sleep(0)
        receiver.access_control.set()
        await until(lambda: receiver.answered == 20)
        [webhook] = await services.store.webhooks(world.alice.developer.developer_id, Mode.TEST)

        async def attempts() -> list[int]:
            found = await services.store.webhook_deliveries(webhook.webhook_id, 100, 0)
            return [len(one.attempts) for one in found if one.state == "delivered"]

        async with asyncio.timeout(10):
            while len(done := await attempts()) < 20:  # noqa: ASYNC110 - turns of the loop
                await asyncio.sleep(0)
    assert all(count <= 4 for count in done)


async def test_a_deadline_falls_by_its_own_instant(world: World) -> None:
    pause = await world.ask(timeout_hours=1, timeout_default="Reject")
    async with running(DeadlineLoop(world.services)):
        await until(lambda: bool(world.clock._sleepers))
        world.clock.advance(timedelta(minutes=59, seconds=59, milliseconds=999))
        await asyncio.sleep(0)
        assert (await world.pause(pause.pause_id)).status == "pending"
        world.clock.advance(timedelta(milliseconds=1))
        await ended(world, pause.pause_id)

    final = await world.pause(pause.pause_id)
    assert (final.status, final.choice, final.resolved_by) == ("timed_out", "Reject", "timeout")


async def test_a_nearer_deadline_that_comes_later_is_not_slept_through(world: World) -> None:
    await world.ask(timeout_hours=24)
    async with running(DeadlineLoop(world.services)):
        await until(lambda: bool(world.clock._sleepers))
        pause = await world.ask(timeout_hours=1 / 60)
        await until(lambda: any(at == pause.expires_at for at, _ in world.clock._sleepers))
        world.clock.advance(timedelta(minutes=1))
        await ended(world, pause.pause_id)

    assert (await world.pause(pause.pause_id)).status == "timed_out"


async def test_a_thousand_deadlines_at_once_all_fall(world: World) -> None:
    pauses = [await world.ask(Mode.TEST, timeout_hours=1) for _ in range(1_000)]
    world.clock.advance(timedelta(hours=1))
    async with running(DeadlineLoop(world.services)):
        await ended(world, pauses[-1].pause_id)
        for pause in pauses:
            await ended(world, pause.pause_id)

    assert await world.services.store.due_pauses(world.clock.now(), 1) == []
