"""The callback of a pause, as a client sees it: taken or refused, never shown, its deliveries listed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from pausepoint.channels.base import Reply
from tests.harness import World, an_api
from tests.web.api.test_pauses import ASK

pytestmark = pytest.mark.anyio

SECRET = "only for this very run"
CALLBACK = {"callback_url": "https://agents.example.com/run/hidden-part", "callback_secret": SECRET}


@pytest.fixture
async def api(world: World) -> AsyncIterator[httpx2.AsyncClient]:
    async with an_api(world) as client:
        yield client


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"callback_url": "http://example.com/"}, "INVALID_WEBHOOK_URL", None),
        ({"callback_url": "https://127.0.0.1/"}, "INVALID_WEBHOOK_URL", None),
        ({"callback_url": "https://169.254.169.254/x"}, "INVALID_WEBHOOK_URL", None),
        ({"callback_url": "https://me:pw@example.com/"}, "INVALID_WEBHOOK_URL", None),
        ({"callback_url": ""}, "INVALID_WEBHOOK_URL", None),
        ({"callback_url": "https://example.com/" + "x" * 2048}, "INVALID_WEBHOOK_URL", None),
        ({"callback_url": 7}, "VALIDATION_ERROR", "callback_url"),
        ({"callback_url": None}, "VALIDATION_ERROR", "callback_url"),
        ({"callback_secret": None}, "VALIDATION_ERROR", "callback_secret"),
        ({"callback_secret": "fifteen letters"}, "VALIDATION_ERROR", "callback_secret"),
        ({"callback_secret": "x" * 513}, "VALIDATION_ERROR", "callback_secret"),
        ({"callback_secret": "nul \0 in a secret"}, "VALIDATION_ERROR", "callback_secret"),
    ],
)
async def test_an_odd_callback_is_refused_and_nobody_is_asked(
    api: httpx2.AsyncClient, changes: dict[str, Any], code: str, field: str | None
) -> None:
    refused = await api.post("/v1/pause", json=ASK | CALLBACK | changes)
    body = refused.json()

    assert (refused.status_code, body["error"]) == (422, code)
    assert field in [None, *(problem["field"] for problem in body["detail"])]
    assert (await api.get("/v1/pause")).json()["items"] == []


async def test_neither_url_nor_secret_is_ever_shown_again(api: httpx2.AsyncClient) -> None:
    made = await api.post("/v1/pause", json=ASK | CALLBACK)
    path = f"/v1/pause/{made.json()['pause_id']}"
    await api.delete(path)
    seen = [
        made,
        *[await api.get(each) for each in (path, "/v1/pause", "/v1/audit", f"{path}/callbacks")],
    ]

    assert [each.status_code for each in seen] == [201, 200, 200, 200, 200]
    assert not any(SECRET in each.text or "hidden-part" in each.text for each in seen)


async def test_its_deliveries_are_seen_and_sent_again(
    world: World, api: httpx2.AsyncClient
) -> None:
    world.receiver.replies = [Reply(500, {}, b"")]
    pause_id = (await api.post("/v1/pause", json=ASK | CALLBACK)).json()["pause_id"]
    path = f"/v1/pause/{pause_id}/callbacks"
    assert (await api.get(path)).json() == {
        "items": [], "limit": 20, "offset": 0, "has_more": False,
    }  # fmt: skip
    await api.delete(f"/v1/pause/{pause_id}")
    await world.deliver_due()
    [item] = (await api.get(path.replace("psr_", ""))).json()["items"]

    assert (item["event"], item["pause_id"], item["state"]) == (
        "pause.cancelled",
        pause_id,
        "queued",
    )
    assert [attempt["code"] for attempt in item["attempts"]] == ["500"]
    again = await api.post(f"{path}/{item['delivery_id']}/redeliver")
    assert (again.status_code, again.json()["next_attempt_at"]) == (202, "2026-01-01T12:00:00Z")
    await world.deliver_due()
    [item] = (await api.get(path)).json()["items"]
    assert item["state"] == "delivered"


async def test_only_this_pauses_callbacks_are_there_and_only_for_its_owner(
    world: World, api: httpx2.AsyncClient
) -> None:
    one, other = [
        (await api.post("/v1/pause", json=ASK | CALLBACK)).json()["pause_id"] for _ in range(2)
    ]
    await api.delete(f"/v1/pause/{one}")
    [item] = (await api.get(f"/v1/pause/{one}/callbacks")).json()["items"]
    claimed = await world.services.store.claim_deliveries(10, 60_000)
    message = next(each for each in claimed if each.event is None and each.pause_id == one)

    for pause_id, delivery_id in [(other, item["delivery_id"]), (one, message.delivery_id)]:
        refused = await api.post(f"/v1/pause/{pause_id}/callbacks/{delivery_id}/redeliver")
        assert (refused.status_code, refused.json()["error"]) == (404, "DELIVERY_NOT_FOUND")
    async with an_api(world, world.alice.test_key) as test:
        refused = await test.get(f"/v1/pause/{one}/callbacks")
        assert (refused.status_code, refused.json()["error"]) == (404, "PAUSE_NOT_FOUND")
        again = f"/v1/pause/{one}/callbacks/{item['delivery_id']}/redeliver"
        assert (await test.post(again)).json()["error"] == "PAUSE_NOT_FOUND"
