"""Reminders and the fallback, as a client sees them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from pausepoint.channels.base import ChannelError
from pausepoint.domain.mode import Mode
from tests.harness import World, an_api
from tests.web.api.test_pauses import ASK
from tests.web.streams import a_stream

pytestmark = pytest.mark.anyio

PERMANENT = ChannelError("21211", "Not a phone number.", is_permanent=True)
SLACK = "https://hooks.slack.com/services/T000/B000/verysecretpart"
FALLBACK = [
    {"recipient": "bob@example.com", "channel": "email"},
    {"recipient": "+1 (555) 010-0198", "channel": "sms"},
    {"recipient": SLACK, "channel": "slack"},
]


@pytest.fixture
async def api(world: World) -> AsyncIterator[httpx2.AsyncClient]:
    async with an_api(world) as client:
        yield client


async def test_what_was_asked_for_is_in_the_pause_everywhere(
    world: World, api: httpx2.AsyncClient
) -> None:
    body = ASK | {"timeout_hours": 4, "remind_after_hours": 1.5, "fallback": FALLBACK}
    made = await api.post("/v1/pause", json=body)
    pause = made.json()
    seen = [
        pause,
        (await api.get(f"/v1/pause/{pause['pause_id']}")).json(),
        *(await api.get("/v1/pause")).json()["items"],
        (await api.delete(f"/v1/pause/{pause['pause_id']}")).json(),
    ]

    assert made.status_code == 201
    assert [each["remind_at"] for each in seen] == ["2026-01-01T13:30:00Z"] * 4
    assert all(each["fallback"] == seen[0]["fallback"] for each in seen)
    assert [contact["recipient"] for contact in pause["fallback"][:2]] == [
        "bob@example.com",
        "+15550100198",
    ]
    assert pause["fallback"][2]["recipient"] == "https://hooks.slack.com/services/T…/****"
    assert "verysecretpart" not in str(seen)


async def test_every_attempt_says_to_whom_and_how(world: World, api: httpx2.AsyncClient) -> None:
    world.vendor.outcomes = [PERMANENT]
    body = ASK | {"remind_after_hours": 1, "fallback": [FALLBACK[0]]}
    pause_id = (await api.post("/v1/pause", json=body)).json()["pause_id"]
    for _ in range(3):
        await world.deliver_due()
    world.clock.advance(timedelta(hours=1))
    await world.deliver_due()
    delivery = (await api.get(f"/v1/pause/{pause_id}")).json()["delivery"]

    assert delivery["state"] == "sent"
    assert delivery["attempts"] == [
        {
            "number": 1, "at": "2026-01-01T12:00:00Z", "outcome": "failed", "code": "21211",
            "channel": "sms", "recipient": "+15550100199", "reminder": False,
        },
        {
            "number": 2, "at": "2026-01-01T12:00:00Z", "outcome": "sent", "code": "queued",
            "channel": "email", "recipient": "bob@example.com", "reminder": False,
        },
        {
            "number": 3, "at": "2026-01-01T13:00:00Z", "outcome": "sent", "code": "queued",
            "channel": "email", "recipient": "bob@example.com", "reminder": True,
        },
    ]  # fmt: skip


async def test_a_single_message_says_it_too(world: World, api: httpx2.AsyncClient) -> None:
    pause_id = (await api.post("/v1/pause", json=ASK)).json()["pause_id"]
    await world.deliver_due()
    [attempt] = (await api.get(f"/v1/pause/{pause_id}")).json()["delivery"]["attempts"]

    assert (attempt["channel"], attempt["recipient"], attempt["reminder"]) == (
        "sms", "+15550100199", False,
    )  # fmt: skip


async def test_the_feed_and_the_audit_log_tell_which_message_it_was(
    world: World, api: httpx2.AsyncClient
) -> None:
    world.vendor.outcomes = [PERMANENT]
    async with a_stream(world) as stream:
        body = ASK | {"remind_after_hours": 1, "fallback": [FALLBACK[0]]}
        await api.post("/v1/pause", json=body)
        for _ in range(2):
            await world.deliver_due()
        world.clock.advance(timedelta(hours=1))
        await world.deliver_due()
        told = await stream.events(4)
    log = (await api.get("/v1/audit")).json()["items"][::-1]

    expected = [
        ("notification.failed", "sms", False),
        ("notification.sent", "email", False),
        ("notification.sent", "email", True),
    ]
    deliveries = [frame.data["data"]["delivery"] for frame in told[1:]]
    assert expected == [
        (frame.fields["event"], delivery["channel"], delivery["reminder"])
        for frame, delivery in zip(told[1:], deliveries, strict=True)
    ]
    assert expected == [
        (entry["event_type"], entry["detail"]["channel"], entry["detail"]["reminder"])
        for entry in log
        if entry["event_type"].startswith("notification.")
    ]


@pytest.mark.parametrize(
    ("changes", "status", "code", "field"),
    [
        ({"remind_after_hours": 0}, 422, "VALIDATION_ERROR", "remind_after_hours"),
        ({"remind_after_hours": -1}, 422, "VALIDATION_ERROR", "remind_after_hours"),
        ({"remind_after_hours": 24}, 422, "VALIDATION_ERROR", "remind_after_hours"),
        ({"remind_after_hours": 1e-12}, 422, "VALIDATION_ERROR", "remind_after_hours"),
        ({"remind_after_hours": "1"}, 422, "VALIDATION_ERROR", "remind_after_hours"),
        ({"remind_after_hours": 23.999999999999996}, 422, "VALIDATION_ERROR", "remind_after_hours"),
        ({"remind_after_hours": 5e11, "timeout_hours": 1e12}, 422, "VALIDATION_ERROR", "timeout_hours"),
        ({"fallback": "bob@example.com"}, 422, "VALIDATION_ERROR", "fallback"),
        ({"fallback": [{"recipient": "bob@example.com"}]}, 422, "VALIDATION_ERROR", "fallback"),
        ({"fallback": [*FALLBACK, {"recipient": "a@example.com", "channel": "email"}]}, 422, "VALIDATION_ERROR", "fallback"),
        ({"fallback": [FALLBACK[0], FALLBACK[0]]}, 422, "VALIDATION_ERROR", "fallback"),
        ({"fallback": [{"recipient": "+15550100199", "channel": "sms"}]}, 422, "VALIDATION_ERROR", "fallback"),
        ({"fallback": [FALLBACK[0], {"recipient": "x", "channel": "sms"}]}, 422, "INVALID_RECIPIENT", None),
        ({"fallback": [{"recipient": "x", "channel": "pigeon"}]}, 400, "INVALID_CHANNEL", None),
        ({"fallback": [{"recipient": "nul \0@example.com", "channel": "email"}]}, 422, "VALIDATION_ERROR", "fallback"),
    ],
)  # fmt: skip
async def test_what_cannot_be_is_refused_and_nobody_is_asked(
    api: httpx2.AsyncClient, changes: dict[str, Any], status: int, code: str, field: str | None
) -> None:
    refused = await api.post("/v1/pause", json=ASK | changes)
    body = refused.json()

    assert (refused.status_code, body["error"]) == (status, code)
    if field:
        assert field in [problem["field"].partition("[")[0] for problem in body["detail"]]
    elif status == 422:
        assert body["message"].startswith("fallback[1]: ")
    assert (await api.get("/v1/pause")).json()["items"] == []


async def test_null_is_as_if_it_were_not_there(api: httpx2.AsyncClient) -> None:
    made = await api.post("/v1/pause", json=ASK | {"remind_after_hours": None, "fallback": None})

    assert (made.status_code, made.json()["fallback"]) == (201, [])


async def test_a_fallback_on_a_channel_that_is_not_set_up_is_503(world: World) -> None:
    world.services.transports[Mode.LIVE].pop("email")  # type: ignore[attr-defined]
    async with an_api(world) as api:
        refused = await api.post("/v1/pause", json=ASK | {"fallback": [FALLBACK[0]]})

    assert (refused.status_code, refused.json()["error"]) == (503, "CHANNEL_NOT_CONFIGURED")
    assert refused.json()["message"].startswith("fallback[0]: ")
