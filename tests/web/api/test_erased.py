"""A pause whose content is erased, as everybody sees it afterwards: nulls, and never a failure."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from pausepoint.domain.pause import Pause
from pausepoint.operations.cancel_pause import cancel_pause
from pausepoint.operations.erase_content import erase_old
from pausepoint.operations.idempotency import forget_idempotency_keys
from pausepoint.operations.respond_to_pause import respond_to_pause, respond_url
from tests.harness import ASKED, World, an_api, until
from tests.web.streams import a_stream

pytestmark = pytest.mark.anyio

CONTENT = (
    "recipient", "message", "options", "metadata", "timeout_default", "response_choice",
    "response_text", "action", "action_sha256", "fallback",
)  # fmt: skip
QUESTION: dict[str, Any] = ASKED | {
    "metadata": {"invoice": 2281},
    "default": "Reject",
    "action": {"tool": "Bash", "arguments": {"command": "rm -rf build"}},
    "allow_text_response": True,
    "fallback": [{"recipient": "bob@example.com", "channel": "email"}],
}
ENDINGS = {
    "responded": ("ALREADY_RESPONDED", "This question was answered", "TOKEN_USED"),
    "timed_out": ("ALREADY_TIMED_OUT", "time to answer ended", "TOKEN_EXPIRED"),
    "cancelled": ("ALREADY_CANCELLED", "was withdrawn", "PAUSE_CANCELLED"),
}


@pytest.fixture
async def api(world: World) -> AsyncIterator[httpx2.AsyncClient]:
    async with an_api(world) as client:
        yield client


def token_of(world: World, pause: Pause) -> str:
    return respond_url(world.services, pause).rpartition("/")[2]


async def erased(world: World, api: httpx2.AsyncClient, status: str, **headers: str) -> Pause:
    """As it was before."""
    made = await api.post("/v1/pause", json=QUESTION, headers=headers)
    assert made.status_code == 201, made.text
    pause = await world.pause(made.json()["pause_id"])
    if status == "responded":
        await respond_to_pause(world.services, token_of(world, pause), "Approve", "be quick")
    elif status == "cancelled":
        await cancel_pause(world.services, world.principal(), pause.pause_id)
    else:
        world.clock.advance(timedelta(days=2))
    gone = await api.delete(f"/v1/pause/{pause.pause_id}/content")
    assert gone.status_code == 200, gone.text
    assert gone.json()["status"] == status
    return pause


def content_in(body: dict[str, Any]) -> list[str]:
    return [name for name in CONTENT if body.get(name) is not None]


@pytest.mark.parametrize("status", ENDINGS)
async def test_the_developer_sees_nulls(world: World, api: httpx2.AsyncClient, status: str) -> None:
    key = {"Idempotency-Key": "invoice-2281"}
    pause = await erased(world, api, status, **key)
    path = f"/v1/pause/{pause.pause_id}"
    seen = (await api.get(path)).json()
    [listed] = (await api.get("/v1/pause")).json()["items"]

    assert (content_in(seen), content_in(listed)) == ([], [])
    assert seen["status"] == status
    # Waiting for it ends at once: no time passes here.
    assert (await api.get(f"{path}?wait=60")).json() == seen
    refused = await api.delete(path)
    assert (refused.status_code, refused.json()["error"]) == (409, ENDINGS[status][0])
    told = await api.get(f"/v1/audit?pause_id={pause.pause_id}")
    assert not any(word in told.text for word in ("0100199", "bob@", "Wire it"))
    assert (await api.get(f"{path}/callbacks")).json()["items"] == []
    if status != "timed_out":
        again = await api.post("/v1/pause", json=QUESTION, headers=key)
        assert (again.status_code, content_in(again.json())) == (200, [])


@pytest.mark.parametrize("is_by_age", [False, True])
async def test_the_hash_of_a_key_and_its_body_goes_a_day_after_the_erasure(
    world: World, api: httpx2.AsyncClient, is_by_age: bool
) -> None:
    headers, body = {"Idempotency-Key": "invoice-2281"}, QUESTION | {"timeout_hours": 8760}
    made = await api.post("/v1/pause", json=body, headers=headers)
    other = {"Idempotency-Key": "invoice-2282"}
    kept = await api.post("/v1/pause", json=body, headers=other)
    path = f"/v1/pause/{made.json()['pause_id']}"
    assert (await api.delete(path)).status_code == 200
    if is_by_age:
        world.clock.advance(timedelta(days=40))
        assert await erase_old(world.services, timedelta(days=30)) == 1
    else:
        assert (await api.delete(f"{path}/content")).status_code == 200

    world.clock.advance(timedelta(hours=24))
    await forget_idempotency_keys(world.services)
    again = await api.post("/v1/pause", json=body, headers=headers)
    world.clock.advance(timedelta(milliseconds=1))
    await forget_idempotency_keys(world.services)
    anew = await api.post("/v1/pause", json=body, headers=headers)
    found = await api.post("/v1/pause", json=body, headers=other)

    assert (again.status_code, again.json()["pause_id"]) == (200, made.json()["pause_id"])
    assert anew.status_code == 201
    assert (found.status_code, found.json()["pause_id"]) == (200, kept.json()["pause_id"])


@pytest.mark.parametrize("status", ENDINGS)
async def test_the_person_sees_that_it_has_ended_and_no_words(
    world: World, api: httpx2.AsyncClient, status: str
) -> None:
    _, sentence, code = ENDINGS[status]
    pause = await erased(world, api, status)
    token = token_of(world, pause)
    seen = await api.get(f"/v1/respond/{token}")
    assert (seen.status_code, content_in(seen.json())) == (200, [])
    refused = await api.post(f"/v1/respond/{token}", json={"choice": "Approve"})
    assert refused.json()["error"] == code

    page = await api.get(f"/respond/{token}?o=1")
    pressed = await api.post(f"/respond/{token}", data={"choice": "Approve"})
    for shown in (page, pressed):
        assert "The words of this question have been erased." in shown.text
        assert sentence in shown.text
        for word in ("Wire it", "Approve", "Reject", "2281", "rm -rf", "be quick", "/mute"):
            assert word not in shown.text
    assert page.status_code == 200
    assert pressed.status_code == refused.status_code
    # Nobody knows any more whom it was about.
    assert (await api.get(f"/respond/{token}/mute")).status_code == 404
    assert (await api.post(f"/respond/{token}/mute")).status_code == 404


async def test_who_waits_while_it_is_erased_is_told(world: World, api: httpx2.AsyncClient) -> None:
    pause_id = (await api.post("/v1/pause", json=QUESTION)).json()["pause_id"]
    path = f"/v1/pause/{pause_id}"
    waiting = asyncio.create_task(api.get(f"{path}?wait=60"))
    await until(lambda: world.running.store.waiting)
    await api.delete(path)
    await api.delete(f"{path}/content")
    seen = await waiting

    assert (seen.status_code, seen.json()["status"]) == (200, "cancelled")


async def test_the_feed_tells_what_happened_without_its_words(
    world: World, api: httpx2.AsyncClient
) -> None:
    pause = await erased(world, api, "responded")
    async with a_stream(world, last_event_id="1") as stream:
        told = await stream.events(2)

    assert [frame.fields["event"] for frame in told] == ["pause.created", "pause.responded"]
    for frame in told:
        assert frame.data["pause_id"] == pause.pause_id
        assert (frame.data["data"]["choice"], frame.data["data"]["text"]) == (None, None)
        assert frame.data["data"]["metadata"] is None
