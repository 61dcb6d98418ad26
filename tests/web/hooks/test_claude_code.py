"""`POST /v1/hooks/claude-code`: every outcome, in Claude Code's words, and never a bare error."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from pausepoint.channels.base import ChannelError
from pausepoint.config.hooks_file import hook_rules
from pausepoint.config.settings import Command
from pausepoint.domain.action import ACTION_LIMIT
from pausepoint.domain.mode import Mode
from pausepoint.domain.pause import Pause
from pausepoint.domain.time import milliseconds
from pausepoint.operations.cancel_pause import cancel_pause
from pausepoint.operations.idempotency import IDEMPOTENCY_KEPT
from pausepoint.operations.respond_to_pause import respond_to_pause, respond_url
from pausepoint.operations.time_out_pauses import settled_pause
from pausepoint.store.changes import Change, ForgetIdempotencyKeys
from pausepoint.web.app import create_app
from tests.harness import World, a_world, an_api, settings_of, until

pytestmark = pytest.mark.anyio

PATH = "/v1/hooks/claude-code"
RULES = """
hooks:
  - account: Alice@example.com
    recipient: "+1 (555) 010-0199"
    channel: sms
    rules:
      - tools: [Read]
        decision: allow
      - tools: [Drop]
        decision: deny
      - tools: [Edit]
        decision: ask
      - tools: [Glob]
        decision: pass
      - tools: [Bash, mcp__shop__refund]
      - tools: [Write]
        timeout: 30s
        on_silence: allow
      - tools: [NotebookEdit]
        on_silence: ask
      - tools: [Deploy]
        wait: defer
        timeout: 3d
