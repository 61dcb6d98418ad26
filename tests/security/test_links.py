"""A link that is not the person's own, or not any more, opens nothing and says nothing."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Final

import httpx2
import pytest

from pausepoint.config.settings import Command
from pausepoint.domain.mode import Mode
from pausepoint.domain.pause import Pause
from pausepoint.operations.respond_to_pause import response_token
from pausepoint.security.response_tokens import ResponseToken, issue
from tests.harness import ASKED, SECRET, World, a_world, an_api, settings_of

pytestmark = pytest.mark.anyio


def flipped(token: str, byte: int) -> str:
    raw = bytearray(urlsafe_b64decode(token + "=="))
    raw[byte] ^= 1
    return urlsafe_b64encode(bytes(raw)).decode().rstrip("=")


def of_other_key(pause: Pause, token: str) -> str:
    return issue(ResponseToken(pause.pause_id, pause.expires_at), SECRET[::-1])


FORGED: Final[dict[str, Callable[[Pause, str], str]]] = {
    "another server's": of_other_key,
    "for another pause": lambda pause, token: flipped(token, 0),
    "with a later deadline": lambda pause, token: flipped(token, 16),
    "with another signature": lambda pause, token: flipped(token, 39),
    "cut short": lambda pause, token: token[:-1],
    "with more behind": lambda pause, token: token + "A",
    "beginning only": lambda pause, token: token[:32],
    "pause id": lambda pause, token: pause.pause_id,
    "other letters": lambda pause, token: token.swapcase(),
    "full width": lambda pause, token: "".join(chr(ord(c) + 0xFEE0) for c in token),
    "with U+0000": lambda pause, token: token[:-1] + "%00",
    "with a slash": lambda pause, token: token[:20] + "%2f" + token[20:],
}


@pytest.fixture
async def nobody(world: World) -> AsyncIterator[httpx2.AsyncClient]:
    async with an_api(world, "none") as client:
        yield client


async def at_every_door(nobody: httpx2.AsyncClient, token: str) -> list[httpx2.Response]:
    """What is shown and what an answer brings, by the API and on the page."""
    return [
        await nobody.get(f"/v1/respond/{token}"),
        await nobody.get(f"/respond/{token}", follow_redirects=True),
        await nobody.post(f"/v1/respond/{token}", json={"choice": "Approve"}),
        await nobody.post(f"/respond/{token}", data={"choice": "Approve"}),
    ]


async def test_a_forged_link_opens_nothing(world: World, nobody: httpx2.AsyncClient) -> None:
    pause = await world.ask(message="Wire it to Meridian?")
    token = response_token(world.services, pause)
    for name, forge in FORGED.items():
        for answer in await at_every_door(nobody, forge(pause, token)):
            assert answer.status_code == 404, name
            assert "Meridian" not in answer.text, name
    assert not (await world.pause(pause.pause_id)).status.is_final
    assert (await at_every_door(nobody, token))[2].status_code == 200


async def test_a_test_keys_link_is_for_its_own_pause(
    world: World, nobody: httpx2.AsyncClient
) -> None:
    """An agent sees the links of its test key, which have the same form as a live one."""
    live, rehearsed = await world.ask(), await world.ask(Mode.TEST)
    await at_every_door(nobody, response_token(world.services, rehearsed))
    assert (await world.pause(rehearsed.pause_id)).status.is_final
    assert not (await world.pause(live.pause_id)).status.is_final


async def test_an_expired_link_is_late_though_nobody_swept(
    world: World, nobody: httpx2.AsyncClient
) -> None:
    pause = await world.ask(timeout_hours=1, timeout_default="Reject")
    world.clock.advance(timedelta(hours=1))
    token = response_token(world.services, pause)
    assert [one.status_code for one in await at_every_door(nobody, token)] == [200, 200, 410, 410]
    ended = await world.pause(pause.pause_id)
    assert (ended.resolved_by, ended.choice) == ("timeout", "Reject")


async def test_a_used_link_changes_nothing_more(world: World, nobody: httpx2.AsyncClient) -> None:
    pause = await world.ask(allow_text_response=True)
    path = f"/v1/respond/{response_token(world.services, pause)}"
    assert (await nobody.post(path, json={"choice": "Reject"})).status_code == 200
    for again in ({"choice": "Approve"}, {"choice": "Reject", "text": "but not today"}):
        refused = await nobody.post(path, json=again)
        assert (refused.status_code, refused.json()["error"]) == (410, "TOKEN_USED")
    ended = await world.pause(pause.pause_id)
    assert (ended.choice, ended.content and ended.content.response_text) == ("Reject", None)


async def test_what_a_caller_says_of_the_host_is_in_no_link(tmp_path: Path) -> None:
    """A link is made of the public URL alone, and a page's own addresses name no host."""
    public = "https://pp.example.com"
    lies = {
        "Host": "evil.example",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "http",
        "Forwarded": "host=evil.example;proto=http",
        "X-Original-URL": "//evil.example/",
    }
    settings = settings_of(tmp_path, Command.SERVE, PAUSEPOINT_PUBLIC_URL=public)
    async with a_world(tmp_path, settings) as world, an_api(world, world.alice.test_key) as api:
        made = (await api.post("/v1/pause", json=ASKED, headers=lies)).json()
        assert made["respond_url"].startswith(f"{public}/respond/")
        path = made["respond_url"].removeprefix(public)
        answers = [
            await api.get(path, headers=lies),
            await api.post(path, data={"choice": "Approve"}, headers=lies),
            await api.get("/openapi.json", headers=lies),
        ]
    assert [one.status_code for one in answers] == [200, 303, 200]
    assert not any("evil" in one.text + str(one.headers) for one in answers)


async def test_a_form_that_cannot_be_read_tells_a_forger_nothing_more(world: World) -> None:
    async with an_api(world) as api:
        answer = await api.post(f"/respond/{'A' * 54}", content=b"\xff\xfe")
    assert answer.status_code == 404
    assert "This link leads to no question" in answer.text
