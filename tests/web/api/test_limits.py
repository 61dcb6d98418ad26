"""Who may come how often, and what an answer says of it; the limits on, the clock ours."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from pausepoint.operations.respond_to_pause import respond_url
from pausepoint.web.app import create_app
from tests.harness import ASKED, World, a_world, settings_of

pytestmark = pytest.mark.anyio

KEY_LIMIT, WRONG_KEY = 120, "pp_live_" + "0" * 48


@asynccontextmanager
async def limited(folder: Path, limits: str = "on", **settings: str) -> AsyncIterator[World]:
    own = settings_of(folder, PAUSEPOINT_RATE_LIMITS=limits, **settings)
    async with a_world(folder, own) as world:
        yield world


class Callers:
    """Clients of one application, each from an address of its own."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._app = create_app(world.services, None)

    def at(self, address: str, key: str | None = None) -> httpx2.AsyncClient:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return httpx2.AsyncClient(
            transport=httpx2.ASGITransport(self._app, client=(address, 4321)),
            base_url="http://127.0.0.1:8000",
            headers=headers,
        )

    def alice(self, address: str = "192.0.2.1") -> httpx2.AsyncClient:
        return self.at(address, self._world.alice.live_key)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with limited(tmp_path) as world:
        yield world


@pytest.fixture
def callers(world: World) -> Callers:
    return Callers(world)


async def times(client: httpx2.AsyncClient, count: int, path: str = "/v1/auth/me") -> list[int]:
    return [(await client.get(path)).status_code for _ in range(count)]


async def held(world: World, count: int) -> None:
    while world.services.store.waiting < count:  # noqa: ASYNC110 - a turn of the loop, no time
        await asyncio.sleep(0)


def check_refused(answer: httpx2.Response) -> int:
    """Seconds to wait."""
    body = answer.json()
    assert (answer.status_code, body["error"], body["status_code"]) == (429, "RATE_LIMITED", 429)
    assert answer.headers["x-ratelimit-remaining"] == "0"
    assert f"Try again in {answer.headers['retry-after']} s" in body["message"]
    return int(answer.headers["retry-after"])


async def test_a_key_may_ask_so_often_and_after_what_the_refusal_says_again(
    world: World, callers: Callers
) -> None:
    alice = callers.alice()
    first = await alice.get("/v1/auth/me")
    assert first.headers["x-ratelimit-limit"] == "120"
    assert first.headers["x-ratelimit-remaining"] == "119"
    assert await times(alice, KEY_LIMIT - 1) == [200] * (KEY_LIMIT - 1)
    wait = check_refused(await alice.get("/v1/auth/me"))
    assert 59 <= wait <= 61
    world.clock.advance(timedelta(seconds=wait - 2))
    check_refused(await alice.get("/v1/auth/me"))
    world.clock.advance(timedelta(seconds=2))
    assert (await alice.get("/v1/auth/me")).headers["x-ratelimit-remaining"] == "119"


async def test_the_window_slides(world: World, callers: Callers) -> None:
    alice = callers.alice()
    await times(alice, 60)
    world.clock.advance(timedelta(seconds=30))
    await times(alice, 60)
    assert 29 <= check_refused(await alice.get("/v1/auth/me")) <= 31
    world.clock.advance(timedelta(seconds=31))
    assert await times(alice, 61) == [200] * 60 + [429]


async def test_what_is_refused_does_not_count(world: World, callers: Callers) -> None:
    alice = callers.alice()
    await times(alice, KEY_LIMIT)
    world.clock.advance(timedelta(seconds=30))
    assert await times(alice, 50) == [429] * 50
    world.clock.advance(timedelta(seconds=31))
    assert (await alice.get("/v1/auth/me")).headers["x-ratelimit-remaining"] == "119"


async def test_another_key_of_the_account_has_a_window_of_its_own(
    world: World, callers: Callers
) -> None:
    await times(callers.alice(), KEY_LIMIT)
    other = callers.at("192.0.2.1", world.alice.test_key)
    assert (await other.get("/v1/auth/me")).status_code == 200


async def test_wrong_keys_are_refused_in_the_end_and_right_ones_never_for_them(
    callers: Callers,
) -> None:
    stranger = callers.at("192.0.2.1", WRONG_KEY)
    assert await times(stranger, 21) == [401] * 20 + [429]
    nobody = callers.at("192.0.2.1")
    answers = await times(nobody, 90)
    assert answers[0] == 401
    assert answers[-1] == 429
    assert (await callers.alice().get("/v1/auth/me")).status_code == 200


