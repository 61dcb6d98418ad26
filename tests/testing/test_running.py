"""A server in this process, the person who answers, and the clock: what a test can say, and when."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog

from pausepoint.client import (
    Answer,
    AsyncPausePoint,
    Cancelled,
    InvalidRequest,
    PausePoint,
    TimedOut,
    Undeliverable,
    verify_webhook,
)
from pausepoint.testing import LocalPausePoint, running
from tests.e2e.api import Api, answer
from tests.e2e.receiver import Receiver
from tests.web.mcp.client import tool

QUESTION = ("+15550100199", "Wire it?", ["Approve", "Reject"])
HOURS: dict[str, Any] = {"timeout": timedelta(hours=4)}
SECRET = "whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQ="
HOOK = "https://hooks.slack.com/services/T000/B000/secret"


@pytest.fixture
def local(tmp_path: Path) -> Iterator[LocalPausePoint]:
    with running(tmp_path) as started:
        yield started


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


Asked = Callable[..., Future[Answer]]


@pytest.fixture
def asks(local: LocalPausePoint, threads: ThreadPoolExecutor) -> Asked:
    """An agent in another thread, which asks and waits."""
    return lambda *question, **more: threads.submit(
        local.client.ask, *(question or QUESTION), **more
    )


# ── The person ──


def test_what_was_said_before_is_for_the_next_questions_in_order(local: LocalPausePoint) -> None:
    local.person.answers("Reject", text="Not this week.")
    local.person.answers("Approve")
    first = local.client.ask(*QUESTION, allow_text=True)
    second = local.client.ask(*QUESTION)

    assert (first.choice, first.text, first.by_human) == ("Reject", "Not this week.", True)
    assert (second.choice, second.text) == ("Approve", None)
    assert second.pause.delivery.state == "sent"
    assert not local.person.is_asked


def test_what_is_said_later_answers_the_newest_that_waits(
    local: LocalPausePoint, asks: Asked
) -> None:
    older = asks("+15550100199", "Older?", ["Yes", "No"])
    assert local.person.next_question().message == "Older?"
    newer = asks("you@example.com", "Newer?", ["Yes", "No"])
    question = local.person.next_question()
    assert (question.channel, question.recipient, question.message, question.options) == (
        *("email", "you@example.com", "Newer?"),
        ("Yes", "No"),
    )
    local.person.answers("Yes")
    local.person.answers("No")

    assert (newer.result().choice, older.result().choice) == ("Yes", "No")
    assert [each.message for each in local.person.questions] == ["Older?", "Newer?"]


def test_what_has_ended_waits_for_nobody(local: LocalPausePoint) -> None:
    withdrawn = local.client.create(*QUESTION)
    local.person.next_question()
    assert local.person.is_asked
    local.client.cancel(withdrawn.pause_id)
    assert not local.person.is_asked
    local.person.answers("Approve")

    assert local.client.ask(*QUESTION).is_("Approve")


def test_a_question_that_waits_and_has_no_such_option(local: LocalPausePoint, asks: Asked) -> None:
    asked = asks()
    local.person.next_question()
    with pytest.raises(AssertionError, match="answer 'Aprove' and was asked 'Wire it"):
        local.person.answers("Aprove")
    with pytest.raises(AssertionError, match="does not take a note"):
        local.person.answers("Approve", "But only once.")
    local.person.answers("Approve")

    assert asked.result().is_("Approve")


def test_silence_is_the_deadline_at_once(local: LocalPausePoint) -> None:
    local.person.stays_silent()
    by_default = local.client.ask(*QUESTION, **HOURS, default="Reject")
    local.person.stays_silent()
    with pytest.raises(TimedOut):
        local.client.ask(*QUESTION, **HOURS)

    assert (by_default.choice, by_default.resolved_by) == ("Reject", "timeout")
    assert local.clock.now - datetime.now(UTC) > timedelta(hours=7)  # noqa: TID251


def test_silence_while_a_question_waits(local: LocalPausePoint, asks: Asked) -> None:
    asked = asks(**HOURS, default="Reject")
    local.person.next_question()
    local.person.stays_silent()

    assert asked.result().resolved_by == "timeout"


def test_whom_nobody_asks_is_waited_for_in_vain(local: LocalPausePoint) -> None:
    with pytest.raises(AssertionError, match="not asked within"):
        local.person.next_question(within=timedelta(milliseconds=1))


@pytest.mark.parametrize("channel", ["sms", "email", "slack"])
def test_a_live_key_reaches_the_person_and_nobody_else(
    local: LocalPausePoint, channel: str
) -> None:
    recipient = {"sms": QUESTION[0], "email": "you@example.com", "slack": HOOK}[channel]
    local.person.answers("Approve")
    with PausePoint(local.api_key, local.base_url) as live:
        answered = live.ask(recipient, *QUESTION[1:], channel=channel)

    assert answered.is_("Approve")
    assert not answered.pause.test
    assert answered.pause.delivery.attempts[0].code == "inbox"


@pytest.mark.anyio
async def test_an_agent_in_the_tests_own_loop(local: LocalPausePoint) -> None:
    local.person.answers("Approve")
    async with AsyncPausePoint(local.test_api_key, local.base_url) as client:
        assert (await client.ask(*QUESTION)).is_("Approve")


def test_several_agents_at_once(local: LocalPausePoint, asks: Asked) -> None:
    for _ in range(20):
        local.person.answers("Approve")
    asked = [asks() for _ in range(20)]

    assert all(each.result().is_("Approve") for each in asked)


# ── The end ──


def test_nobody_waits_for_ever(tmp_path: Path) -> None:
    with (
        pytest.raises(AssertionError, match=r"asked 'Wire it\?' with .* nobody said"),
        running(tmp_path, patience=timedelta(milliseconds=50)) as local,
        pytest.raises(Cancelled),
    ):
        local.client.ask(*QUESTION)


def test_a_failure_of_the_test_itself_comes_through_with_what_went_wrong(tmp_path: Path) -> None:
    def agent(local: LocalPausePoint) -> None:
        local.person.answers("Aprove")
        local.client.ask(*QUESTION)

    with pytest.raises(Cancelled) as caught, running(tmp_path) as local:
        agent(local)

    [note] = caught.value.__notes__
    assert "'Aprove'" in note


def test_who_was_told_and_not_asked(tmp_path: Path) -> None:
    with (
        pytest.raises(AssertionError, match="was to stay silent and was not asked"),
        running(tmp_path) as local,
    ):
        local.person.stays_silent()


def test_an_agent_that_still_waits_at_the_end_waits_no_longer(
    tmp_path: Path, threads: ThreadPoolExecutor
) -> None:
    def ask(key: str, base_url: str) -> Answer:
        with PausePoint(key, base_url) as client:
            return client.ask(*QUESTION)

    with running(tmp_path) as local:
        keys = (local.api_key, local.test_api_key)
        asked = [threads.submit(ask, key, local.base_url) for key in keys]
        for _ in asked:
            local.person.next_question()

    for each in asked:
        with pytest.raises(Cancelled):
            each.result()


def test_a_question_may_be_left_open_and_nothing_is_left(tmp_path: Path) -> None:
    with running(tmp_path) as local:
        local.client.create(*QUESTION)
        local.person.next_question()

    assert list(tmp_path.iterdir()) == []
    assert {thread.name for thread in threading.enumerate()}.isdisjoint({"pausepoint"})


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), running(tmp_path / "nowhere"):
        pass


def test_the_log_is_left_as_the_program_has_it(tmp_path: Path) -> None:
    before = structlog.get_config()
    with running(tmp_path) as local:
        local.client.list()
    assert structlog.get_config() == before
    structlog.configure(processors=[structlog.processors.JSONRenderer()])
    try:
        with running(tmp_path) as local:
            assert len(structlog.get_config()["processors"]) == 1
    finally:
        structlog.reset_defaults()


# ── The clock ──


def test_what_falls_due_on_the_way_happens_in_order(local: LocalPausePoint) -> None:
    with Api(local.base_url, local.test_api_key) as api:
        asked = {"timeout_hours": 8, "timeout_default": "Reject", "remind_after_hours": 2}
        bob = {"recipient": "bob@example.com", "channel": "email"}
        made = api.create(**asked, fallback=[bob])
        local.person.next_question()
        local.clock.advance(hours=1, minutes=59)
        assert len(local.person.questions) == 1
        local.clock.advance(hours=23)
        ended = api.pause(made["pause_id"])

    told = [(local.person.next_question(), local.person.next_question())]
    assert {(q.recipient, q.is_reminder) for pair in told for q in pair} == {
        ("+15550100", True),
        ("bob@example.com", False),
    }
    assert (ended["status"], ended["response_choice"]) == ("timed_out", "Reject")


def test_the_clock_runs_by_itself(local: LocalPausePoint) -> None:
    short = timedelta(milliseconds=50)
    with pytest.raises(TimedOut):
        local.client.ask("never@people.test", *QUESTION[1:], timeout=short)


def test_the_clock_does_not_go_back(local: LocalPausePoint) -> None:
    with pytest.raises(ValueError, match="back"):
        local.clock.advance(hours=-1)


def test_a_webhook_is_told_and_can_be_verified_in_the_future(local: LocalPausePoint) -> None:
    with Receiver() as receiver:
        local.client.webhooks.create(receiver.url, SECRET)
        local.client.create(*QUESTION, **HOURS)
        local.person.next_question()
        local.clock.advance(hours=4)
        [told] = receiver.wait_for(len)
        at = local.clock.now.timestamp()

    event = verify_webhook(told.body, told.headers, SECRET, at=at)
    assert (event.event, event.by_human) == ("pause.timed_out", False)


def test_a_webhook_that_nobody_takes_does_not_hold_time_up(local: LocalPausePoint) -> None:
    """Its receiver may be in the thread that advances the clock."""
    with Receiver() as silent:
        url = silent.url
    local.client.webhooks.create(url, SECRET)
    for _ in range(3):
        local.client.create(*QUESTION, **HOURS)
    for _ in range(3):
        local.person.next_question()
    local.clock.advance(hours=4)

    assert {pause.status for pause in local.client.list()} == {"timed_out"}


# ── Simulated people, by every way of waiting ──


def poll(api: Api, pause_id: str) -> str:
    while (pause := api.pause(pause_id))["status"] == "pending":
        pass
    choice: str = pause["response_choice"]
    return choice


def long_poll(api: Api, pause_id: str) -> str:
    choice: str = api.pause(pause_id, wait=30)["response_choice"]
    return choice


def mcp(api: Api, pause_id: str) -> str:
    sent = api.http.post("/mcp", json=tool("poll_pause_request", {"pause_id": pause_id}))
    choice: str = answer(sent)["result"]["structuredContent"]["response_choice"]
    return choice


@pytest.mark.parametrize("wait", [poll, long_poll, mcp])
def test_whoever_waits_hears_of_it(local: LocalPausePoint, wait: Callable[[Api, str], str]) -> None:
    with Api(local.base_url, local.test_api_key) as api:
        made = api.create(recipient="reject@people.test")
        assert wait(api, made["pause_id"]) == "Reject"


def test_webhooks_hear_of_it(local: LocalPausePoint) -> None:
    with Receiver() as receiver:
        local.client.webhooks.create(receiver.url, SECRET)
        local.client.create("approve@people.test", *QUESTION[1:])
        [told] = receiver.wait_for(len)

    event = verify_webhook(told.body, told.headers, SECRET)
    assert (event.data.choice, event.by_human) == ("Approve", True)


def test_the_client_hears_of_it_and_of_a_bounce(local: LocalPausePoint) -> None:
    assert local.client.ask("+1 202 555 0181", *QUESTION[1:]).is_("Approve")
    with pytest.raises(Undeliverable):
        local.client.ask("bounce@people.test", *QUESTION[1:])
    with pytest.raises(InvalidRequest, match="There are: approve, reject"):
        local.client.ask("foo@people.test", *QUESTION[1:])
    assert local.person.questions == ()


def test_a_slow_one_answers_before_a_later_deadline_in_one_jump(local: LocalPausePoint) -> None:
    pause = local.client.create("slow-approve+30m@people.test", *QUESTION[1:], **HOURS)
    local.clock.advance(hours=24)

    assert local.client.get(pause.pause_id).response_choice == "Approve"


def test_the_person_is_not_told_of_what_simulated_people_get(local: LocalPausePoint) -> None:
    local.person.answers("Reject")
    assert local.client.ask("approve@people.test", *QUESTION[1:]).is_("Approve")
    assert local.client.ask(*QUESTION).is_("Reject")
