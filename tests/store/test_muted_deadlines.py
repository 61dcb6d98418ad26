"""The default is not chosen for a person who has muted the account's agents, on both engines."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any, Final

import httpx2
import pytest

from pausepoint.domain.mode import Mode
from pausepoint.operations.time_out_pauses import settled_pause, time_out_pauses
from tests.harness import World, an_api

pytestmark = pytest.mark.anyio

APPROVING: Final[dict[str, Any]] = {
    "recipient": "bob@example.com",
    "channel": "email",
    "message": "Wire it?",
    "options": ["Approve", "Reject"],
    "timeout_default": "Approve",
    "timeout_hours": 1,
}
SMS: Final = {"recipient": "+15550100142", "channel": "sms"}


@pytest.fixture
async def api(world: World) -> AsyncIterator[httpx2.AsyncClient]:
    async with an_api(world) as client:
        yield client


async def sweep(world: World, pause_id: str) -> None:
    """As the worker does at the deadline."""
    overdue = await world.services.store.due_pauses(world.clock.now(), 500)
    assert await time_out_pauses(world.services, overdue) == len(overdue)


async def meet(world: World, pause_id: str) -> None:
    """As any write that meets an overdue pause."""
    await settled_pause(world.services, pause_id)


Ends = Callable[[World, str], Awaitable[None]]
BOTH: Final = pytest.mark.parametrize("end", [sweep, meet])


async def ask(world: World, api: httpx2.AsyncClient, **changes: Any) -> str:
    made = await api.post("/v1/pause", json=APPROVING | changes)
    assert made.status_code == 201, made.text
    await world.deliver_due()
    pause_id: str = made.json()["pause_id"]
    return pause_id


def links(world: World, number: int = -1) -> tuple[str, str]:
    """The mail's mute link, and that of the question's page."""
    sent = world.vendor.sent[number]
    assert sent.mute_url is not None
    origin = re.compile("^http://[^/]+")
    return origin.sub("", sent.mute_url), f"{origin.sub('', sent.respond_url)}/mute"


async def read(api: httpx2.AsyncClient, pause_id: str) -> dict[str, Any]:
    found: dict[str, Any] = (await api.get(f"/v1/pause/{pause_id}")).json()
    return found


def check_withheld(pause: dict[str, Any]) -> None:
    assert (pause["status"], pause["response_choice"]) == ("timed_out", None)
    assert (pause["resolved_by"], pause["delivery"]["state"]) == ("timeout", "failed")


@BOTH
@pytest.mark.parametrize("wish", ["mute", "report"])
@pytest.mark.parametrize("by_mail", [True, False])
async def test_a_mute_while_it_waits_withholds_the_default(
    world: World, api: httpx2.AsyncClient, end: Ends, wish: str, by_mail: bool
) -> None:
    pause_id = await ask(world, api)
    link = links(world)[0 if by_mail else 1]
    assert "“Approve” is chosen" in await plain(api, link)
    assert (await api.post(link, data={"wish": wish})).status_code == 303
    pending = await read(api, pause_id)
    assert (pending["status"], pending["delivery"]["state"]) == ("pending", "failed")
    assert "chooses nothing" in await plain(api, link)
    question = links(world)[1].removesuffix("/mute")
    assert "is chosen" not in await plain(api, question)

    world.clock.advance(timedelta(hours=1))
    assert "Approve" not in await plain(api, question)  # nobody has written it down yet
    await end(world, pause_id)
    check_withheld(await read(api, pause_id))
    page = await plain(api, question)
    assert "The agent has been told that nobody answered." in page
    events = await world.audit(pause_id)
    assert events.count("pause.timed_out") == events.count("pause.undeliverable") == 1


@BOTH
async def test_another_questions_mute_counts_for_this_one(
    world: World, api: httpx2.AsyncClient, end: Ends
) -> None:
    pause_id = await ask(world, api, recipient="bob+deploys@example.com")
    await ask(world, api, recipient="BOB@example.com")
    await api.post(links(world)[0])
    assert (await read(api, pause_id))["delivery"]["state"] == "sent"
    world.clock.advance(timedelta(hours=1))
    await end(world, pause_id)
    check_withheld(await read(api, pause_id))
    assert "pause.undeliverable" in await world.audit(pause_id)


@BOTH
@pytest.mark.parametrize("first", [True, False])
async def test_one_of_several_people_is_enough(
    world: World, api: httpx2.AsyncClient, end: Ends, first: bool
) -> None:
    bob, other = {"recipient": "bob@example.com", "channel": "email"}, SMS
    asked, fallback = (bob, other) if first else (other, bob)
    pause_id = await ask(world, api, **asked, fallback=[fallback], remind_after_hours=0.5)
    await ask(world, api)
    await api.post(links(world)[0])
    world.clock.advance(timedelta(hours=1))
    await end(world, pause_id)
    check_withheld(await read(api, pause_id))


@BOTH
async def test_a_test_keys_person_is_heard_as_well(world: World, end: Ends) -> None:
    async with an_api(world, world.alice.test_key) as api:
        made = (await api.post("/v1/pause", json=APPROVING)).json()
        link = made["respond_url"].removeprefix("http://127.0.0.1:8000")
        await api.post(f"{link}/mute", data={"wish": "mute"})
        world.clock.advance(timedelta(hours=1))
        await end(world, made["pause_id"])
        check_withheld(await read(api, made["pause_id"]))
        assert "pause.undeliverable" in await world.audit(made["pause_id"], Mode.TEST)


@BOTH
async def test_who_undid_the_mute_and_who_never_muted_keep_the_default(
    world: World, api: httpx2.AsyncClient, end: Ends
) -> None:
    pauses = [await ask(world, api), await ask(world, api, **SMS)]
    link, _ = links(world, 0)
    for wish in ("mute", "undo"):
        await api.post(link, data={"wish": wish})
    world.clock.advance(timedelta(hours=1))
    for pause_id in pauses:
        await end(world, pause_id)
        ended = await read(api, pause_id)
        assert (ended["status"], ended["response_choice"]) == ("timed_out", "Approve")


async def test_whoever_muted_may_still_answer(world: World, api: httpx2.AsyncClient) -> None:
    pause_id = await ask(world, api)
    link, page = links(world)
    await api.post(link)
    answered = await api.post(page.removesuffix("/mute"), data={"choice": "Reject"})
    assert answered.status_code == 303
    assert (await read(api, pause_id))["resolved_by"] == "human"


async def test_a_message_after_the_mute_promises_no_default(
    world: World, api: httpx2.AsyncClient
) -> None:
    await ask(world, api)
    fallback = [{"recipient": "bob@example.com", "channel": "email"}]
    await api.post("/v1/pause", json=APPROVING | SMS | {"fallback": fallback})
    await api.post(links(world)[0])
    await world.deliver_due()
    assert (world.vendor.sent[-1].recipient, world.vendor.sent[-1].timeout_default) == (
        SMS["recipient"],
        None,
    )


async def plain(api: httpx2.AsyncClient, path: str) -> str:
    page = await api.get(path)
    return " ".join(re.sub("<[^>]*>", "", page.text).split())


# ── The mute link of a mail ──


async def test_looking_at_the_mute_link_mutes_nobody(world: World, api: httpx2.AsyncClient) -> None:
    await ask(world, api)
    link, _ = links(world)
    for method in ("GET", "HEAD"):
        assert (await api.request(method, link)).status_code == 200
    one_click = await api.post(link, content=b"List-Unsubscribe=One-Click")
    assert one_click.status_code == 400
    assert "Mute these agents?" in await plain(api, link)
    assert (await api.post(link)).status_code == 303
    assert "can no longer write to you" in await plain(api, link)


async def test_the_mute_link_decides_and_shows_no_question(
    world: World, api: httpx2.AsyncClient
) -> None:
    await ask(world, api)
    link, _ = links(world)
    token = link.rpartition("/")[2]
    assert (await api.post(f"/respond/{token}", data={"choice": "Approve"})).status_code == 404
    assert (await api.get(f"/v1/respond/{token}")).status_code == 404
    assert (await api.get(f"/mute/{links(world)[1].split('/')[2]}")).status_code == 404
    assert "Wire it?" not in await plain(api, link)


async def test_an_ended_questions_own_link_mutes_nobody_and_the_mails_does_for_a_month(
    world: World, api: httpx2.AsyncClient
) -> None:
    await ask(world, api)
    by_mail, own = links(world)
    world.clock.advance(timedelta(hours=1))
    for answer in (await api.get(own), await api.post(own, data={"wish": "mute"})):
        assert answer.status_code == 410
        assert "This question has ended" in answer.text
    assert (await api.post("/v1/pause", json=APPROVING)).status_code == 201
    world.clock.advance(timedelta(days=29))
    assert (await api.post(by_mail)).status_code == 303
    assert (await api.post("/v1/pause", json=APPROVING)).json()["error"] == "RECIPIENT_MUTED"
    await api.post(by_mail, data={"wish": "undo"})
    world.clock.advance(timedelta(days=2))
    assert (await api.post(by_mail)).status_code == 404
    assert (await api.post("/v1/pause", json=APPROVING)).status_code == 201


async def test_an_ended_link_tells_nothing_of_the_question(
    world: World, api: httpx2.AsyncClient
) -> None:
    await ask(world, api, metadata={"invoice": "2281"}, action={"tool": "wire", "arguments": {}})
    link = links(world)[1].removesuffix("/mute")
    before = (await api.get(f"/v1{link}")).json()
    assert (before["message"], before["metadata"]) == ("Wire it?", {"invoice": "2281"})
    world.clock.advance(timedelta(hours=1))
    after = (await api.get(f"/v1{link}")).json()
    shown = ("message", "options", "metadata", "action", "action_sha256", "timeout_default")
    assert [after[name] for name in shown] == [None] * len(shown)
    page = (await api.get(link)).text
    for secret in ("Wire it?", "2281", "wire", "/mute"):
        assert secret not in page