async def test_unknown_keys_lock_out_no_right_key_of_their_address(
    world: World, callers: Callers
) -> None:
    """More of them than the address may make requests, each with a beginning of its own."""
    pause = await world.ask()
    for number in range(310):
        stranger = callers.at("192.0.2.1", f"pp_live_{number:048x}")
        assert (await stranger.get("/v1/auth/me")).status_code in (401, 429)
    alice = callers.alice()
    assert (await alice.get("/v1/auth/me")).status_code == 200
    assert (await alice.get(f"/v1/pause/{pause.pause_id}")).status_code == 200
    call = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    assert (await alice.post("/mcp", json=call)).status_code == 200
    hook = {"hook_event_name": "PostToolUse", "session_id": "s", "cwd": "/", "tool_name": "Bash"}
    remark = await alice.post("/v1/hooks/claude-code", json=hook)
    assert "RATE" not in remark.text
    assert "requests a minute" not in remark.text


async def test_what_one_key_is_refused_uses_up_nothing_of_its_address(
    world: World, callers: Callers
) -> None:
    assert (await times(callers.alice(), 500)).count(200) == KEY_LIMIT
    other = callers.at("192.0.2.1", world.alice.test_key)
    assert await times(other, KEY_LIMIT) == [200] * KEY_LIMIT


async def test_waiting_agents_of_one_address_do_not_use_up_its_limit(tmp_path: Path) -> None:
    async with limited(tmp_path, "address=5,key=120") as world:
        callers, pause = Callers(world), await world.ask()
        path = f"/v1/pause/{pause.pause_id}?wait=50"
        waiting = [asyncio.create_task(callers.alice().get(path)) for _ in range(20)]
        await held(world, 20)
        assert (await callers.alice().delete(f"/v1/pause/{pause.pause_id}")).status_code == 200
        assert [(await task).status_code for task in waiting] == [200] * 20


async def test_keys_that_begin_alike_are_counted_together_whatever_the_address(
    callers: Callers,
) -> None:
    answers = []
    for number in range(25):
        client = callers.at(f"192.0.2.{number}", f"pp_live_12345678{number:040x}")
        answers.append((await client.get("/v1/auth/me")).status_code)
    assert answers == [401] * 20 + [429] * 5


async def test_an_address_has_a_limit_however_many_keys_it_has(tmp_path: Path) -> None:
    async with limited(tmp_path, "key=120,address=150") as world:
        callers = Callers(world)
        await times(callers.alice(), 100)
        other = callers.at("192.0.2.1", world.alice.test_key)
        assert await times(other, 51) == [200] * 50 + [429]
        assert (await callers.at("192.0.2.2", world.alice.test_key).get("/v1/auth/me")).is_success


async def test_an_ipv6_network_is_one_caller(callers: Callers) -> None:
    answers = [
        (await callers.at(f"2001:db8:1:2::{n:x}").get("/v1/auth/me")).status_code
        for n in range(101)
    ]
    assert answers == [401] * 100 + [429]
    assert (await callers.at("2001:db8:1:3::1").get("/v1/auth/me")).status_code == 401
    assert (await callers.at("::ffff:192.0.2.1").get("/v1/auth/me")).status_code == 401


@pytest.mark.parametrize("path", ["/nowhere", "/docs", "/openapi.json", "/", "/static/page.css"])
async def test_pages_and_paths_that_are_not_there_are_limited_by_address(
    callers: Callers, path: str
) -> None:
    visitor = callers.at("192.0.2.1")
    statuses = await times(visitor, 101, path)
    assert 429 not in statuses[:100]
    assert statuses[100] == 429
    assert (await callers.at("192.0.2.2").get(path)).status_code == statuses[0]


async def test_a_browser_over_the_limit_sees_a_page(callers: Callers) -> None:
    visitor = callers.at("192.0.2.1")
    await times(visitor, 100, "/docs")
    refused = await visitor.get("/docs", headers={"Accept": "text/html"})
    assert (refused.status_code, refused.headers["content-type"]) == (
        429,
        "text/html; charset=utf-8",
    )
    assert "Too often, just now" in refused.text
    assert int(refused.headers["retry-after"]) > 0


async def test_what_a_page_needs_meets_no_limit(callers: Callers) -> None:
    visitor = callers.at("192.0.2.1")
    for path in ("/static/pausepoint.css", "/static/times.js"):
        assert await times(visitor, 300, path) == [200] * 300


async def test_registering_is_limited_by_address(callers: Callers) -> None:
    visitor = callers.at("192.0.2.1")
    answers = [await visitor.post("/v1/auth/register", json={}) for _ in range(21)]
    assert [answer.status_code for answer in answers] == [422] * 20 + [429]
    assert answers[0].headers["x-ratelimit-limit"] == "20"


async def test_health_is_never_refused_and_has_the_headers(callers: Callers) -> None:
    probe = callers.at("192.0.2.1")
    await times(probe, 100, "/nowhere")
    assert await times(probe, 150, "/health") == [200] * 150
    assert (await probe.get("/health/live")).headers["x-ratelimit-limit"] == "100"


