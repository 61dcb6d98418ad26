"""A person agrees once, mutes, reports, and undoes it: on pages where GET shows and POST acts."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from pausepoint.admin.commands import execute
from pausepoint.channels.base import ChannelError
from pausepoint.domain.rate_limits import RateLimits
from pausepoint.domain.recipients import RecipientRules
from pausepoint.limits.limiter import Limiter
from pausepoint.operations.register_developer import register_developer
from tests.harness import World, a_world, an_api

pytestmark = pytest.mark.anyio

BOB = {"recipient": "bob@example.com", "channel": "email"}
ASKED = BOB | {"message": "Wire it?", "options": ["Approve", "Reject"]}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path) as made:
        policy = replace(made.services.policy, recipients=RecipientRules(has_directory=True))
        limiter = Limiter(RateLimits())
        made.services = replace(made.services, policy=policy, limiter=limiter)
        yield made


@pytest.fixture
async def api(world: World) -> AsyncIterator[httpx2.AsyncClient]:
    async with an_api(world) as api:
        yield api


def path_of(world: World, number: int = -1) -> str:
    found = re.search(r"/(confirm|respond)/[\w-]+$", world.vendor.sent[number].respond_url)
    assert found is not None
    return found[0]


async def wish(api: httpx2.AsyncClient, path: str, wish: str, **headers: str) -> httpx2.Response:
    return await api.post(path, data={"wish": wish}, headers=headers)


async def refusal(api: httpx2.AsyncClient, **changes: Any) -> tuple[int, str]:
    answer = await api.post("/v1/pause", json=ASKED | changes)
    return answer.status_code, answer.json().get("error", "")


async def test_a_recipient_is_asked_once_after_the_person_has_agreed(
    world: World, api: httpx2.AsyncClient
) -> None:
    assert await refusal(api) == (403, "RECIPIENT_NOT_ALLOWED")
    added = await api.post("/v1/recipients", json=BOB)
    assert added.status_code == 201
    body = added.json()
    assert (body["state"], body["confirmation"]["state"]) == ("unverified", "sent")
    path = path_of(world)
    assert path.rpartition("/")[2] not in added.text
    again = await api.post("/v1/recipients", json=BOB | {"recipient": "BOB@example.com"})
    assert (again.status_code, again.json()["recipient_id"]) == (200, body["recipient_id"])
    assert len(world.vendor.sent) == 1

    for _ in range(3):  # a scanner follows the link, and follows it again
        page = await api.get(path)
        assert page.status_code == 200
        assert "May AI agents ask you for decisions?" in page.text
        assert (await api.head(path)).status_code == 200
    assert await refusal(api) == (403, "RECIPIENT_NOT_ALLOWED")

    agreed = await wish(api, path, "agree")
    assert (agreed.status_code, agreed.headers["location"]) == (303, path)
    assert "You have agreed" in (await api.get(path)).text
    assert (await wish(api, path, "agree")).status_code == 303
    found = (await api.get(f"/v1/recipients/{body['recipient_id']}")).json()
    assert (found["state"], found["verified_by"]) == ("verified", "person")
    assert (await api.post("/v1/pause", json=ASKED)).status_code == 201
    events = [event for event in await world.audit() if event.startswith("recipient.")]
    assert events == ["recipient.added", "recipient.verified"]
    log = await api.get("/v1/audit")
    assert "bob@example.com" not in str(
        [item["detail"] for item in log.json()["items"] if item["event_type"][:9] == "recipient"]
    )


async def test_whoever_refuses_is_never_asked_again(world: World, api: httpx2.AsyncClient) -> None:
    added = (await api.post("/v1/recipients", json=BOB)).json()
    await wish(api, path_of(world), "report")
    assert "has been told" in (await api.get(path_of(world))).text
    assert await refusal(api) == (403, "RECIPIENT_MUTED")
    url = f"/v1/recipients/{added['recipient_id']}"
    assert (await api.get(url)).json()["state"] == "muted"
    refused = await api.post(f"{url}/verification")
    assert (refused.status_code, refused.json()["error"]) == (403, "RECIPIENT_MUTED")
    assert (await api.delete(url)).status_code == 204
    assert (await api.delete(url)).json()["error"] == "RECIPIENT_NOT_FOUND"
    refused = await api.post("/v1/recipients", json=BOB | {"recipient": "bob+2@example.com"})
    assert refused.json()["error"] == "RECIPIENT_MUTED"
    assert len(world.vendor.sent) == 1
    assert (await api.get(path_of(world))).status_code == 404

    [mute] = (await execute(world.services, "recipients.mutes", {}))["items"]
    assert (mute["reason"], mute["recipient"]) == ("reported", "bob@example.com")
    lifted = await execute(world.services, "recipients.lift", {"mute_id": mute["mute_id"]})
    assert lifted["changed"]
    assert (await api.post("/v1/recipients", json=BOB)).status_code == 201


async def test_the_agents_key_verifies_nothing(world: World, api: httpx2.AsyncClient) -> None:
    recipient_id = (await api.post("/v1/recipients", json=BOB)).json()["recipient_id"]
    url = f"/v1/recipients/{recipient_id}"
    for method in ("PUT", "PATCH", "POST"):
        answer = await api.request(method, url, json={"state": "verified"})
        assert answer.status_code == 405
    await api.post(f"{url}/verification", json={"state": "verified"})
    assert await refusal(api) == (403, "RECIPIENT_NOT_ALLOWED")
    for answer in (await api.get(url), await api.get("/v1/recipients"), await api.get("/v1/audit")):
        assert not re.search(r"confirm/", answer.text)


async def test_a_test_keys_link_lifts_no_mute_of_live_questions(
    world: World, api: httpx2.AsyncClient
) -> None:
    await api.post("/v1/recipients", json=BOB)
    await wish(api, path_of(world), "mute")
    async with an_api(world, world.alice.test_key) as test:
        made = (await test.post("/v1/pause", json=ASKED)).json()
        await wish(
            test, f"{made['respond_url'].removeprefix('http://127.0.0.1:8000')}/mute", "undo"
        )
        assert (await test.get("/v1/recipients")).json()["items"] == []
    assert await refusal(api) == (403, "RECIPIENT_MUTED")


async def test_another_accounts_recipients_are_not_there(world: World) -> None:
    bob = await register_developer(world.services, "mallory@example.com", "Mallory")
    async with an_api(world) as api, an_api(world, bob.live_key) as other:
        url = (
            f"/v1/recipients/{(await api.post('/v1/recipients', json=BOB)).json()['recipient_id']}"
        )
        for answer in (
            await other.get(url),
            await other.delete(url),
            await other.post(f"{url}/verification"),
        ):
            assert (answer.status_code, answer.json()["error"]) == (404, "RECIPIENT_NOT_FOUND")
        await wish(api, path_of(world), "agree")
        assert await refusal(other) == (403, "RECIPIENT_NOT_ALLOWED")


async def test_forged_cut_and_late_links_lead_nowhere(
    world: World, api: httpx2.AsyncClient
) -> None:
    await api.post("/v1/recipients", json=BOB)
    path = path_of(world)
    other = path.replace(path[-1], "A" if path[-1] != "A" else "B")
    respond = path.replace("confirm", "respond")
    for wrong in (path[:-1], other, f"{path}A", "/confirm/x", respond, f"{respond}/mute"):
        assert (await api.get(wrong)).status_code == 404
        assert (await wish(api, wrong, "agree")).status_code == 404
    world.clock.advance(timedelta(days=7))
    assert (await wish(api, path, "agree")).status_code == 404
    assert await refusal(api) == (403, "RECIPIENT_NOT_ALLOWED")


async def test_another_sites_form_and_nonsense_change_nothing(
    world: World, api: httpx2.AsyncClient
) -> None:
    await api.post("/v1/recipients", json=BOB)
    path = path_of(world)
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        assert (await wish(api, path, "agree", **headers)).status_code == 403
    for content in (b"", b"wish=everything", b"\xff\xfe", b"wish=agree&" * 50, b"x" * 1000):
        answer = await api.post(
            path, content=content, headers={"Content-Type": "application/x-www-form-urlencoded"}
        )
        assert answer.status_code == 400
        assert "This was not taken" in answer.text
    assert (await api.post(path, content=b"x" * 5000)).status_code == 413
    assert "May AI agents ask you" in (await api.get(path)).text


async def test_a_question_is_muted_and_unmuted_from_its_own_page(
    world: World, api: httpx2.AsyncClient
) -> None:
    await api.post("/v1/recipients", json=BOB)
    await wish(api, path_of(world), "agree")
    pause_id = (await api.post("/v1/pause", json=ASKED)).json()["pause_id"]
    await world.deliver_due()
    question = path_of(world)
    assert f'href="{question}/mute"' in (await api.get(question)).text
    muting = f"{question}/mute"
    assert "Mute these agents?" in (await api.get(muting)).text
    refused = await wish(api, muting, "mute", **{"Sec-Fetch-Site": "cross-site"})
    assert refused.status_code == 403
    assert (await wish(api, muting, "agree")).status_code == 400
    assert (await wish(api, muting, "mute")).status_code == 303
    assert "Undo" in (await api.get(muting)).text
    assert (await api.get(f"/v1/pause/{pause_id}")).json()["status"] == "pending"
    assert await refusal(api) == (403, "RECIPIENT_MUTED")
    await wish(api, muting, "undo")
    assert (await api.post("/v1/pause", json=ASKED)).status_code == 201


async def test_confirmations_are_few(world: World, api: httpx2.AsyncClient) -> None:
    added = (await api.post("/v1/recipients", json=BOB)).json()
    url = f"/v1/recipients/{added['recipient_id']}/verification"
    assert [(await api.post(url)).status_code for _ in range(3)] == [200, 200, 429]
    refused = await api.post(url)
    assert int(refused.headers["retry-after"]) > 60
    others = [
        (await api.post("/v1/recipients", json=BOB | {"recipient": f"p{n}@example.com"}))
        for n in range(20)
    ]
    assert [each.status_code for each in others].count(429) == 3
    assert len(world.vendor.sent) == 20


async def test_a_loop_is_told_when_to_come_again(world: World, api: httpx2.AsyncClient) -> None:
    await api.post("/v1/recipients", json=BOB)
    await wish(api, path_of(world), "agree")
    for _ in range(20):
        assert (await api.post("/v1/pause", json=ASKED)).status_code == 201
    refused = await api.post("/v1/pause", json=ASKED)
    assert (refused.status_code, refused.json()["error"]) == (429, "RECIPIENT_BUSY")
    assert refused.headers["retry-after"] == "60"
    async with an_api(world, world.alice.test_key) as test:
        for _ in range(25):
            assert (await test.post("/v1/pause", json=ASKED)).status_code == 201


async def test_a_message_that_did_not_leave_is_told_and_can_be_sent_again(
    world: World, api: httpx2.AsyncClient
) -> None:
    world.vendor.outcomes = [ChannelError("21211", "No such number.", is_permanent=True)]
    added = (await api.post("/v1/recipients", json=BOB)).json()
    assert added["confirmation"]["state"] == "failed"
    assert added["confirmation"]["code"] == "21211"
    again = await api.post(f"/v1/recipients/{added['recipient_id']}/verification")
    assert again.json()["confirmation"]["state"] == "sent"


async def test_a_name_cannot_carry_a_link_to_strangers(world: World) -> None:
    evil = await register_developer(
        world.services, "m@example.com", "Win at https://evil.example/x"
    )
    async with an_api(world, evil.live_key) as api:
        await api.post("/v1/recipients", json=BOB)
    assert "evil.example" not in world.vendor.sent[0].message
    assert "“Win at https evil example x”" in world.vendor.sent[0].message


async def test_what_is_wrong_is_said(world: World, api: httpx2.AsyncClient) -> None:
    for body, code in (
        ({"recipient": "x", "channel": "email"}, "INVALID_RECIPIENT"),
        ({"recipient": "bob@example.com", "channel": "fax"}, "INVALID_CHANNEL"),
        ({"recipient": "+19005550100", "channel": "sms"}, "RECIPIENT_NOT_ALLOWED"),
        ({"recipient": "approve@people.test", "channel": "email"}, "INVALID_RECIPIENT"),
        ({"channel": "email"}, "VALIDATION_ERROR"),
    ):
        assert (await api.post("/v1/recipients", json=body)).json()["error"] == code
    assert world.vendor.sent == []
    for url in ("/v1/recipients/rcp_none", "/v1/recipients/%00"):
        assert (await api.get(url)).status_code == 404
