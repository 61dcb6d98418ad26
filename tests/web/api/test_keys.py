"""Keys that may do less: what they may do, until when, from where; and that none makes a wider one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from pausepoint.domain.scopes import Scope
from pausepoint.domain.time import to_rfc3339
from pausepoint.operations.key_use import write_key_use
from pausepoint.operations.respond_to_pause import respond_to_pause, respond_url
from pausepoint.web.app import create_app
from pausepoint.web.endpoints import ENDPOINTS
from tests.harness import ASKED, World, an_api

pytestmark = pytest.mark.anyio


@pytest.fixture
async def api(world: World) -> AsyncIterator[httpx2.AsyncClient]:
    async with an_api(world) as client:
        yield client


async def made(api: httpx2.AsyncClient, **body: Any) -> dict[str, Any]:
    answer = await api.post("/v1/keys", json={"name": "deploy bot", **body})
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


def bearing(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def caller(world: World, key: str, address: str) -> httpx2.AsyncClient:
    transport = httpx2.ASGITransport(create_app(world.services, None), client=(address, 4321))
    return httpx2.AsyncClient(
        transport=transport, base_url="http://127.0.0.1:8000", headers=bearing(key)
    )


async def test_a_key_does_what_its_scopes_say_and_nothing_else(api: httpx2.AsyncClient) -> None:
    created = await made(api, scopes=["pauses:create"])
    assert (created["scopes"], created["mode"], created["expires_at"]) == (
        ["pauses:create"],
        "live",
        None,
    )
    key = bearing(created["api_key"])
    pause = await api.post("/v1/pause", json=ASKED, headers=key)
    assert pause.status_code == 201
    path = f"/v1/pause/{pause.json()['pause_id']}"
    refused = [
        await api.get(path, headers=key),
        await api.get("/v1/pause", headers=key),
        await api.delete(path, headers=key),
        await api.get("/v1/audit", headers=key),
        await api.get("/v1/webhooks", headers=key),
        await api.get("/v1/events", headers=key),
        await api.post("/v1/keys", json={"name": "more"}, headers=key),
    ]
    assert {(answer.status_code, answer.json()["error"]) for answer in refused} == {
        (403, "SCOPE_MISSING")
    }
    assert "`pauses:read`" in refused[0].json()["message"]
    assert (await api.get("/v1/auth/me", headers=key)).status_code == 200


async def test_a_key_has_no_answer_sent_that_it_may_not_read(
    world: World, api: httpx2.AsyncClient
) -> None:
    hook = {
        "url": "https://example.com/hook",
        "events": ["pause.responded"],
        "secret": "0123456789abcdef",
    }
    callback = {"callback_url": hook["url"], "callback_secret": hook["secret"]}
    webhook = (await api.post("/v1/webhooks", json=hook)).json()["webhook_id"]
    pause = (await api.post("/v1/pause", json=ASKED | callback)).json()["pause_id"]
    token = respond_url(world.services, await world.pause(pause)).rpartition("/")[2]
    await api.post(f"/v1/respond/{token}", json={"choice": "Approve"})
    [sent] = (await api.get(f"/v1/webhooks/{webhook}/deliveries")).json()["items"]
    [called] = (await api.get(f"/v1/pause/{pause}/callbacks")).json()["items"]
    every_other = [scope for scope in Scope if scope != "pauses:read"]
    key = bearing((await made(api, scopes=every_other))["api_key"])
    deliveries = f"/v1/webhooks/{webhook}/deliveries"
    calls = f"/v1/pause/{pause}/callbacks"
    refused = [
        await api.post("/v1/webhooks", json=hook, headers=key),
        await api.post("/v1/pause", json=ASKED | callback, headers=key),
        await api.get(deliveries, headers=key),
        await api.post(f"{deliveries}/{sent['delivery_id']}/redeliver", headers=key),
        await api.post(f"{calls}/{called['delivery_id']}/redeliver", headers=key),
        await api.get(calls, headers=key),
        await api.get(f"/v1/pause/{pause}", headers=key),
    ]
    for answer in refused:
        assert (answer.status_code, answer.json()["error"]) == (403, "SCOPE_MISSING")
        assert "`pauses:read`" in answer.json()["message"]
    log = (await api.get(f"/v1/audit?pause_id={pause}", headers=key)).json()["items"]
    details = {item["event_type"]: item["detail"] for item in log}
    assert details["pause.responded"] == {"choice": None, "has_text": False}
    assert details["pause.created"] == {"channel": "sms", "recipient": None}
    assert (await api.get("/v1/webhooks", headers=key)).status_code == 200
    assert (await api.delete(f"/v1/webhooks/{webhook}", headers=key)).status_code == 204
    assert (await api.post("/v1/pause", json=ASKED, headers=key)).status_code == 201


async def test_no_key_revokes_one_that_reaches_further(
    world: World, api: httpx2.AsyncClient
) -> None:
    later = to_rfc3339(world.clock.now() + 7_200_000)
    bounds = {"scopes": ["keys:write", "audit:read"], "networks": ["127.0.0.0/8"]}
    narrow = await made(api, **bounds, expires_at=later)
    wider = [
        await made(api, **bounds),
        await made(api, **bounds | {"networks": []}, expires_at=later),
        await made(api, **bounds | {"scopes": ["pauses:read"]}, expires_at=later),
    ]
    within = await made(api, **bounds | {"scopes": ["audit:read"]}, expires_at=later)
    key = bearing(narrow["api_key"])
    listed = (await api.get("/v1/keys")).json()["items"]
    [registered] = [each for each in listed if each["name"] == "live"]
    for each in (registered, *wider):
        refused = await api.delete(f"/v1/keys/{each['key_id']}", headers=key)
        assert (refused.status_code, refused.json()["error"]) == (403, "SCOPE_MISSING")
    for each in wider:
        me = await api.get("/v1/auth/me", headers=bearing(each["api_key"]))
        assert me.status_code == 200
    for each in (within, narrow):
        assert (await api.delete(f"/v1/keys/{each['key_id']}", headers=key)).status_code == 204


async def test_a_replay_shows_no_answer_to_a_key_that_may_not_read(
    world: World, api: httpx2.AsyncClient
) -> None:
    key = bearing((await made(api, scopes=["pauses:create"]))["api_key"])
    repeated = {"Idempotency-Key": "wire-2281"}
    asked = {**ASKED, "allow_text_response": True}
    first = await api.post("/v1/pause", json=asked, headers=repeated)
    pending = await api.post("/v1/pause", json=asked, headers=repeated | key)
    assert pending.status_code == 200
    assert pending.json()["pause_id"] == first.json()["pause_id"]
    pause = await world.pause(first.json()["pause_id"])
    token = respond_url(world.services, pause).rpartition("/")[2]
    await respond_to_pause(world.services, token, asked["options"][0], "A secret.")

    refused = await api.post("/v1/pause", json=asked, headers=repeated | key)
    assert (refused.status_code, refused.json()["error"]) == (403, "SCOPE_MISSING")
    assert "secret" not in refused.text
    answered = await api.post("/v1/pause", json=asked, headers=repeated)
    assert answered.json()["response_text"] == "A secret."


def test_every_endpoint_that_takes_a_key_says_what_for() -> None:
    for_any_key = {
        f"{point.method} {point.path}"
        for point in ENDPOINTS
        if point.needs_key and point.scope is None
    }
    assert for_any_key == {"GET /v1/auth/me", "POST /v1/auth/keys/rotate"}
    assert {point.scope for point in ENDPOINTS} >= set(Scope) - {Scope.RECIPIENTS_WRITE}


async def test_a_tool_by_mcp_needs_the_scope_of_what_it_does(api: httpx2.AsyncClient) -> None:
    created = await made(api, scopes=["pauses:read"])
    call = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": "create_pause_request", "arguments": ASKED},
    }
    answer = await api.post("/mcp", json=call, headers=bearing(created["api_key"]))
    result = answer.json()["result"]
    assert result["isError"]
    assert "pauses:create" in str(result["content"])


async def test_a_key_ends_when_it_was_said(world: World, api: httpx2.AsyncClient) -> None:
    until = to_rfc3339(world.clock.now() + 3_600_000)
    created = await made(api, expires_at=until)
    assert created["expires_at"] == until
    key = bearing(created["api_key"])
    assert (await api.get("/v1/auth/me", headers=key)).status_code == 200
    world.clock.advance(timedelta(hours=1))
    ended = await api.get("/v1/auth/me", headers=key)
    assert (ended.status_code, ended.json()["error"]) == (401, "INVALID_API_KEY")
    assert "expired" in ended.json()["message"]
    assert created["key_id"] not in str((await api.get("/v1/keys")).json())


async def test_a_key_opens_from_its_networks_only(world: World, api: httpx2.AsyncClient) -> None:
    created = await made(api, networks=["192.0.2.0/24", "2001:db8::/32"])
    key = created["api_key"]
    for address in ("192.0.2.7", "2001:db8::1", "::ffff:192.0.2.7"):
        assert (await caller(world, key, address).get("/v1/auth/me")).status_code == 200
    for address in ("198.51.100.1", "2001:db9::1"):
        refused = await caller(world, key, address).get("/v1/auth/me")
        assert (refused.status_code, refused.json()["error"]) == (403, "ADDRESS_NOT_ALLOWED")
    # Said by the caller, not by a proxy that we trust.
    refused = await caller(world, key, "198.51.100.1").get(
        "/v1/auth/me", headers={"X-Forwarded-For": "192.0.2.7"}
    )
    assert refused.status_code == 403
    listed = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
        "name": "list_pause_requests", "arguments": {}}}  # fmt: skip
    inside = await caller(world, key, "192.0.2.7").post("/mcp", json=listed)
    assert not inside.json()["result"].get("isError")


async def test_no_key_makes_one_that_reaches_further(world: World, api: httpx2.AsyncClient) -> None:
    soon = to_rfc3339(world.clock.now() + 3_600_000)
    late = to_rfc3339(world.clock.now() + 7_200_000)
    bounds = {
        "scopes": ["keys:write", "pauses:read"],
        "expires_at": soon,
        "networks": ["127.0.0.0/8"],
    }
    narrow = bearing((await made(api, **bounds))["api_key"])
    for wider in (
        {"scopes": ["pauses:create"]},
        {"scopes": list(Scope)},
        {"expires_at": late},
        {"networks": ["0.0.0.0/0"]},
        {"networks": ["127.0.0.1", "192.0.2.1"]},
        {"networks": ["::1"]},
    ):
        refused = await api.post("/v1/keys", json={"name": "wider", **wider}, headers=narrow)
        assert (refused.status_code, refused.json()["error"]) == (403, "SCOPE_MISSING"), wider
    # What is left out is as the key itself has it.
    same = await api.post("/v1/keys", json={"name": "same"}, headers=narrow)
    assert {name: same.json()[name] for name in bounds} == bounds
    less = {"name": "less", "scopes": ["pauses:read"], "networks": ["127.0.0.1"]}
    assert (await api.post("/v1/keys", json=less, headers=narrow)).status_code == 201


async def test_modes_stay_apart(world: World, api: httpx2.AsyncClient) -> None:
    test = bearing(world.alice.test_key)
    created = await api.post("/v1/keys", json={"name": "ci"}, headers=test)
    assert created.json()["api_key"].startswith("pp_test_")
    [live] = (await api.get("/v1/keys")).json()["items"]
    assert (await api.delete(f"/v1/keys/{live['key_id']}", headers=test)).status_code == 404
    assert (await api.get("/v1/auth/me")).status_code == 200


async def test_a_revoked_key_opens_nothing_and_revoking_twice_finds_none(
    api: httpx2.AsyncClient,
) -> None:
    created = await made(api)
    key, path = bearing(created["api_key"]), f"/v1/keys/{created['key_id']}"
    assert (await api.get("/v1/auth/me", headers=key)).status_code == 200
    assert (await api.delete(path)).status_code == 204
    assert (await api.get("/v1/auth/me", headers=key)).status_code == 401
    again = await api.delete(path)
    assert (again.status_code, again.json()["error"]) == (404, "KEY_NOT_FOUND")


async def test_a_rotated_key_keeps_its_name_and_its_bounds(
    world: World, api: httpx2.AsyncClient
) -> None:
    bounds = {"scopes": ["audit:read"], "networks": ["127.0.0.0/8"]}
    created = await made(api, **bounds)
    rotated = await api.post("/v1/auth/keys/rotate", headers=bearing(created["api_key"]))
    key = bearing(rotated.json()["api_key"])
    assert (await api.get("/v1/audit", headers=key)).status_code == 200
    assert (await api.get("/v1/pause", headers=key)).status_code == 403
    [shown] = [k for k in (await api.get("/v1/keys")).json()["items"] if k["name"] == "deploy bot"]
    assert {name: shown[name] for name in bounds} == bounds
    refused = await caller(world, rotated.json()["api_key"], "192.0.2.1").get("/v1/audit")
    assert refused.status_code == 403


async def test_the_list_says_when_a_key_was_used_last_and_never_the_key(
    world: World, api: httpx2.AsyncClient
) -> None:
    created = await made(api)
    world.clock.advance(timedelta(minutes=3))
    used_at = to_rfc3339(world.clock.now())
    await api.get("/v1/auth/me", headers=bearing(created["api_key"]))
    world.clock.advance(timedelta(minutes=1))
    await write_key_use(world.services)
    listed = await api.get("/v1/keys")
    assert created["api_key"] not in listed.text
    [shown] = [k for k in listed.json()["items"] if k["key_id"] == created["key_id"]]
    assert shown["last_used_at"] == used_at
    assert shown["prefix"] == created["api_key"][:16]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "two\nlines"}, "name"),
        ({"name": "n" * 101}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["pauses:answer"]}, "scopes"),
        ({"expires_at": "tomorrow"}, "expires_at"),
        ({"expires_at": "2027-01-01T00:00:00"}, "expires_at"),
        ({"expires_at": "2000-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "9999-12-31T23:59:59-23:59"}, "expires_at"),
        ({"networks": ["example.com"]}, "networks"),
        ({"networks": ["192.0.2.1/24"]}, "networks"),
    ],
)
async def test_bad_wishes_are_refused_by_name(
    api: httpx2.AsyncClient, body: dict[str, Any], field: str
) -> None:
    refused = await api.post("/v1/keys", json={"name": "bad", **body})
    assert refused.status_code == 422, refused.text
    assert field in [problem["field"] for problem in refused.json()["detail"]]


async def test_there_is_an_end_to_how_many(api: httpx2.AsyncClient) -> None:
    for _ in range(98):
        await made(api)
    refused = await api.post("/v1/keys", json={"name": "one more"})
    assert (refused.status_code, refused.json()["error"]) == (409, "TOO_MANY_KEYS")
