"""Tools of Claude Code that need more than a yes: `AskUserQuestion`, plans, cards."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pausepoint.operations.cancel_pause import cancel_pause
from pausepoint.operations.time_out_pauses import settled_pause
from tests.harness import World, a_world, an_api, settings_of
from tests.web.hooks.test_claude_code import (
    PATH,
    Json,
    answer,
    asked,
    call,
    decided,
    in_words,
    pauses,
    until_waiting,
)

pytestmark = pytest.mark.anyio

COLOUR = {
    "question": "Which colour?",
    "header": "Colour",
    "options": [
        {"label": "Red", "description": "As it was"},
        {"label": "Blue", "description": "As the shop is"},
    ],
    "multiSelect": False,
}
SIZE = {"question": "How big?", "options": [{"label": "S"}, {"label": "M"}]}


def user_question(*questions: Json, event: str = "PreToolUse", **changes: Any) -> Json:
    tool_input = {"questions": list(questions or (COLOUR, SIZE))}
    return call("AskUserQuestion", event, tool_input=tool_input, **changes)


@pytest.fixture
async def asking(tmp_path: Path) -> AsyncIterator[World]:
    """A world whose rules ask a person about every tool."""
    async with a_world(tmp_path, settings_of(tmp_path, PAUSEPOINT_HOOKS=EVERYTHING)) as made:
        yield made


EVERYTHING = """
hooks:
  - recipient: "+15550100199"
    channel: sms
    rules:
      - tools: ["mcp__allowed", "Read"]
        decision: allow
      - tools: ["*"]
        on_silence: allow
"""


def updated_input(answer: Json) -> Json:
    output = answer["hookSpecificOutput"]
    if output["hookEventName"] == "PermissionRequest":
        return output["decision"]["updatedInput"]  # type: ignore[no-any-return]
    return output["updatedInput"]  # type: ignore[no-any-return]


@pytest.mark.parametrize("event", ["PreToolUse", "PermissionRequest"])
async def test_a_question_to_the_user_is_answered_not_allowed(asking: World, event: str) -> None:
    async with an_api(asking) as api:
        body = user_question(event=event)
        deciding = asyncio.create_task(api.post(PATH, json=body))
        await until_waiting(asking)
        found = [await asking.pause(pause.pause_id) for pause in await pauses(asking)]
        by_message = {
            each.content.message.partition("\n")[0]: each for each in found if each.content
        }
        colour, size = by_message["Which colour?"], by_message["How big?"]
        assert colour.content is not None
        assert colour.content.message == "Which colour?\n\nRed: As it was\nBlue: As the shop is"
        assert (colour.content.options, colour.default_index) == (("Red", "Blue"), None)
        await answer(asking, size, "M", "Or L")
        await answer(asking, colour, "Blue")
        said = (await deciding).json()

    assert in_words(said)[0] == "allow"
    answers = {"Which colour?": "Blue", "How big?": 'M (the person\'s note: "Or L")'}
    assert updated_input(said) == {**body["tool_input"], "answers": answers}


async def test_silence_answers_no_question(asking: World) -> None:
    """Though the rule says that silence allows."""
    async with an_api(asking) as api:
        deciding = asyncio.create_task(decided(api, user_question()))
        await until_waiting(asking)
        asking.clock.advance(timedelta(minutes=9))
        for pause in await pauses(asking):
            await settled_pause(asking.services, pause.pause_id)
        decision, _ = await deciding

    assert decision in ("deny", "ask")


@pytest.mark.parametrize("message", ["Which colour?", "How big?"])
async def test_one_question_that_ends_without_an_answer_ends_all(
    asking: World, message: str
) -> None:
    async with an_api(asking) as api:
        deciding = asyncio.create_task(decided(api, user_question()))
        await until_waiting(asking)
        found = [await asking.pause(pause.pause_id) for pause in await pauses(asking)]
        [one] = [each for each in found if each.content and message in each.content.message]
        await cancel_pause(asking.services, asking.principal(), one.pause_id)
        async with asyncio.timeout(30):
            assert (await deciding)[0] == "deny"

    assert {pause.status for pause in await pauses(asking)} == {"cancelled"}


@pytest.mark.parametrize(
    "question",
    [
        {**COLOUR, "multiSelect": True},
        {**COLOUR, "options": [{"label": str(n)} for n in range(6)]},
        {**COLOUR, "options": [{"label": "Approve"}, {"label": "\u0391pprove"}]},
        {},
    ],
)
@pytest.mark.parametrize("event", ["PreToolUse", "PermissionRequest"])
async def test_a_question_that_buttons_cannot_answer_is_left_to_the_user(
    asking: World, event: str, question: Json
) -> None:
    async with an_api(asking) as api:
        decision, reason = await decided(api, user_question(question, event=event))

    assert decision == ("ask" if event == "PreToolUse" else "")
    assert ("left to the user" in reason) == (decision == "ask")
    assert await pauses(asking) == []


async def test_no_rule_answers_a_question_to_the_user(tmp_path: Path) -> None:
    rules = "hooks: [{rules: [{tools: ['*'], decision: allow}]}]"
    settings = settings_of(tmp_path, PAUSEPOINT_HOOKS=rules)
    async with a_world(tmp_path, settings) as world, an_api(world) as api:
        assert (await decided(api, user_question()))[0] == "ask"
        assert (await decided(api, user_question(event="PermissionRequest")))[0] == ""
        assert (await decided(api, call("ShowOnboardingRolePicker", tool_input={})))[0] == "ask"
        assert (await decided(api, call("Read")))[0] == "allow"


@pytest.mark.parametrize("event", ["PreToolUse", "PermissionRequest"])
async def test_a_plan_is_allowed_as_the_person_saw_it(asking: World, event: str) -> None:
    plan = {"plan": "1. Delete all."}
    async with an_api(asking) as api:
        assert (await decided(api, call("ExitPlanMode", event, tool_input={})))[0] in ("ask", "")
        body = call("ExitPlanMode", event, tool_input=plan)
        deciding = asyncio.create_task(api.post(PATH, json=body))
        await answer(asking, await asked(asking), "Allow")

    assert updated_input((await deciding).json()) == plan


async def test_a_question_to_the_user_is_answered_after_the_run_has_ended(tmp_path: Path) -> None:
    rules = EVERYTHING.replace("on_silence: allow", "wait: defer")
    settings = settings_of(tmp_path, PAUSEPOINT_HOOKS=rules)
    async with a_world(tmp_path, settings) as world, an_api(world) as api:
        body = user_question()
        assert (await decided(api, body))[0] == "defer"
        for pause in await pauses(world):
            assert (await decided(api, body))[0] == "defer"
            whole = await world.pause(pause.pause_id)
            assert whole.content is not None
            await answer(world, whole, whole.content.options[0])
        found = [(await api.post(PATH, json=body)).json() for _ in range(2)]
        assert len(await pauses(world)) == 4

    assert [in_words(each)[0] for each in found] == ["allow", "defer"]
    assert updated_input(found[0])["answers"] == {"Which colour?": "Red", "How big?": "S"}
