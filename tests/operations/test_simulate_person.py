"""Simulated people answer test keys by the way that real ones do, under `dev` and under `serve`."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pausepoint.channels.base import Receipt
from pausepoint.config.settings import Command
from pausepoint.domain.errors import InvalidRecipient, PausePointError, ValidationFailed
from pausepoint.domain.mode import Mode
from pausepoint.domain.pause import Contact, Pause
from pausepoint.operations.cancel_pause import cancel_pause
from pausepoint.operations.deliver import deliver
from pausepoint.operations.manage_webhooks import create_webhook
from pausepoint.operations.respond_to_pause import respond_to_pause, response_token
from pausepoint.operations.time_out_pauses import time_out_pauses
from tests.harness import LEASE, World, a_world, an_api, settings_of

pytestmark = pytest.mark.anyio

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
COMMANDS = {
    "dev": (Command.DEV, {}),
    "serve": (Command.SERVE, {"PAUSEPOINT_PUBLIC_URL": "https://pause.example.com"}),
}


@pytest.fixture(params=COMMANDS)
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    command, settings = COMMANDS[request.param]
    async with a_world(tmp_path, settings_of(tmp_path, command, **settings)) as made:
        yield made


async def ask(world: World, name: str, **changes: Any) -> Pause:
    asked = {"recipient": f"{name}@people.test", "channel": "email", **changes}
    return await world.ask(Mode.TEST, **asked)


async def deliver_all(world: World) -> None:
    while await world.deliver_due():
        pass


async def time_passes(world: World, duration: timedelta) -> None:
    world.clock.advance(duration)
    overdue = await world.services.store.due_pauses(world.clock.now(), 10)
    await time_out_pauses(world.services, overdue)
    await deliver_all(world)


def ended(pause: Pause) -> tuple[str, str | None, str | None]:
    text = pause.content.response_text if pause.content else None
    return pause.status.value, pause.choice, text


THREE = ("Approve", "Later", "Reject")


@pytest.mark.parametrize(
    ("name", "choice", "text"),
    [
        ("approve", "Approve", None),
        ("reject", "Reject", None),
        ("choose+2", "Later", None),
        ("REJECT+note", "Reject", "A note from a simulated person."),
    ],
)
async def test_they_answer_by_themselves_as_a_person_would(
    world: World, name: str, choice: str, text: str | None
) -> None:
    principal = world.principal(Mode.TEST)
    await create_webhook(
        world.services, principal, "https://agents.example.com/", ("pause.responded",), "s" * 16
    )
    pause = await ask(world, name, options=THREE, allow_text_response=True)
    await deliver_all(world)
    found = await world.pause(pause.pause_id)

    assert ended(found) == ("responded", choice, text)
    assert (found.resolved_by, found.mode, found.delivery_state) == ("human", "test", "sent")
    assert await world.audit(pause.pause_id, Mode.TEST) == [
        *("pause.created", "notification.sent", "pause.responded", "webhook.delivered")
    ]
    assert [json.loads(body)["data"]["choice"] for _, _, body in world.receiver.got] == [choice]
    assert await world.services.store.next_delivery_due() is None


@pytest.mark.parametrize(
    ("channel", "recipient", "kept"),
    [
        ("sms", "+1 (202) 555-0181", "+12025550181"),
        ("sms", "Approve@people.test", "approve@people.test"),
        ("slack", "approve@people.test", "approve@people.test"),
        ("slack", "https://hooks.slack.com/services/people.test/approve", None),
    ],
)
async def test_they_are_on_every_channel(
    world: World, channel: str, recipient: str, kept: str | None
) -> None:
    pause = await ask(world, "", recipient=recipient, channel=channel)
    await deliver_all(world)
    async with an_api(world, world.alice.test_key) as api:
        shown = (await api.get(f"/v1/pause/{pause.pause_id}")).json()

    assert (shown["status"], shown["recipient"]) == ("responded", kept or recipient)


async def test_a_slow_one_takes_the_time_that_was_said(world: World) -> None:
    pause = await ask(world, "slow-approve+30s")
    await deliver_all(world)
    await time_passes(world, 29 * SECOND)
    assert not (await world.pause(pause.pause_id)).status.is_final
    await time_passes(world, SECOND)

    assert ended(await world.pause(pause.pause_id)) == ("responded", "Approve", None)


@pytest.mark.parametrize("name", ["never", "slow-approve+2h", "slow-approve+1h"])
async def test_who_does_not_answer_in_time_has_not_answered(world: World, name: str) -> None:
    pause = await ask(world, name, timeout_hours=1, timeout_default="Reject")
    await deliver_all(world)
    await time_passes(world, HOUR)
    await time_passes(world, HOUR)
    found = await world.pause(pause.pause_id)

    assert ended(found) == ("timed_out", "Reject", None)
    assert found.resolved_by == "timeout"
    assert await world.services.store.next_delivery_due() is None


async def test_a_message_that_bounces_is_undeliverable(world: World) -> None:
    pause = await ask(world, "bounce")
    await deliver_all(world)
    found = await world.pause(pause.pause_id)

    assert (found.status, found.delivery_state) == ("pending", "failed")
    assert [(each.outcome, each.code) for each in found.attempts] == [("failed", "bounced")]
    assert "pause.undeliverable" in await world.audit(pause.pause_id, Mode.TEST)


async def test_after_a_bounce_the_fallback_answers(world: World) -> None:
    pause = await ask(world, "bounce", fallback=(Contact("sms", "+12025550182"),))
    await deliver_all(world)

    assert ended(await world.pause(pause.pause_id)) == ("responded", "Reject", None)


async def test_who_never_answers_is_followed_at_the_reminder(world: World) -> None:
    pause = await ask(
        world, "never", remind_after_hours=1, fallback=(Contact("email", "approve@people.test"),)
    )
    await time_passes(world, HOUR / 2)
    assert not (await world.pause(pause.pause_id)).status.is_final
    await time_passes(world, HOUR / 2)
    found = await world.pause(pause.pause_id)

    assert ended(found) == ("responded", "Approve", None)
    assert found.delivery_state == "sent"


async def test_an_ordinary_recipient_of_a_test_key_may_have_a_simulated_fallback(
    world: World,
) -> None:
    fallback = (Contact("email", "approve@people.test"),)
    pause = await world.ask(Mode.TEST, remind_after_hours=1, fallback=fallback)
    await deliver_all(world)
    found = await world.pause(pause.pause_id)
    assert (found.status, found.delivery_state) == ("pending", "sent")
    assert world.vendor.sent == []
    await time_passes(world, HOUR)

    assert ended(await world.pause(pause.pause_id)) == ("responded", "Approve", None)


async def test_a_reminder_is_not_answered_a_second_time(world: World) -> None:
    pause = await ask(world, "slow-approve+3h", remind_after_hours=2)
    await deliver_all(world)
    await time_passes(world, 2 * HOUR)
    await time_passes(world, HOUR)
    await time_passes(world, 3 * HOUR)

    events = await world.audit(pause.pause_id, Mode.TEST)
    assert (events.count("notification.sent"), events.count("pause.responded")) == (2, 1)
    assert await world.services.store.next_delivery_due() is None


async def test_whoever_answers_first_has_answered(world: World) -> None:
    pause = await ask(world, "slow-approve+30s")
    await deliver_all(world)
    token = response_token(world.services, pause)
    await respond_to_pause(world.services, token, "Reject", None)
    await time_passes(world, 30 * SECOND)

    assert ended(await world.pause(pause.pause_id)) == ("responded", "Reject", None)
    assert await world.services.store.next_delivery_due() is None


async def test_a_withdrawn_question_is_not_answered(world: World) -> None:
    pause = await ask(world, "slow-approve+30s")
    await deliver_all(world)
    await cancel_pause(world.services, world.principal(Mode.TEST), pause.pause_id)
    await time_passes(world, 30 * SECOND)

    assert (await world.pause(pause.pause_id)).status == "cancelled"


async def test_who_answered_just_before_the_process_died_answers_once(world: World) -> None:
    pause = await ask(world, "slow-approve+30s")
    await deliver_all(world)
    world.clock.advance(30 * SECOND)
    [lost] = await world.services.store.claim_deliveries(10, LEASE)
    await respond_to_pause(
        world.services, response_token(world.services, pause), "Approve", None
    )  # and dies before the delivery is done
    await time_passes(world, timedelta(milliseconds=LEASE))
    await deliver(world.services, lost)

    events = await world.audit(pause.pause_id, Mode.TEST)
    assert events.count("pause.responded") == 1
    assert await world.services.store.next_delivery_due() is None


# ── What is refused ──


@pytest.mark.parametrize("recipient", ["approve@people.test", "foo@people.test"])
async def test_the_api_says_what_there_is(world: World, recipient: str) -> None:
    body = {"recipient": recipient, "channel": "email", "message": "?", "options": ["A", "B"]}
    async with an_api(world, world.alice.test_key) as api:
        answer = await api.post("/v1/pause", json=body)

    if recipient.startswith("approve"):
        assert answer.status_code == 201
    else:
        assert (answer.status_code, answer.json()["error"]) == (422, "INVALID_RECIPIENT")
        assert "slow-approve+30s" in answer.json()["message"]


@pytest.mark.parametrize(
    ("channel", "recipient"),
    [
        ("email", "approve@people.test"),
        ("sms", "+12025550181"),
        ("slack", "https://hooks.slack.com/services/people.test/approve"),
    ],
)
async def test_a_live_key_cannot_ask_them(world: World, channel: str, recipient: str) -> None:
    with pytest.raises(InvalidRecipient, match="test keys only"):
        await world.ask(Mode.LIVE, channel=channel, recipient=recipient)
    with pytest.raises(InvalidRecipient, match=r"^fallback\[0\]: .* test keys only"):
        await world.ask(Mode.LIVE, fallback=(Contact(channel, recipient),))


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("choose+3", "there are 2"), ("approve+note", "allow_text_response")],
)
async def test_who_could_not_do_it_is_refused(world: World, name: str, sentence: str) -> None:
    with pytest.raises(InvalidRecipient, match=sentence):
        await ask(world, name)


async def test_two_spellings_are_one_person(world: World) -> None:
    with pytest.raises(ValidationFailed):
        await ask(world, "never", fallback=(Contact("email", "NEVER@People.test"),))


async def test_a_number_beside_theirs_is_a_real_one(world: World) -> None:
    world.vendor.outcomes = [Receipt("SM1", "queued")]
    pause = await world.ask(Mode.LIVE, recipient="+12025550186")
    await deliver_all(world)

    assert [sent.recipient for sent in world.vendor.sent] == ["+12025550186"]
    assert (await world.pause(pause.pause_id)).status == "pending"


@pytest.mark.parametrize("channel", ["sms", "email"])
async def test_a_slack_url_is_for_slack(world: World, channel: str) -> None:
    with pytest.raises(InvalidRecipient):
        await ask(
            world,
            "",
            channel=channel,
            recipient="https://hooks.slack.com/services/people.test/approve",
        )


async def test_an_unknown_channel_is_told_first(world: World) -> None:
    with pytest.raises(PausePointError, match="Unknown channel"):
        await ask(world, "foo", channel="fax")