"""
Json = dict[str, Any]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path, settings_of(tmp_path, PAUSEPOINT_HOOKS=RULES)) as made:
        yield made


@pytest.fixture
async def api(world: World) -> AsyncIterator[httpx2.AsyncClient]:
    async with an_api(world) as client:
        yield client


def call(tool: str = "Bash", event: str = "PreToolUse", **changes: Any) -> Json:
    given = {
        "session_id": "8a5f",
        "transcript_path": "/home/me/.claude/8a5f.jsonl",
        "cwd": "/home/me/shop",
        "permission_mode": "default",
        "hook_event_name": event,
        "tool_name": tool,
        "tool_input": {"command": "rm -rf build", "description": "Clean up"},
        "tool_use_id": "toolu_1",
    }
    if event == "PermissionRequest":
        del given["tool_use_id"]
    return given | changes


async def decided(api: httpx2.AsyncClient, body: Json) -> tuple[str, str]:
    """The decision and its reason; two empty texts where there is none."""
    answered = await api.post(PATH, json=body)
    assert answered.status_code == 200
    assert answered.headers["content-type"] == "application/json"
    return in_words(answered.json())


def in_words(answer: Json) -> tuple[str, str]:
    output = answer.get("hookSpecificOutput")
    if output is None:
        return "", ""
    if output["hookEventName"] == "PermissionRequest":
        return output["decision"]["behavior"], output["decision"].get("message", "")
    return output["permissionDecision"], output["permissionDecisionReason"]


async def pauses(world: World, mode: Mode = Mode.LIVE) -> list[Pause]:
    """Newest first."""
    developer_id = world.alice.developer.developer_id
    return await world.services.store.pauses(developer_id, mode, None, 100, 0)


async def until_waiting(world: World, how_many: int = 1) -> None:
    await until(lambda: world.services.store.waiting == how_many)


async def asked(world: World, mode: Mode = Mode.LIVE) -> Pause:
    """The one question that waits, once somebody waits for its answer."""
    await until_waiting(world)
    [pending] = [pause for pause in await pauses(world, mode) if not pause.status.is_final]
    return await world.pause(pending.pause_id)


async def answer(world: World, pause: Pause, choice: str, text: str | None = None) -> None:
    token = respond_url(world.services, pause).rpartition("/")[2]
    await respond_to_pause(world.services, token, choice, text)


async def tidied(world: World) -> None:
    """As the worker does from time to time."""
    before = world.clock.now() - milliseconds(IDEMPOTENCY_KEPT)
    await world.services.store.apply(Change(rows=(ForgetIdempotencyKeys(before),)))


@pytest.mark.parametrize("event", ["PreToolUse", "PermissionRequest"])
async def test_a_person_allows(world: World, api: httpx2.AsyncClient, event: str) -> None:
    deciding = asyncio.create_task(decided(api, call(event=event)))
    pause = await asked(world)
    await answer(world, pause, "Allow", "Only this once.")
    decision, reason = await deciding

    assert decision == "allow"
    if event == "PreToolUse":
        assert reason == 'A person allowed this with the note: "Only this once."'
    assert pause.content is not None
    assert pause.content.recipient == "+15550100199"
    assert pause.content.message == "May Claude Code use Bash?"
    assert pause.content.metadata == {"folder": "/home/me/shop"}
    assert pause.content.action is not None
    assert pause.content.action.tool == "Bash"
    assert pause.content.action.arguments == call()["tool_input"]
    assert pause.timeout_default == "Deny"


@pytest.mark.parametrize("event", ["PreToolUse", "PermissionRequest"])
async def test_a_person_denies_and_says_why(
    world: World, api: httpx2.AsyncClient, event: str
) -> None:
    deciding = asyncio.create_task(decided(api, call(event=event)))
    await answer(world, await asked(world), "Deny", "Not on a Friday.")

    assert await deciding == ("deny", 'A person denied this with the note: "Not on a Friday."')


@pytest.mark.parametrize(
    ("tool", "decision", "said"),
    [
        ("Bash", "deny", "No person answered within 9 min, so this is denied."),
        ("Write", "allow", "No person answered within 30 s. The operator's rules allow this then;"),
        ("NotebookEdit", "ask", "No person answered within 9 min."),
    ],
)
async def test_silence_means_what_the_rule_says_and_is_never_called_a_person(
    world: World, api: httpx2.AsyncClient, tool: str, decision: str, said: str
) -> None:
    deciding = asyncio.create_task(decided(api, call(tool)))
    pause = await asked(world)
    world.clock.advance(timedelta(minutes=9))
    await settled_pause(world.services, pause.pause_id)
    given, reason = await deciding

    assert given == decision
    assert reason.startswith(said)
    assert "A person" not in reason
    assert (await world.pause(pause.pause_id)).resolved_by == "timeout"


async def test_silence_that_leaves_it_to_the_user_is_no_decision_for_a_permission(
    world: World, api: httpx2.AsyncClient
) -> None:
    deciding = asyncio.create_task(decided(api, call("NotebookEdit", "PermissionRequest")))
    pause = await asked(world)
    world.clock.advance(timedelta(minutes=9))
    await settled_pause(world.services, pause.pause_id)

    assert await deciding == ("", "")


@pytest.mark.parametrize(
    ("tool", "before_tool", "permission"),
    [
        ("Read", "allow", "allow"),
        ("Drop", "deny", "deny"),
        ("Edit", "ask", ""),
        ("Glob", "", ""),
        ("Unheard", "", ""),
    ],
)
async def test_a_rule_decides_without_anybody(
    world: World, api: httpx2.AsyncClient, tool: str, before_tool: str, permission: str
) -> None:
    assert (await decided(api, call(tool)))[0] == before_tool
    assert (await decided(api, call(tool, "PermissionRequest")))[0] == permission
    assert await pauses(world) == []


async def test_a_run_that_ended_goes_on_with_the_answer_days_later(
    world: World, api: httpx2.AsyncClient
) -> None:
    first, _ = await decided(api, call("Deploy"))
    world.clock.advance(timedelta(days=2))
    await tidied(world)
    second, _ = await decided(api, call("Deploy"))
    [pause] = await pauses(world)
    await answer(world, await world.pause(pause.pause_id), "Allow")
    world.clock.advance(timedelta(days=1))
    await tidied(world)
    third, reason = await decided(api, call("Deploy"))

    assert (first, second, third) == ("defer", "defer", "allow")
    assert reason == "A person allowed this."
    assert len(await pauses(world)) == 1


async def test_an_answer_that_was_erased_lets_nothing_pass(
    world: World, api: httpx2.AsyncClient
) -> None:
    await decided(api, call("Deploy"))
    [pause] = await pauses(world)
    await answer(world, await world.pause(pause.pause_id), "Allow")
    assert (await api.delete(f"/v1/pause/{pause.pause_id}/content")).status_code == 200
    decision, reason = await decided(api, call("Deploy"))

    assert (decision, "has been erased" in reason) == ("deny", True)


async def test_an_answer_lets_one_call_pass_and_no_other(
    world: World, api: httpx2.AsyncClient
) -> None:
    await decided(api, call("Deploy"))
    [pause] = await pauses(world)
    await answer(world, await world.pause(pause.pause_id), "Allow")

    others = [
        call("Deploy", tool_use_id="toolu_2"),
        call("Deploy", session_id="other"),
        call("Deploy", tool_input={"command": "rm -rf /"}),
    ]
    assert [(await decided(api, other))[0] for other in others] == ["defer"] * 3
    taken = await asyncio.gather(*(decided(api, call("Deploy")) for _ in range(4)))
    assert sorted(decision for decision, _ in taken) == ["allow", "defer", "defer", "defer"]
    assert len(await pauses(world)) == 5


async def test_a_call_that_was_answered_while_it_waited_is_asked_again(
    world: World, api: httpx2.AsyncClient
) -> None:
    deciding = asyncio.create_task(decided(api, call()))
    await answer(world, await asked(world), "Allow")
    assert (await deciding)[0] == "allow"

    again = asyncio.create_task(decided(api, call()))
    await answer(world, await asked(world), "Deny")
    assert (await again)[0] == "deny"


async def test_calls_of_one_id_share_no_answer(world: World, api: httpx2.AsyncClient) -> None:
    deciding = [asyncio.create_task(decided(api, call(tool_use_id="call_0"))) for _ in range(3)]
    await until_waiting(world, 3)
    first, *others = [await world.pause(pause.pause_id) for pause in await pauses(world)]
    await answer(world, first, "Allow")
    for other in others:
        await answer(world, other, "Deny")

    decisions = [(await each)[0] for each in deciding]
    assert sorted(decisions) == ["allow", "deny", "deny"]


async def test_an_answer_that_comes_while_it_is_withdrawn_is_used_once(
    world: World, api: httpx2.AsyncClient
) -> None:
    """The message failed for good, and then the person found the link after all."""
    world.vendor.outcomes = [ChannelError("21211", "no such number", is_permanent=True)]
    assert (await decided(api, call("Deploy")))[0] == "defer"
    await world.deliver_due()
    [pause] = await pauses(world)
    await answer(world, await world.pause(pause.pause_id), "Allow")

    taken = await asyncio.gather(*(decided(api, call("Deploy")) for _ in range(3)))
    assert sorted(decision for decision, _ in taken) == ["allow", "defer", "defer"]


async def test_a_used_answer_stays_used_as_long_as_it_can_be_found(
    world: World, api: httpx2.AsyncClient
) -> None:
    await decided(api, call("Deploy"))
    [pause] = await pauses(world)
    await answer(world, await world.pause(pause.pause_id), "Allow")
    assert (await decided(api, call("Deploy")))[0] == "allow"
    last = timedelta(days=3) + IDEMPOTENCY_KEPT
    world.clock.advance(last)
    assert (await decided(api, call("Deploy")))[0] == "defer"
    world.clock.advance(timedelta(milliseconds=1))
    await tidied(world)
    assert (await decided(api, call("Deploy")))[0] == "defer"


@pytest.mark.parametrize(
    "cwd", ["/tmp/shop? Approved by security. Press Allow", "/a\nb", '/a"b', "/a\u201db", " "]
)
async def test_the_folder_is_no_part_of_our_sentence(
    world: World, api: httpx2.AsyncClient, cwd: str
) -> None:
    deciding = asyncio.create_task(decided(api, call(cwd=cwd)))
    pause = await asked(world)
    assert pause.content is not None
    assert pause.content.message == "May Claude Code use Bash?"
    await answer(world, pause, "Deny")
    await deciding


async def test_the_name_of_a_tool_is_quoted(tmp_path: Path) -> None:
    rules = RULES + "      - tools: ['*']\n"
    settings = settings_of(tmp_path, PAUSEPOINT_HOOKS=rules)
    async with a_world(tmp_path, settings) as world, an_api(world) as api:
        name = 'Read"? It is safe \u201d. Press Allow'
        deciding = asyncio.create_task(decided(api, call(name)))
        pause = await asked(world)
        assert pause.content is not None
        quoted = 'May Claude Code use "Read\\"? It is safe \\u201d. Press Allow"?'
        assert pause.content.message == quoted
        await answer(world, pause, "Deny")
        await deciding


async def test_an_agent_cannot_put_its_own_question_in_the_place_of_ours(
    world: World, api: httpx2.AsyncClient
) -> None:
    await decided(api, call("Deploy"))
    for key in ("tool call 0", "tool call"):
        ask = {
            "recipient": "+15550101",
            "channel": "sms",
            "message": "?",
            "options": ["Allow", "Deny"],
        }
        refused = await api.post("/v1/pause", json=ask, headers={"Idempotency-Key": key})
        assert refused.status_code == 422


async def test_who_goes_away_takes_the_question_along(
    world: World, api: httpx2.AsyncClient
) -> None:
    gone = asyncio.Event()
    body = [{"type": "http.request", "body": json.dumps(call()).encode(), "more_body": False}]

    async def receive() -> Json:
        if body:
            return body.pop()
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Json) -> None:
        assert message.get("body", b"").strip() == b""

    key = f"Bearer {world.alice.live_key}".encode()
    scope = {
        "type": "http", "method": "POST", "path": PATH, "query_string": b"",
        "headers": [(b"authorization", key), (b"host", b"127.0.0.1:8000")],
    }  # fmt: skip
    app = create_app(world.services, world.running.inbox)
    running = asyncio.ensure_future(app(scope, receive, send))
    pause = await asked(world)
    gone.set()
    await running

    assert (await world.pause(pause.pause_id)).status == "cancelled"
    assert world.services.store.waiting == 0


async def test_who_waits_is_denied_when_the_server_stops(
    world: World, api: httpx2.AsyncClient
) -> None:
    deciding = asyncio.create_task(decided(api, call()))
    pause = await asked(world)
    world.services.store.release_waiters()
    decision, reason = await deciding

    assert decision == "deny"
    assert "PausePoint is stopping" in reason
    assert (await world.pause(pause.pause_id)).status == "cancelled"


@pytest.mark.parametrize("tool", ["Bash", "Write", "Deploy"])
async def test_a_message_that_cannot_be_delivered_denies(
    world: World, api: httpx2.AsyncClient, tool: str
) -> None:
    world.vendor.outcomes = [ChannelError("21211", "no such number", is_permanent=True)]
    deciding = asyncio.create_task(decided(api, call(tool)))
    if tool == "Deploy":
        assert (await deciding)[0] == "defer"
    else:
        await asked(world)
    await world.deliver_due()
    if tool == "Deploy":
        deciding = asyncio.create_task(decided(api, call(tool)))
    decision, reason = await deciding

    assert (decision, "could not be delivered" in reason) == ("deny", True)
    assert (await pauses(world))[0].status == "cancelled"


async def test_a_question_that_is_withdrawn_denies(world: World, api: httpx2.AsyncClient) -> None:
    deciding = asyncio.create_task(decided(api, call("Write")))
    pause = await asked(world)
    await cancel_pause(world.services, world.principal(), pause.pause_id)

    assert (await deciding)[0] == "deny"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "The body is not valid JSON."),
        (b"{", "The body is not valid JSON."),
        (b"\xff\xfe", "The body is not valid JSON."),
        (b"[]", "Expected `object`"),
        (b"{}", "hook_event_name: This field is required."),
        (b'{"hook_event_name": 7}', "hook_event_name"),
        (b'{"hook_event_name": "PreToolUse"}', "tool_name: This field is required."),
        (b'{"hook_event_name": "PreToolUse", "tool_name": "Bash"}', "tool_input: This field"),
        (b'{"hook_event_name": "PreToolUse", "tool_name": ["Bash"], "tool_input": 1}', "tool_name"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)  # fmt: skip
async def test_what_cannot_be_read_is_denied(
    world: World, api: httpx2.AsyncClient, body: bytes, said: str
) -> None:
    answered = await api.post(PATH, content=body)
    decision, reason = in_words(answered.json())

    assert (answered.status_code, decision) == (200, "deny")
    assert said in reason
    assert await pauses(world) == []


@pytest.mark.parametrize(
    "tool_input",
    [{"command": "nul \0"}, {"command": "x" * ACTION_LIMIT}, {"deep": [[[]]] * 3 + [[["x"] * 2]]}],
)
async def test_what_no_person_can_be_shown_whole_is_denied(
    world: World, api: httpx2.AsyncClient, tool_input: Json
) -> None:
    if "deep" in tool_input:
        for _ in range(70):
            tool_input = {"deep": tool_input}
    decision, _ = await decided(api, call(tool_input=tool_input))

    assert decision == "deny"
    assert await pauses(world) == []


@pytest.mark.parametrize("event", ["PreToolUse", "PermissionRequest"])
@pytest.mark.parametrize("size", [1024 * 1024, 6 * 1024 * 1024])
async def test_a_body_past_1_mib_is_denied_with_that_reason(
    world: World, api: httpx2.AsyncClient, event: str, size: int
) -> None:
    decision, reason = await decided(api, call("Glob", event, tool_input={"content": "x" * size}))

    assert decision == "deny"
    assert "The body is too large: at most 1048576 bytes are taken." in reason


async def test_arguments_of_any_json_are_asked_about(world: World, api: httpx2.AsyncClient) -> None:
    for number, given in enumerate([None, "text", [1, 2], 7], 1):
        body = call("mcp__shop__refund", tool_input=given, tool_use_id=f"toolu_{number}")
        deciding = asyncio.create_task(decided(api, body))
        pause = await asked(world)
        assert pause.content is not None
        assert pause.content.action is not None
        assert pause.content.action.arguments == given
        await answer(world, pause, "Allow")
        assert (await deciding)[0] == "allow"


@pytest.mark.parametrize("key", [None, "pp_live_" + "0" * 48, "nonsense"])
async def test_a_key_that_is_not_good_is_denied(
    world: World, api: httpx2.AsyncClient, key: str | None
) -> None:
    headers = {"Authorization": f"Bearer {key}" if key else ""}
    answered = await api.post(PATH, json=call(), headers=headers)
    decision, reason = in_words(answered.json())

    assert (answered.status_code, decision) == (200, "deny")
    assert "A valid API key is needed" in reason


async def test_an_event_without_a_decision_is_told_so(api: httpx2.AsyncClient) -> None:
    answered = await api.post(PATH, json={"hook_event_name": "PostToolUse", "tool_name": "Bash"})

    assert answered.status_code == 200
    assert list(answered.json()) == ["systemMessage"]


async def test_who_has_no_rules_is_denied(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world, an_api(world) as api:
        decision, reason = await decided(api, call("Read"))

    assert decision == "deny"
    assert "no rules for this API key" in reason


async def test_rules_are_a_keys_own(world: World) -> None:
    text = "hooks: [{key: KEY, rules: [{tools: ['*'], decision: allow}]}]"
    rules = hook_rules(text.replace("KEY", world.alice.live_key[:16]))
    own = replace(
        world,
        services=replace(world.services, policy=replace(world.services.policy, hook_rules=rules)),
    )
    async with an_api(own) as live, an_api(own, world.alice.test_key) as test:
        assert (await decided(live, call()))[0] == "allow"
        assert (await decided(test, call()))[0] == "deny"


async def test_nobody_is_asked_by_a_test_key_where_it_simulates(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, Command.SERVE, PAUSEPOINT_HOOKS=RULES)
    async with a_world(tmp_path, settings) as world, an_api(world, world.alice.test_key) as api:
        deciding = asyncio.create_task(decided(api, call("Write")))
        pause = await asked(world, Mode.TEST)
        world.clock.advance(timedelta(minutes=1))
        await settled_pause(world.services, pause.pause_id)
        decision, reason = await deciding

    assert decision == "deny"
    assert "This key is for tests: no person was asked." in reason


async def test_a_channel_that_cannot_send_denies(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, Command.SERVE, PAUSEPOINT_HOOKS=RULES)
    async with a_world(tmp_path, settings) as world:
        world.services.transports[Mode.LIVE].pop("sms")  # type: ignore[attr-defined]
        async with an_api(world) as api:
            decision, reason = await decided(api, call())

    assert decision == "deny"
    assert "This channel is not set up" in reason


async def test_who_asks_too_often_is_denied_and_who_waits_is_not_counted(tmp_path: Path) -> None:
    rules = settings_of(tmp_path, PAUSEPOINT_HOOKS=RULES, PAUSEPOINT_RATE_LIMITS="key=3")
    async with a_world(tmp_path, rules) as world, an_api(world) as api:
        for number in range(5):
            deciding = asyncio.create_task(decided(api, call(tool_use_id=f"toolu_{number}")))
            pause = await asked(world)
            world.clock.advance(timedelta(seconds=6))
            await answer(world, pause, "Allow")
            assert (await deciding)[0] == "allow"
        decisions = [await decided(api, call("Read")) for _ in range(4)]

    assert [decision for decision, _ in decisions] == ["allow"] * 3 + ["deny"]
    assert "Try again in" in decisions[3][1]
