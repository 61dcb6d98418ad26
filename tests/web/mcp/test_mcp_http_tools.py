"""The five tools by `POST /mcp`: the same operations, rules and accounts as the API's."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from starlette.requests import Request

from pausepoint.domain.mode import Mode
from pausepoint.domain.pause import Callback
from pausepoint.mcp.tools import tool_table
from pausepoint.operations.register_developer import register_developer
from pausepoint.operations.respond_to_pause import respond_to_pause, respond_url
from pausepoint.web.app import create_app
from pausepoint.web.mcp.endpoint import McpEndpoint
from pausepoint.web.mcp.in_process import InProcessApi
from tests.harness import World, an_api
from tests.web.mcp.client import (
    QUESTION,
    answered,
    called,
    events,
    message,
    tool,
)

pytestmark = pytest.mark.anyio

Json = dict[str, Any]
EVENTS = {"Accept": "application/json, text/event-stream"}


@pytest.fixture
async def http(world: World) -> AsyncIterator[httpx2.AsyncClient]:
    async with an_api(world, world.alice.test_key) as client:
        yield client


async def person_answers(world: World, pause_id: str, choice: str, text: str | None = None) -> None:
    pause = await world.pause(pause_id)
    token = respond_url(world.services, pause).rpartition("/")[2]
    await respond_to_pause(world.services, token, choice, text)


async def somebody_waits(world: World) -> None:
    while not world.running.store.waiting:  # noqa: ASYNC110 - a turn of the loop, no time
        await asyncio.sleep(0)


async def refused(http: httpx2.AsyncClient, name: str, arguments: object) -> str:
    result = (await answered(http, message("tools/call", {"name": name, "arguments": arguments})))[
        "result"
    ]
    assert result["isError"] is True
    sentence: str = result["content"][0]["text"]
    return sentence


async def test_asks_waits_and_goes_on(world: World, http: httpx2.AsyncClient) -> None:
    created = await called(http, "create_pause_request", {**QUESTION, "allow_text_response": True})
    waiting = asyncio.ensure_future(
        called(http, "poll_pause_request", {"pause_id": created["pause_id"]})
    )
    await somebody_waits(world)
    await person_answers(world, created["pause_id"], "Approve", "but be quick")
    polled = await waiting

    assert polled["response_choice"] == "Approve"
    assert polled["response_text"] == "but be quick"
    assert polled["resolved_by"] == "human"


async def test_callback_is_signed_with_the_secret_of_a_header(
    world: World, http: httpx2.AsyncClient
) -> None:
    secret = "at-least-16-characters"
    asked = {**QUESTION, "callback_url": "https://example.com/hook"}
    with_it = {"PausePoint-Callback-Secret": secret}
    listed = await answered(http, message("tools/list"), **with_it)
    assert listed["result"] == {"tools": tool_table(45, has_callback=True)}
    made = await answered(http, tool("create_pause_request", asked), **with_it)
    content = (await world.pause(made["result"]["structuredContent"]["pause_id"])).content

    assert content is not None
    assert content.callback == Callback("https://example.com/hook", secret)
    assert secret not in str(made)
    without = await called(http, "create_pause_request", asked)
    assert (await world.pause(without["pause_id"])).callback_target is None


async def test_reminder_and_fallback_are_set_and_listed(http: httpx2.AsyncClient) -> None:
    others = [{"recipient": "bob@example.com", "channel": "email"}]
    created = await called(
        http, "create_pause_request", {**QUESTION, "remind_after_hours": 1, "fallback": others}
    )
    [item] = (await called(http, "list_pause_requests", {}))["items"]

    assert item["fallback"] == others
    assert item["remind_at"] == created["remind_at"]


async def test_nobody_learns_the_persons_link(http: httpx2.AsyncClient) -> None:
    response = await http.post("/mcp", json=tool("create_pause_request", QUESTION))
    assert "respond" not in response.text.replace("response", "")


async def test_cancel_list_and_audit(world: World, http: httpx2.AsyncClient) -> None:
    ids = [(await called(http, "create_pause_request", QUESTION))["pause_id"] for _ in range(3)]
    cancelled = await called(http, "cancel_pause_request", {"pause_id": ids[0]})
    assert cancelled["status"] == "cancelled"
    await person_answers(world, ids[1], "Reject")
    answer = await called(http, "cancel_pause_request", {"pause_id": ids[1]})
    assert answer["response_choice"] == "Reject"
    pending = await called(http, "list_pause_requests", {"status": "pending"})
    assert [item["pause_id"] for item in pending["items"]] == [ids[2]]
    audited = await called(http, "get_audit_log", {"pause_id": ids[0]})
    assert audited["items"][0]["event_type"] == "pause.cancelled"


@pytest.mark.parametrize("ending", ["responded", "cancelled"])
async def test_what_was_erased_is_nobodys_yes(
    world: World, http: httpx2.AsyncClient, ending: str
) -> None:
    pause_id = (await called(http, "create_pause_request", QUESTION))["pause_id"]
    if ending == "responded":
        await person_answers(world, pause_id, "Approve")
    else:
        await called(http, "cancel_pause_request", {"pause_id": pause_id})
    assert (await http.delete(f"/v1/pause/{pause_id}/content")).status_code == 200
    polled = await called(http, "poll_pause_request", {"pause_id": pause_id})
    [listed] = (await called(http, "list_pause_requests", {}))["items"]
    audited = await called(http, "get_audit_log", {"pause_id": pause_id})

    assert audited["items"][0]["event_type"] == "pause.erased"
    for seen in (polled, listed):
        assert seen["status"] == ending
        assert not {"message", "options", "recipient", "response_choice"} & seen.keys()
    assert ("erased" in polled["next_step"]) == (ending == "responded")
    assert "o not do what" in polled["next_step"]
    if ending == "responded":
        again = await called(http, "cancel_pause_request", {"pause_id": pause_id})
        assert again["next_step"] == polled["next_step"]


async def test_two_accounts_and_two_modes_do_not_see_each_other(
    world: World, http: httpx2.AsyncClient
) -> None:
    created = await called(http, "create_pause_request", QUESTION)
    bob = await register_developer(world.services, "bob@example.com", "Bolt", "correct horse")
    for key in (bob.test_key, world.alice.live_key):
        async with an_api(world, key) as other:
            for name in ("poll_pause_request", "cancel_pause_request"):
                sentence = await refused(other, name, {"pause_id": created["pause_id"]})
                assert "(PAUSE_NOT_FOUND)" in sentence
            assert (await called(other, "list_pause_requests", {}))["items"] == []
            entries = (await called(other, "get_audit_log", {}))["items"]
            assert all(e.get("pause_request_id") != created["pause_id"] for e in entries)
    looked = await called(
        http, "poll_pause_request", {"pause_id": created["pause_id"], "wait_seconds": 0}
    )
    assert looked["status"] == "pending"


async def test_ids_of_the_hosts_calls_find_no_earlier_question(
    world: World, http: httpx2.AsyncClient
) -> None:
    for _ in range(2):
        asked = tool("create_pause_request", QUESTION, **{"claudecode/toolUseId": "call_0"})
        assert "isError" not in (await answered(http, asked))["result"]
    assert len((await called(http, "list_pause_requests", {}))["items"]) == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({**QUESTION, "recipient": "nobody"}, "(INVALID_RECIPIENT)"),
        ({**QUESTION, "options": ["Approve", "Αpprove"]}, "(INVALID_OPTIONS)"),
        ({**QUESTION, "channel": "fax"}, "Channel must be one of"),
        ({**QUESTION, "message": "\ud800"}, "half a character"),
        ([], "must be an object"),
        (7, "must be an object"),
    ],
)
async def test_absurd_arguments(http: httpx2.AsyncClient, arguments: object, words: str) -> None:
    assert words in await refused(http, "create_pause_request", arguments)


async def test_largest_question_fits(http: httpx2.AsyncClient) -> None:
    largest = {**QUESTION, "message": "😀" * 2000, "metadata": {"a": "😀" * 4000}}
    assert (await called(http, "create_pause_request", largest))["status"] == "pending"


async def test_a_hundred_at_once(http: httpx2.AsyncClient) -> None:
    made = await asyncio.gather(
        *(called(http, "create_pause_request", QUESTION) for _ in range(100))
    )
    assert len({pause["pause_id"] for pause in made}) == 100


async def test_waiting_in_a_batch(world: World, http: httpx2.AsyncClient) -> None:
    created = await called(http, "create_pause_request", QUESTION)
    poll = tool("poll_pause_request", {"pause_id": created["pause_id"]})
    waiting = asyncio.ensure_future(http.post("/mcp", json=[poll, message("ping")]))
    await somebody_waits(world)
    await person_answers(world, created["pause_id"], "Approve")
    answers = {answer["id"]: answer for answer in (await waiting).json()}
    assert answers[poll["id"]]["result"]["structuredContent"]["response_choice"] == "Approve"


# ── As a stream ──


@pytest.mark.parametrize(
    ("meta", "headers", "streams"),
    [
        ({"progressToken": 1}, EVENTS, True),
        ({}, EVENTS, False),
        ({"progressToken": 1}, {"Accept": "application/json"}, False),
    ],
)
async def test_stream_for_those_who_want_progress(
    http: httpx2.AsyncClient, meta: Json, headers: dict[str, str], streams: bool
) -> None:
    created = await called(http, "create_pause_request", QUESTION)
    look = {"pause_id": created["pause_id"], "wait_seconds": 0}
    asked = tool("poll_pause_request", look, **meta)
    response = await http.post("/mcp", json=asked, headers=headers)
    assert response.status_code == 200
    if streams:
        assert response.headers["content-type"] == "text/event-stream"
        assert response.headers["x-accel-buffering"] == "no"
        (answer,) = events(response.text)
    else:
        assert response.headers["content-type"] == "application/json"
        answer = response.json()
    assert answer["id"] == asked["id"]
    assert answer["result"]["structuredContent"]["status"] == "pending"


async def test_what_does_not_wait_is_no_stream(http: httpx2.AsyncClient) -> None:
    asked = tool("create_pause_request", QUESTION, progressToken=1)
    response = await http.post("/mcp", json=asked, headers=EVENTS)
    assert response.headers["content-type"] == "application/json"


class Connection:
    """One request to the endpoint alone, with a shorter time between two notifications."""

    def __init__(self, world: World, asked: Json) -> None:
        app = create_app(world.services, None)
        api = InProcessApi(app._routes, app._access_control)
        self._endpoint = McpEndpoint(
            world.services, api, app._access_control, progress_seconds=0.001
        )
        self._body = httpx2.Request("POST", "http://x", json=asked).content
        self._authorization = f"Bearer {world.alice.test_key}".encode()
        self._is_read = False
        self.gone = asyncio.Event()
        self.heard = asyncio.Event()
        self.text = ""

    async def run(self) -> None:
        headers = [
            (b"host", b"127.0.0.1"),
            (b"content-type", b"application/json"),
            (b"accept", b"text/event-stream"),
            (b"authorization", self._authorization),
        ]
        scope = {"type": "http", "method": "POST", "path": "/mcp", "headers": headers}
        response = await self._endpoint(Request(scope, self._receive))
        await response(scope, self._receive, self._send)

    async def _receive(self) -> Any:
        if not self._is_read:
            self._is_read = True
            return {"type": "http.request", "body": self._body, "more_body": False}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, sent: Any) -> None:
        self.text += sent.get("body", b"").decode()
        if self.text.count("notifications/progress") >= 3:
            self.heard.set()


async def a_wait(world: World, http: httpx2.AsyncClient) -> tuple[str, Connection]:
    pause_id = (await called(http, "create_pause_request", QUESTION))["pause_id"]
    asked = tool("poll_pause_request", {"pause_id": pause_id}, progressToken="token")
    return pause_id, Connection(world, asked)


async def test_progress_grows_until_the_answer(world: World, http: httpx2.AsyncClient) -> None:
    pause_id, connection = await a_wait(world, http)
    running = asyncio.ensure_future(connection.run())
    await connection.heard.wait()
    await person_answers(world, pause_id, "Reject")
    await running

    *progress, last = events(connection.text)
    values = [one["params"]["progress"] for one in progress]
    assert all(earlier < later for earlier, later in itertools.pairwise(values))
    assert {one["params"]["progressToken"] for one in progress} == {"token"}
    assert last["result"]["structuredContent"]["response_choice"] == "Reject"


async def test_client_that_goes_ends_the_wait_and_leaves_the_pause(
    world: World, http: httpx2.AsyncClient
) -> None:
    pause_id, connection = await a_wait(world, http)
    running = asyncio.ensure_future(connection.run())
    await connection.heard.wait()
    connection.gone.set()
    await running

    assert "result" not in connection.text
    assert world.running.store.waiting == 0
    looked = await called(http, "poll_pause_request", {"pause_id": pause_id, "wait_seconds": 0})
    assert looked["status"] == "pending"


async def test_server_that_stops_ends_the_wait(world: World, http: httpx2.AsyncClient) -> None:
    _, connection = await a_wait(world, http)
    running = asyncio.ensure_future(connection.run())
    await connection.heard.wait()
    world.running.begin_stop()
    await running

    result = events(connection.text)[-1]["result"]
    assert result["structuredContent"]["status"] == "pending"


async def test_live_pauses_are_delivered(world: World) -> None:
    async with an_api(world, world.alice.live_key) as http:
        created = await called(http, "create_pause_request", QUESTION)
    assert await world.deliver_due() == 1
    assert world.vendor.sent
    assert (await world.pause(created["pause_id"])).mode is Mode.LIVE