# ── The person's link ──


async def test_a_genuine_link_is_limited_by_its_question_and_not_by_the_address(
    world: World, callers: Callers
) -> None:
    office = callers.at("192.0.2.1")
    await times(office, 100, "/nowhere")
    pauses = [await world.ask() for _ in range(3)]
    for pause in pauses:
        path = respond_url(world.services, pause).removeprefix("http://127.0.0.1:8000")
        assert await times(office, 61, path) == [200] * 60 + [429]
        answers = [await office.post(path, data={"choice": "Maybe"}) for _ in range(11)]
        assert [answer.status_code for answer in answers] == [400] * 10 + [429]
        assert "Too often, just now" in answers[-1].text
        assert answers[-1].headers["retry-after"]
    world.clock.advance(timedelta(seconds=61))
    taken = await office.post(path, data={"choice": "Approve"})
    assert taken.status_code == 303


async def test_the_api_and_the_page_count_the_same_answers(world: World, callers: Callers) -> None:
    pause, person = await world.ask(), callers.at("192.0.2.1")
    path = respond_url(world.services, pause).removeprefix("http://127.0.0.1:8000")
    for _ in range(5):
        await person.post(path, data={"choice": "Maybe"})
        await person.post(f"/v1{path}", json={"choice": "Maybe"})
    check_refused(await person.post(f"/v1{path}", json={"choice": "Approve"}))


async def test_a_forged_link_counts_against_the_address(callers: Callers) -> None:
    visitor = callers.at("192.0.2.1")
    assert await times(visitor, 101, f"/respond/{'A' * 54}") == [404] * 100 + [429]


# ── Requests that wait ──


async def test_long_waits_are_limited_by_how_many_are_held(tmp_path: Path) -> None:
    async with limited(tmp_path, "held=3") as world:
        pause, callers = await world.ask(), Callers(world)
        path = f"/v1/pause/{pause.pause_id}?wait=50"
        waiting = [asyncio.create_task(callers.alice().get(path)) for _ in range(3)]
        await held(world, 3)
        refused = await callers.alice().get(path)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
        assert "3 requests of this key wait already" in refused.json()["message"]
        # An ordinary look is no wait.
        assert (await callers.alice().get(f"/v1/pause/{pause.pause_id}")).status_code == 200
        world.clock.advance(timedelta(seconds=10))
        assert (await callers.alice().delete(f"/v1/pause/{pause.pause_id}")).status_code == 200
        assert [(await task).json()["status"] for task in waiting] == ["cancelled"] * 3
        assert (await callers.alice().get(path)).status_code == 200


async def test_waits_are_free_where_they_last_and_counted_where_they_end_at_once(
    world: World, callers: Callers
) -> None:
    alice, pause = callers.alice(), await world.ask()
    await alice.delete(f"/v1/pause/{pause.pause_id}")
    ended = f"/v1/pause/{pause.pause_id}?wait=50"
    assert await times(alice, 121, ended) == [200] * 120 + [429]
    check_refused(await alice.get("/v1/auth/me"))


async def test_a_key_whose_minute_is_used_up_can_still_wait_for_an_answer(
    world: World, callers: Callers
) -> None:
    alice, pause = callers.alice(), await world.ask()
    await times(alice, KEY_LIMIT)
    check_refused(await alice.get(f"/v1/pause/{pause.pause_id}?wait=4"))
    waiting = asyncio.create_task(alice.get(f"/v1/pause/{pause.pause_id}?wait=50"))
    await held(world, 1)
    path = respond_url(world.services, pause).removeprefix("http://127.0.0.1:8000")
    await callers.at("192.0.2.9").post(path, data={"choice": "Approve"})
    assert (await waiting).json()["response_choice"] == "Approve"


async def test_a_wait_that_is_asked_for_wrongly_counts(callers: Callers) -> None:
    alice = callers.alice()
    assert await times(alice, 121, "/v1/pause/psr_1?wait=x") == [422] * 120 + [429]


# ── Through proxies ──


async def forwarded(callers: Callers, peer: str, said: str) -> str:
    """How many requests are left for whoever that is."""
    answer = await callers.at(peer).get("/nowhere", headers={"X-Forwarded-For": said})
    left: str = answer.headers["x-ratelimit-remaining"]
    return left


async def test_what_a_caller_says_of_its_address_is_not_believed(callers: Callers) -> None:
    left = [await forwarded(callers, "192.0.2.1", f"198.51.100.{n}") for n in range(3)]
    assert left == ["99", "98", "97"]


