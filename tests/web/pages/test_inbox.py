"""The dev inbox's routes: what a search finds, and who may clear it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest

from pausepoint.domain.mode import Mode
from pausepoint.domain.pause import PauseStatus
from tests.harness import World, an_api

pytestmark = pytest.mark.anyio


@pytest.fixture
async def api(world: World) -> AsyncIterator[httpx2.AsyncClient]:
    async with an_api(world) as ready:
        yield ready


async def test_a_search_finds_a_message(world: World, api: httpx2.AsyncClient) -> None:
    for message in ("Wire it?", "Publish it?"):
        await world.ask(Mode.TEST, message=message)
        await world.deliver_due()
    found = (await api.get("/dev/inbox", params={"q": "publish"})).text

    assert "Publish it?" in found
    assert "Wire it?" not in found
    assert (await api.get("/dev/inbox", params={"q": "x" * 10_000})).status_code == 200


async def test_clearing_forgets_the_messages_and_no_question(
    world: World, api: httpx2.AsyncClient
) -> None:
    asked = await world.ask(Mode.TEST, message="Is this on?")
    await world.deliver_due()
    cleared = await api.post("/dev/inbox/clear")
    assert (cleared.status_code, cleared.headers["location"]) == (303, "/dev/inbox")
    assert "Nobody has been asked yet" in (await api.get("/dev/inbox")).text
    assert (await world.pause(asked.pause_id)).status is PauseStatus.PENDING

    await world.ask(Mode.TEST, message="And this?")
    await world.deliver_due()
    news = (await api.get("/dev/inbox/messages", params={"after": 1})).json()
    assert news["last"] == 2
    assert "And this?" in news["html"]


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}]
)
async def test_a_page_of_another_site_cannot_clear(
    world: World, api: httpx2.AsyncClient, headers: dict[str, str]
) -> None:
    await world.ask(Mode.TEST, message="Is this on?")
    await world.deliver_due()
    assert (await api.post("/dev/inbox/clear", headers=headers)).status_code == 403
    assert "Is this on?" in (await api.get("/dev/inbox")).text
