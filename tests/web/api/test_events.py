"""GET /v1/events in this process: what is told, to whom, from where on, and when it ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx2
import pytest

from pausepoint.channels.base import ChannelError
from pausepoint.domain.account import Principal
from pausepoint.domain.mode import Mode
from pausepoint.domain.pause import Pause
from pausepoint.operations.cancel_pause import cancel_pause
from pausepoint.operations.manage_keys import rotate_key
from pausepoint.operations.manage_webhooks import create_webhook
from pausepoint.operations.respond_to_pause import respond_to_pause, respond_url
from pausepoint.operations.time_out_pauses import time_out_pauses
from pausepoint.security.api_keys import hash_api_key
from tests.harness import World, an_api
from tests.web.streams import Stream, a_stream

pytestmark = pytest.mark.anyio

PERMANENT = ChannelError("21211", "Not a phone number.", is_permanent=True)


@pytest.fixture
async def api(world: World) -> AsyncIterator[httpx2.AsyncClient]:
    async with an_api(world) as client:
        yield client


async def answer(world: World, pause: Pause, text: str | None = None) -> None:
    token = respond_url(world.services, pause).rpartition("/")[2]
    await respond_to_pause(world.services, token, "Approve", text)


async def names(stream: Stream, count: int) -> list[str]:
    return [frame.fields["event"] for frame in await stream.events(count)]


async def test_it_begins_at_once_with_where_to_go_on(world: World) -> None:
    async with a_stream(world) as stream:
        first = await stream.next()

    assert (stream.status, stream.headers["content-type"]) == (200, "text/event-stream")
    assert stream.headers["cache-control"] == "no-store"
    assert stream.headers["x-accel-buffering"] == "no"
    assert "content-length" not in stream.headers
    registered = await world.services.store.feed_end(world.alice.developer.developer_id)
    assert first.fields == {"retry": "2000", "id": str(registered.entry_id)}


async def test_all_that_happens_to_a_pause_is_told_in_order(world: World) -> None:
    async with a_stream(world) as stream:
        pause = await world.ask(allow_text_response=True, metadata={"run": 7})
        await world.deliver_due()
        world.clock.advance(timedelta(minutes=1))
        await answer(world, pause, "only the old ones")
        created, sent, responded = await stream.events(3)

    assert [f.fields["event"] for f in (created, sent, responded)] == [
        "pause.created", "notification.sent", "pause.responded",
    ]  # fmt: skip
    assert created.data == {
        "event": "pause.created",
        "pause_id": pause.pause_id,
        "developer_id": pause.developer_id,
        "timestamp": "2026-01-01T12:00:00Z",
        "data": {
            "choice": None, "text": None, "response_at": None, "metadata": {"run": 7},
            "resolved_by": None, "test": False,
        },
    }  # fmt: skip
    assert sent.data["data"]["delivery"] == {
        "delivery_id": world.vendor.sent[0].delivery_id, "attempt": 1, "code": "queued",
        "channel": "sms", "reminder": False,
    }  # fmt: skip
    assert responded.data["timestamp"] == "2026-01-01T12:01:00Z"
    assert responded.data["data"] == {
        "choice": "Approve", "text": "only the old ones", "response_at": "2026-01-01T12:01:00Z",
        "metadata": {"run": 7}, "resolved_by": "human", "test": False,
    }  # fmt: skip


async def test_the_end_is_told_in_the_bytes_that_a_webhook_gets(world: World) -> None:
    events, secret = ["pause.responded"], "0123456789abcdef"
    await create_webhook(world.services, world.principal(), "https://example.com/", events, secret)
    async with a_stream(world, "/v1/events?types=pause.responded") as stream:
        await answer(world, await world.ask())
        await world.deliver_due()
        [frame] = await stream.events(1)

    [(_, _, body)] = world.receiver.got
    assert frame.fields["data"].encode() == body


async def test_every_other_end_is_told_too(world: World) -> None:
    world.vendor.outcomes = [PERMANENT]
    async with a_stream(world) as stream:
        late = await world.ask(timeout_hours=1, timeout_default="Reject")
        await world.deliver_due()
        world.clock.advance(timedelta(hours=1))
        await time_out_pauses(world.services, [late])
        cancelled = await world.ask()
        await cancel_pause(world.services, world.principal(), cancelled.pause_id)
        told = await stream.events(6)

    assert [frame.fields["event"] for frame in told] == [
        "pause.created", "notification.failed", "pause.undeliverable", "pause.timed_out",
        "pause.created", "pause.cancelled",
    ]  # fmt: skip
    assert [frame.data["data"]["resolved_by"] for frame in told] == [
        None, None, None, "timeout", None, "developer",
    ]  # fmt: skip
    assert told[3].data["data"]["choice"] == "Reject"
    assert told[1].data["data"]["delivery"]["code"] == "21211"


async def test_who_comes_back_misses_nothing_and_hears_nothing_twice(world: World) -> None:
    async with a_stream(world) as stream:
        pause = await world.ask()
        [created] = await stream.events(1)
    await world.deliver_due()
    await answer(world, pause)
    async with a_stream(world, last_event_id=created.fields["id"]) as stream:
        assert await names(stream, 2) == ["notification.sent", "pause.responded"]
        await world.ask()
        assert await names(stream, 1) == ["pause.created"]


async def test_who_was_cut_off_before_the_first_event_misses_nothing_either(world: World) -> None:
    async with a_stream(world) as stream:
        begun = await stream.next()
    await world.ask()
    async with a_stream(world, last_event_id=begun.fields["id"]) as stream:
        assert await names(stream, 1) == ["pause.created"]


async def test_what_was_answered_meanwhile_is_not_told_before_its_time(world: World) -> None:
    await answer(world, await world.ask())
    async with a_stream(world, last_event_id="0") as stream:
        created, responded = await stream.events(2)

    assert created.data["data"]["choice"] is None
    assert responded.data["data"]["choice"] == "Approve"


async def test_more_than_a_page_comes_whole(world: World) -> None:
    made = [(await world.ask()).pause_id for _ in range(250)]
    async with a_stream(world, last_event_id="0") as stream:
        told = await stream.events(250)

    assert [frame.data["pause_id"] for frame in told] == made
    ids = [int(frame.fields["id"]) for frame in told]
    assert ids == sorted(set(ids))


async def test_only_the_events_that_are_wanted_come(world: World) -> None:
    path = "/v1/events?types=pause.cancelled,pause.responded"
    async with a_stream(world, path, last_event_id="0") as stream:
        first, second = await world.ask(), await world.ask()
        await answer(world, first)
        await cancel_pause(world.services, world.principal(), second.pause_id)

        assert await names(stream, 2) == ["pause.responded", "pause.cancelled"]


@pytest.mark.parametrize("types", ["pause.exploded", "pause.created,webhook.delivered", "%00"])
async def test_events_that_there_are_not_are_refused(api: httpx2.AsyncClient, types: str) -> None:
    refused = await api.get(f"/v1/events?types={types}")

    assert (refused.status_code, refused.json()["detail"][0]["field"]) == (422, "types")


async def test_the_other_mode_and_other_accounts_hear_nothing(
    world: World, api: httpx2.AsyncClient
) -> None:
    person = {"email": "bob@example.com", "name": "Bob", "password": "long enough"}
    bob = (await api.post("/v1/auth/register", json=person)).json()["api_key"]
    async with a_stream(world, key=bob) as bobs, a_stream(world) as live:
        async with a_stream(world, key=world.alice.test_key) as test:
            await world.ask(Mode.TEST)
            mine = await world.ask()
            [told] = await live.events(1)
            assert told.data["pause_id"] == mine.pause_id
            assert await names(test, 1) == ["pause.created"]
        async with an_api(world, bob) as other:
            await other.get("/v1/pause")
        assert len(bobs.body.splitlines()) == 3


@pytest.mark.parametrize(
    "given",
    ["x", "-1", "1.5", "1-", "-", "1-2-3", "9" * 30, "12 ", "0x1", "１", "é", "<script>"],
)
async def test_an_id_that_is_none_is_refused(api: httpx2.AsyncClient, given: str) -> None:
    refused = await api.get("/v1/events", headers=[(b"last-event-id", given.encode())])

    assert (refused.status_code, refused.json()["error"]) == (422, "VALIDATION_ERROR")
    assert refused.json()["detail"] == [
        {"field": "Last-Event-ID", "message": "This is not the id of an event."}
    ]


@pytest.mark.parametrize("given", ["9" * 16, "7-1", "9" * 18, "9" * 18 + "-" + "9" * 18])
async def test_an_id_of_another_server_is_refused(api: httpx2.AsyncClient, given: str) -> None:
    """Or a client would wait for what never comes, after a backup was restored."""
    refused = await api.get("/v1/events", headers={"Last-Event-ID": given})

    assert (refused.status_code, refused.json()["error"]) == (410, "EVENTS_GONE")


async def test_an_empty_id_is_none(world: World) -> None:
    async with a_stream(world, last_event_id="") as stream:
        assert int((await stream.next()).fields["id"]) > 1 << 44


async def test_a_comment_every_fifteen_seconds_keeps_the_line_open(world: World) -> None:
    async with a_stream(world) as stream:
        await stream.next()
        for _ in range(3):
            await sleeping(world)
            world.clock.advance(timedelta(seconds=14))
            await asyncio.sleep(0)
            assert stream._frames.empty()
            world.clock.advance(timedelta(seconds=1))
            assert (await stream.next()).comment == ""


async def sleeping(world: World) -> None:
    while not world.clock._sleepers:  # noqa: ASYNC110 - a turn of the loop, no time
        await asyncio.sleep(0)


async def test_it_counts_as_a_waiting_agent_until_its_client_has_gone(world: World) -> None:
    store = world.running.store
    async with a_stream(world) as stream:
        await stream.next()
        assert store.waiting == 1

    assert store.waiting == 0


async def test_it_ends_when_the_server_stops_and_a_new_one_at_once(world: World) -> None:
    async with a_stream(world) as stream:
        await stream.next()
        await world.ask()
        world.running.begin_stop()
        await stream.end()
    async with a_stream(world) as late:
        await late.end()

    assert stream.is_over
    assert late.is_over


async def test_a_key_that_was_replaced_hears_nothing_more(world: World) -> None:
    async with a_stream(world) as stream:
        await stream.next()
        await rotate_key(world.services, await principal(world))
        await world.ask()

        assert await stream.end() == []


async def principal(world: World) -> Principal:
    found = await world.services.store.principal(hash_api_key(world.alice.live_key))
    assert found is not None
    return found


async def test_a_key_that_was_replaced_does_not_hold_a_quiet_line_open(world: World) -> None:
    async with a_stream(world) as stream:
        await stream.next()
        await sleeping(world)
        await rotate_key(world.services, await principal(world))
        world.clock.advance(timedelta(seconds=15))

        assert await stream.end() == []


async def test_without_a_key_there_is_nothing_to_hear(api: httpx2.AsyncClient) -> None:
    refused = await api.get("/v1/events", headers={"Authorization": "Bearer pp_live_" + "0" * 48})

    assert refused.status_code == 401


async def test_head_is_answered_and_not_held(world: World) -> None:
    async with a_stream(world, method="HEAD") as stream:
        await stream.end()

    assert (stream.status, stream.body) == (200, b"")
    assert stream.headers["content-type"] == "text/event-stream"