async def test_a_trusted_proxy_is_believed_as_far_as_it_saw_itself(tmp_path: Path) -> None:
    async with limited(tmp_path, PAUSEPOINT_TRUSTED_PROXIES="10.0.0.0/8") as world:
        callers = Callers(world)
        assert await forwarded(callers, "10.0.0.1", "198.51.100.1") == "99"
        assert await forwarded(callers, "10.0.0.2", "198.51.100.1, 10.1.1.1") == "98"
        assert await forwarded(callers, "10.0.0.1", "203.0.113.9, 198.51.100.1") == "97"
        assert await forwarded(callers, "10.0.0.1", "198.51.100.1:5500") == "96"
        assert await forwarded(callers, "198.51.100.1", "203.0.113.9") == "95"
        assert await forwarded(callers, "10.0.0.1", "203.0.113.9") == "99"
        assert await forwarded(callers, "10.0.0.1", "[2001:db8::1]:80") == "99"
        assert await forwarded(callers, "10.0.0.1", "2001:db8::2") == "98"
        # Nothing sensible: the proxy itself.
        assert await forwarded(callers, "10.0.0.7", "unknown, \x00") == "99"
        assert await forwarded(callers, "10.0.0.7", "") == "98"


async def test_whoever_forgot_to_name_the_proxy_is_told_once(
    callers: Callers, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(103):
        await forwarded(callers, "192.0.2.1", "198.51.100.1")
    said = caplog.text + capsys.readouterr().out
    assert said.count("PAUSEPOINT_TRUSTED_PROXIES") == 1
    assert "198.51.100.1" not in said


# ── The log ──


async def test_refused_requests_do_not_fill_the_log(
    world: World, callers: Callers, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line a second, which says how many came before it without one."""
    alice = callers.alice()
    await times(alice, KEY_LIMIT)
    capsys.readouterr()
    assert await times(alice, 300) == [429] * 300
    world.clock.advance(timedelta(seconds=2))
    assert await times(alice, 2) == [429, 429]
    said = capsys.readouterr()
    lines = [line for line in (said.out + said.err).splitlines() if "429" in line]
    assert len(lines) == 2
    assert "299" in lines[1]


# ── MCP over HTTP ──


async def test_a_tool_call_counts_as_the_request_that_it_is(world: World, callers: Callers) -> None:
    alice = callers.alice()
    call = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": "list_pause_requests", "arguments": {}},
    }
    answers = [await alice.post("/mcp", json=call) for _ in range(121)]
    assert all(answer.status_code == 200 for answer in answers)
    refused = answers[-1].json()["result"]
    assert refused["isError"]
    assert "120 requests a minute" in str(refused["content"])
    assert not answers[-2].json()["result"].get("isError")


async def test_a_create_that_is_refused_creates_nothing(world: World, callers: Callers) -> None:
    alice = callers.alice()
    await times(alice, KEY_LIMIT)
    check_refused(await alice.post("/v1/pause", json=ASKED))
    assert (
        await world.services.store.pauses(
            world.alice.developer.developer_id, world.principal().mode, None, 10, 0
        )
        == []
    )


async def test_the_test_keys_of_an_account_store_so_much_an_hour(tmp_path: Path) -> None:
    async with limited(tmp_path, "test_records=3", PAUSEPOINT_REGISTRATION="open") as world:
        callers = Callers(world)
        alice = callers.at("192.0.2.1", world.alice.test_key)
        once = {"Idempotency-Key": "once"}
        person = {"recipient": "bob@example.com", "channel": "email"}
        made = [
            await alice.post("/v1/pause", json=ASKED, headers=once),
            await alice.post("/v1/recipients", json=person),
            await alice.post("/v1/pause", json=ASKED),
        ]
        other = (await alice.post("/v1/keys", json={"name": "ci"})).json()["api_key"]
        refused = [
            await alice.post("/v1/pause", json=ASKED),
            await alice.post("/v1/recipients", json=person | {"recipient": "eve@example.com"}),
            await callers.at("192.0.2.1", other).post("/v1/pause", json=ASKED),
        ]
        assert [answer.status_code for answer in made] == [201] * 3
        for answer in refused:
            assert (answer.status_code, answer.json()["error"]) == (429, "RATE_LIMITED")
            assert "3 pauses and recipients an hour" in answer.json()["message"]
            assert 3590 <= int(answer.headers["retry-after"]) <= 3660
        assert (await alice.post("/v1/pause", json=ASKED, headers=once)).status_code == 200
        assert (await alice.post("/v1/recipients", json=person)).status_code == 200
        assert (await callers.alice().post("/v1/pause", json=ASKED)).status_code == 201
        bob = {"email": "bob@example.com", "name": "Bob", "password": "long enough"}
        of_bob = (await alice.post("/v1/auth/register", json=bob)).json()["test_api_key"]
        stranger = callers.at("192.0.2.1", of_bob)
        assert (await stranger.post("/v1/pause", json=ASKED)).status_code == 201
        world.clock.advance(timedelta(seconds=3660))
        assert (await alice.post("/v1/pause", json=ASKED)).status_code == 201
