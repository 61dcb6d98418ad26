"""/v1/pause, as a client sees it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from pausepoint.channels.base import ChannelError
from pausepoint.domain.mode import Mode
from pausepoint.operations.idempotency import forget_idempotency_keys
from pausepoint.operations.respond_to_pause import respond_to_pause, respond_url
from tests.harness import World, an_api, until

pytestmark = pytest.mark.anyio

ASK: dict[str, Any] = {
    "recipient": "+1 (555) 010-0199",
    "channel": "sms",
    "message": "Wire $8,400 to Meridian?",
    "options": ["Approve", "Reject"],
}
FIELDS = [
    "pause_id", "status", "channel", "recipient", "message", "options", "allow_text_response",
    "timeout_default", "metadata", "created_at", "expires_at", "response_choice", "response_text",
    "response_at", "resolved_by", "test", "delivery",
    "remind_at", "fallback", "action", "action_sha256",
]  # fmt: skip


@pytest.fixture
async def api(world: World) -> AsyncIterator[httpx2.AsyncClient]:
    async with an_api(world) as client:
        yield client


async def answer(world: World, pause_id: str) -> None:
    pause = await world.pause(pause_id)
    token = respond_url(world.services, pause).rpartition("/")[2]
    await respond_to_pause(world.services, token, "Approve", None)


async def test_a_new_pause_carries_every_field(api: httpx2.AsyncClient) -> None:
    metadata = {"z": 1, "a": {"deep": [None, "é"]}}
    made = await api.post("/v1/pause", json=ASK | {"metadata": metadata, "timeout_hours": 0.5})
    body = made.json()

    assert made.status_code == 201
    assert list(body) == [*FIELDS, "respond_url"]
    assert body["recipient"] == "+15550100199"
    assert body["metadata"] == metadata
    assert (body["created_at"], body["expires_at"]) == (
        "2026-01-01T12:00:00Z",
        "2026-01-01T12:30:00Z",
    )
    assert body["delivery"] == {"state": "queued", "attempts": []}
    assert (body["remind_at"], body["fallback"]) == (None, [])


async def test_a_live_key_never_learns_the_link_and_a_test_key_does(world: World) -> None:
    async with an_api(world) as live, an_api(world, world.alice.test_key) as test:
        assert (await live.post("/v1/pause", json=ASK)).json()["respond_url"] is None
        body = (await test.post("/v1/pause", json=ASK)).json()
        assert body["respond_url"].startswith("http://127.0.0.1:8000/respond/")
        seen = await test.get(f"/v1/pause/{body['pause_id']}")
        assert list(seen.json()) == FIELDS


@pytest.mark.parametrize("prefix", ["psr_", ""])
async def test_a_pause_is_found_with_and_without_its_prefix(
    api: httpx2.AsyncClient, prefix: str
) -> None:
    pause_id = (await api.post("/v1/pause", json=ASK)).json()["pause_id"]
    bare = pause_id.removeprefix("psr_")

    assert (await api.get(f"/v1/pause/{prefix}{bare}")).json()["pause_id"] == pause_id


@pytest.mark.parametrize(
    ("changes", "status", "code", "field"),
    [
        ({"channel": "pigeon"}, 400, "INVALID_CHANNEL", None),
        ({"channel": 7}, 422, "VALIDATION_ERROR", "channel"),
        ({"options": ["Only"]}, 400, "INVALID_OPTIONS", None),
        ({"options": list("abcdef")}, 400, "INVALID_OPTIONS", None),
        ({"options": ["Yes", "Yes"]}, 400, "INVALID_OPTIONS", None),
        ({"options": ["Approve", "Аpprove"]}, 400, "INVALID_OPTIONS", None),
        ({"options": ["Yes", " "]}, 400, "INVALID_OPTIONS", None),
        ({"options": ["Yes", "No\nNever"]}, 400, "INVALID_OPTIONS", None),
        ({"options": ["Yes", "No\r\n"]}, 400, "INVALID_OPTIONS", None),
        ({"options": ["Yes", "n" * 101]}, 400, "INVALID_OPTIONS", None),
        ({"options": "Yes,No"}, 422, "VALIDATION_ERROR", "options"),
        ({"timeout_default": "Maybe"}, 400, "INVALID_OPTIONS", None),
        ({"message": ""}, 422, "VALIDATION_ERROR", "message"),
        ({"message": "x" * 2001}, 422, "VALIDATION_ERROR", "message"),
        ({"message": "nul \0"}, 422, "VALIDATION_ERROR", "message"),
        ({"message": None}, 422, "VALIDATION_ERROR", "message"),
        ({"timeout_hours": 0}, 422, "VALIDATION_ERROR", "timeout_hours"),
        ({"timeout_hours": -1}, 422, "VALIDATION_ERROR", "timeout_hours"),
        ({"timeout_hours": 8761}, 422, "VALIDATION_ERROR", "timeout_hours"),
        ({"timeout_hours": 1e-300}, 422, "VALIDATION_ERROR", "timeout_hours"),
        ({"timeout_hours": "24"}, 422, "VALIDATION_ERROR", "timeout_hours"),
        ({"metadata": []}, 422, "VALIDATION_ERROR", "metadata"),
        ({"metadata": {"k": "x" * 16_384}}, 422, "VALIDATION_ERROR", "metadata"),
        ({"recipient": "5550100"}, 422, "INVALID_RECIPIENT", None),
        ({"recipient": "alice@example.com"}, 422, "INVALID_RECIPIENT", None),
        ({"recipient": "+15550100199", "channel": "email"}, 422, "INVALID_RECIPIENT", None),
        ({"recipient": "https://evil.example.com/x", "channel": "slack"}, 422, "INVALID_RECIPIENT", None),
    ],
)  # fmt: skip
async def test_a_bad_question_is_refused_with_its_code(
    api: httpx2.AsyncClient, changes: dict[str, Any], status: int, code: str, field: str | None
) -> None:
    refused = await api.post("/v1/pause", json=ASK | changes)
    body = refused.json()

    assert (refused.status_code, body["error"], body["status_code"]) == (status, code, status)
    assert ("detail" in body) == (status == 422)
    if field:
        assert field in [problem["field"] for problem in body["detail"]]
    assert (await api.get("/v1/pause")).json()["items"] == []


@pytest.mark.parametrize("missing", ["recipient", "channel", "message", "options"])
async def test_a_missing_field_is_named(api: httpx2.AsyncClient, missing: str) -> None:
    body = {name: value for name, value in ASK.items() if name != missing}
    refused = (await api.post("/v1/pause", json=body)).json()

    assert refused["error"] == "VALIDATION_ERROR"
    assert refused["detail"] == [{"field": missing, "message": "This field is required."}]


@pytest.mark.parametrize("raw", [b'{"message": "\\ud800"}', b'{"x": "\\udfff", "message": "a"}'])
async def test_an_unpaired_surrogate_is_a_bad_value(api: httpx2.AsyncClient, raw: bytes) -> None:
    refused = await api.post("/v1/pause", content=raw, headers={"Content-Type": "application/json"})

    assert (refused.status_code, refused.json()["error"]) == (422, "VALIDATION_ERROR")


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"\xff", b"[1,]", b"NaN", b"[" * 20_000, b"\xef\xbb\xbf{}"]
)
async def test_what_is_not_json_is_said_to_be_none(api: httpx2.AsyncClient, raw: bytes) -> None:
    refused = await api.post("/v1/pause", content=raw, headers={"Content-Type": "application/json"})

    assert (refused.status_code, refused.json()["error"]) == (400, "INVALID_JSON")


async def test_unknown_fields_are_ignored(api: httpx2.AsyncClient) -> None:
    assert (await api.post("/v1/pause", json=ASK | {"colour": "red"})).status_code == 201


async def test_the_same_idempotency_key_gives_the_same_pause_as_it_is_now(
    world: World, api: httpx2.AsyncClient
) -> None:
    headers = {"Idempotency-Key": "job-17"}
    first = await api.post("/v1/pause", json=ASK, headers=headers)
    await answer(world, first.json()["pause_id"])
    reordered = dict(reversed((ASK | {"timeout_hours": 24.0}).items()))
    same = await api.post("/v1/pause", json=ASK, headers=headers)
    other = await api.post("/v1/pause", json=reordered, headers=headers)

    assert (first.status_code, same.status_code) == (201, 200)
    assert same.json()["pause_id"] == first.json()["pause_id"]
    assert same.json()["status"] == "responded"
    assert (other.status_code, other.json()["error"]) == (422, "IDEMPOTENCY_MISMATCH")
    assert len(world.vendor.sent) == 0
    assert await world.deliver_due() == 1


async def test_order_and_spelling_of_a_body_do_not_matter(api: httpx2.AsyncClient) -> None:
    headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}
    one = b'{"recipient":"+15550100199","channel":"sms","message":"Hm?","options":["a","b"],"timeout_hours":2}'
    two = b'{ "timeout_hours": 2.0, "options": ["a", "\\u0062"], "message": "Hm?", "channel": "sms", "recipient": "+15550100199" }'
    first = await api.post("/v1/pause", content=one, headers=headers)
    second = await api.post("/v1/pause", content=two, headers=headers)

    assert (first.status_code, second.status_code) == (201, 200)


async def test_a_hundred_creates_at_once_under_one_key_make_one_pause(
    world: World, api: httpx2.AsyncClient
) -> None:
    headers = {"Idempotency-Key": "storm"}
    made = await asyncio.gather(
        *(api.post("/v1/pause", json=ASK, headers=headers) for _ in range(100))
    )

    assert sorted(m.status_code for m in made) == [200] * 99 + [201]
    assert len({m.json()["pause_id"] for m in made}) == 1
    assert await world.deliver_due() == 1


@pytest.mark.parametrize("hours", [0.01, 24, 72, 8760])
async def test_an_idempotency_key_is_forgotten_a_week_after_the_deadline(
    world: World, api: httpx2.AsyncClient, hours: float
) -> None:
    headers, body = {"Idempotency-Key": "k"}, ASK | {"timeout_hours": hours}
    first = await api.post("/v1/pause", json=body, headers=headers)
    world.clock.advance(timedelta(hours=hours) + timedelta(days=7))
    await forget_idempotency_keys(world.services)
    found = await api.post("/v1/pause", json=body, headers=headers)
    other = await api.post("/v1/pause", json=body | {"message": "Hm?"}, headers=headers)
    world.clock.advance(timedelta(milliseconds=1))
    later = await api.post("/v1/pause", json=body, headers=headers)

    assert (first.status_code, found.status_code, later.status_code) == (201, 200, 201)
    assert found.json()["pause_id"] == first.json()["pause_id"]
    assert other.json()["error"] == "IDEMPOTENCY_MISMATCH"


async def test_mondays_run_finds_fridays_answer(world: World, api: httpx2.AsyncClient) -> None:
    headers = {"Idempotency-Key": "k"}
    first = await api.post("/v1/pause", json=ASK, headers=headers)
    world.clock.advance(timedelta(hours=5))
    await answer(world, first.json()["pause_id"])
    world.clock.advance(timedelta(days=3))
    await forget_idempotency_keys(world.services)
    monday = await api.post("/v1/pause", json=ASK, headers=headers)

    assert monday.status_code == 200
    assert monday.json()["response_choice"] == "Approve"


@pytest.mark.parametrize("key", ["", "with blank", "x" * 256])
async def test_an_odd_idempotency_key_is_refused(api: httpx2.AsyncClient, key: str) -> None:
    refused = await api.post("/v1/pause", json=ASK, headers={"Idempotency-Key": key})

    assert refused.status_code == 422
    assert refused.json()["detail"][0]["field"] == "Idempotency-Key"


async def test_keys_of_the_two_modes_do_not_meet(world: World) -> None:
    async with an_api(world) as live, an_api(world, world.alice.test_key) as test:
        headers = {"Idempotency-Key": "k"}
        mine = await live.post("/v1/pause", json=ASK, headers=headers)
        theirs = await test.post("/v1/pause", json=ASK, headers=headers)
        assert (mine.status_code, theirs.status_code) == (201, 201)
        pause_id = mine.json()["pause_id"]
        assert (await test.get(f"/v1/pause/{pause_id}")).status_code == 404
        assert (await test.delete(f"/v1/pause/{pause_id}")).json()["error"] == "PAUSE_NOT_FOUND"
        assert [p["test"] for p in (await test.get("/v1/pause")).json()["items"]] == [True]


async def test_lists_are_paged_newest_first(world: World, api: httpx2.AsyncClient) -> None:
    made = []
    for _ in range(5):
        world.clock.advance(timedelta(milliseconds=1))
        made.append((await api.post("/v1/pause", json=ASK)).json()["pause_id"])
    page = (await api.get("/v1/pause", params={"limit": 2, "offset": 1})).json()

    assert [item["pause_id"] for item in page["items"]] == made[::-1][1:3]
    assert (page["limit"], page["offset"], page["has_more"]) == (2, 1, True)
    last = (await api.get("/v1/pause", params={"limit": 2, "offset": 3})).json()
    assert (len(last["items"]), last["has_more"]) == (2, False)
    assert (await api.get("/v1/pause", params={"status": "cancelled"})).json()["items"] == []


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=x", "offset=-1", "status=lost", "status=%00"]
)
async def test_odd_list_parameters_are_refused(api: httpx2.AsyncClient, query: str) -> None:
    refused = await api.get(f"/v1/pause?{query}")

    assert (refused.status_code, refused.json()["error"]) == (422, "VALIDATION_ERROR")
    assert refused.json()["detail"][0]["field"] == query.partition("=")[0]


async def until_it_waits(world: World) -> None:
    await until(lambda: world.running.store.waiting)


async def test_a_wait_ends_with_the_answer(world: World, api: httpx2.AsyncClient) -> None:
    pause_id = (await api.post("/v1/pause", json=ASK)).json()["pause_id"]
    waiting = asyncio.ensure_future(api.get(f"/v1/pause/{pause_id}", params={"wait": 60}))
    await until_it_waits(world)
    await answer(world, pause_id)
    body = (await asyncio.wait_for(waiting, 5)).json()

    assert (body["status"], body["response_choice"]) == ("responded", "Approve")
    assert world.running.store.waiting == 0


async def test_a_wait_ends_when_nobody_can_be_reached(
    world: World, api: httpx2.AsyncClient
) -> None:
    world.vendor.outcomes = [ChannelError("21211", "No.", is_permanent=True)]
    pause_id = (await api.post("/v1/pause", json=ASK)).json()["pause_id"]
    waiting = asyncio.ensure_future(api.get(f"/v1/pause/{pause_id}", params={"wait": 60}))
    await until_it_waits(world)
    await world.deliver_due()
    body = (await asyncio.wait_for(waiting, 5)).json()

    assert (body["status"], body["delivery"]["state"]) == ("pending", "failed")


async def test_a_wait_that_brings_nothing_ends_with_the_pause_as_it_is(
    api: httpx2.AsyncClient,
) -> None:
    pause_id = (await api.post("/v1/pause", json=ASK)).json()["pause_id"]
    body = (await api.get(f"/v1/pause/{pause_id}", params={"wait": 0.01})).json()

    assert body["status"] == "pending"


@pytest.mark.parametrize("wait", ["-1", "61", "soon", "nan"])
async def test_an_odd_wait_is_refused(api: httpx2.AsyncClient, wait: str) -> None:
    pause_id = (await api.post("/v1/pause", json=ASK)).json()["pause_id"]
    refused = await api.get(f"/v1/pause/{pause_id}", params={"wait": wait})

    assert (refused.status_code, refused.json()["detail"][0]["field"]) == (422, "wait")


async def test_cancelling_twice_is_told(api: httpx2.AsyncClient) -> None:
    pause_id = (await api.post("/v1/pause", json=ASK)).json()["pause_id"]
    first = await api.delete(f"/v1/pause/{pause_id}")
    second = await api.delete(f"/v1/pause/{pause_id}")

    assert (first.json()["status"], first.json()["resolved_by"]) == ("cancelled", "developer")
    assert (second.status_code, second.json()["error"]) == (409, "ALREADY_CANCELLED")


async def test_a_slack_url_is_shown_masked_everywhere(api: httpx2.AsyncClient) -> None:
    url = "https://hooks.slack.com/services/T000/B000/verysecretpart"
    made = await api.post("/v1/pause", json=ASK | {"channel": "slack", "recipient": url})
    assert made.status_code == 201
    seen = [
        made.text,
        (await api.get(f"/v1/pause/{made.json()['pause_id']}")).text,
        (await api.get("/v1/pause")).text,
        (await api.get("/v1/audit")).text,
    ]

    assert not any("verysecretpart" in text for text in seen)
    assert all("services/T…/****" in text for text in seen)


async def test_a_channel_that_is_not_set_up_is_503(world: World) -> None:
    world.services.transports[Mode.LIVE].pop("email")  # type: ignore[attr-defined]
    async with an_api(world) as api:
        refused = await api.post(
            "/v1/pause", json=ASK | {"channel": "email", "recipient": "bob@example.com"}
        )

    assert (refused.status_code, refused.json()["error"]) == (503, "CHANNEL_NOT_CONFIGURED")
