"""`action`: what is to be done, exact for whoever asks, sealed at rest, and too large for a list."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from pausepoint.domain.action import ACTION_LIMIT
from pausepoint.operations.respond_to_pause import respond_url
from tests.harness import World, an_api

pytestmark = pytest.mark.anyio

ASK: dict[str, Any] = {
    "recipient": "+15550100199",
    "channel": "sms",
    "message": "May I run this?",
    "options": ["Approve", "Reject"],
}
ACTION: dict[str, Any] = {
    "tool": "Bash",
    "arguments": {
        "z": [1, 2.5, None, True],
        "command": "echo 'é' > ✓",
        "n": 12345678901234567890123,
    },
}
EMPTY = len(json.dumps({"arguments": "", "tool": "t"}, separators=(",", ":")))


@pytest.fixture
async def api(world: World) -> AsyncIterator[httpx2.AsyncClient]:
    async with an_api(world) as client:
        yield client


def sha256(action: dict[str, Any]) -> str:
    """As the documentation says that anybody can reckon it."""
    canonical = json.dumps(action, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


async def test_an_action_comes_back_as_it_was_sent_with_its_hash(
    world: World, api: httpx2.AsyncClient
) -> None:
    made = (await api.post("/v1/pause", json=ASK | {"action": ACTION})).json()
    seen = (await api.get(f"/v1/pause/{made['pause_id']}")).json()
    cancelled = (await api.delete(f"/v1/pause/{made['pause_id']}")).json()

    for body in (made, seen, cancelled):
        assert (body["action"], body["action_sha256"]) == (ACTION, sha256(ACTION))
        assert list(body["action"]["arguments"]) == ["z", "command", "n"]


async def test_the_person_is_told_by_the_api_too(world: World, api: httpx2.AsyncClient) -> None:
    made = (await api.post("/v1/pause", json=ASK | {"action": ACTION})).json()
    link = respond_url(world.services, await world.pause(made["pause_id"]))
    body = (await api.get(f"/v1/respond/{link.rpartition('/')[2]}")).json()

    assert (body["action"], body["action_sha256"]) == (ACTION, sha256(ACTION))


async def test_a_list_has_the_hash_alone(world: World, api: httpx2.AsyncClient) -> None:
    await api.post("/v1/pause", json=ASK | {"action": ACTION})
    world.clock.advance(timedelta(seconds=1))
    await api.post("/v1/pause", json=ASK)
    items = (await api.get("/v1/pause")).json()["items"]

    shown = [(item["action"], item["action_sha256"]) for item in items]
    assert shown == [(None, None), (None, sha256(ACTION))]


@pytest.mark.parametrize("arguments", [None, "text", [], {}, 0, {"": ""}])
async def test_arguments_are_any_json(api: httpx2.AsyncClient, arguments: Any) -> None:
    action = {"tool": "mcp__shop__refund", "arguments": arguments}
    made = (await api.post("/v1/pause", json=ASK | {"action": action})).json()

    assert (made["action"], made["action_sha256"]) == (action, sha256(action))


async def test_an_action_may_have_256_kib_and_no_more(api: httpx2.AsyncClient) -> None:
    room = ACTION_LIMIT - EMPTY
    fits = {"tool": "t", "arguments": "é" * (room // 2) + "x" * (room % 2)}
    taken = await api.post("/v1/pause", json=ASK | {"action": fits})
    refused = await api.post(
        "/v1/pause", json=ASK | {"action": fits | {"arguments": "x" * (room + 1)}}
    )

    assert taken.status_code == 201
    whole = (await api.get(f"/v1/pause/{taken.json()['pause_id']}")).json()
    assert whole["action"] == fits
    assert (refused.status_code, refused.json()["detail"][0]["field"]) == (422, "action")
    assert str(ACTION_LIMIT) in refused.json()["detail"][0]["message"]


@pytest.mark.parametrize(
    ("action", "field"),
    [
        ("Bash", "action"),
        ({"tool": "Bash"}, "action"),
        ({"arguments": {}}, "action"),
        ({"tool": 7, "arguments": {}}, "action.tool"),
        ({"tool": " ", "arguments": {}}, "action"),
        ({"tool": "x" * 201, "arguments": {}}, "action"),
        ({"tool": "x", "arguments": {"a": ["nul \0"]}}, "action"),
        ({"tool": "nul \0", "arguments": {}}, "action"),
    ],
)  # fmt: skip
async def test_a_bad_action_is_refused(api: httpx2.AsyncClient, action: Any, field: str) -> None:
    refused = await api.post("/v1/pause", json=ASK | {"action": action})

    assert (refused.status_code, refused.json()["error"]) == (422, "VALIDATION_ERROR")
    assert refused.json()["detail"][0]["field"] == field
    assert (await api.get("/v1/pause")).json()["items"] == []


@pytest.mark.parametrize(
    ("arguments", "status"),
    [(b'"\\ud800"', 422), (b"1e999", 422), (b"NaN", 400), (b"[" * 70 + b"]" * 70, 400)],
)
async def test_what_json_cannot_say_is_refused(
    api: httpx2.AsyncClient, arguments: bytes, status: int
) -> None:
    body = json.dumps(ASK | {"action": {"tool": "t", "arguments": "HERE"}}).encode()
    refused = await api.post(
        "/v1/pause",
        content=body.replace(b'"HERE"', arguments),
        headers={"Content-Type": "application/json"},
    )

    assert refused.status_code == status


async def test_another_action_is_another_question(api: httpx2.AsyncClient) -> None:
    key = {"Idempotency-Key": "job-17"}
    first = await api.post("/v1/pause", json=ASK | {"action": ACTION}, headers=key)
    same = await api.post("/v1/pause", json=ASK | {"action": ACTION}, headers=key)
    other = await api.post(
        "/v1/pause", json=ASK | {"action": ACTION | {"tool": "Write"}}, headers=key
    )

    assert (first.status_code, same.status_code, other.status_code) == (201, 200, 422)
    assert same.json() == first.json()


async def test_nothing_of_an_action_lies_in_clear(
    world: World, api: httpx2.AsyncClient, tmp_path: Path
) -> None:
    secret = "A-WORD-THAT-ONLY-THE-ACTION-HAS"
    made = await api.post("/v1/pause", json=ASK | {"action": {"tool": secret, "arguments": secret}})
    assert made.json()["action"]["arguments"] == secret

    kept = b"".join(path.read_bytes() for path in tmp_path.glob("test.db*"))
    assert made.json()["pause_id"].encode() in kept
    assert secret.encode() not in kept


async def test_a_body_past_1_mib_is_refused(api: httpx2.AsyncClient) -> None:
    big = {"tool": "t", "arguments": "x" * 1024 * 1024}
    refused = await api.post("/v1/pause", json=ASK | {"action": big})

    assert (refused.status_code, refused.json()["error"]) == (413, "PAYLOAD_TOO_LARGE")
