"""Answers that belong to another request raise MismatchedAnswer, and never count as an answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from pausepoint.client import Action, MismatchedAnswer, Pause, PausePointError, StillPending
from tests.client.drivers import Client
from tests.client.person import answer
from tests.client.proxy import Proxy, Says

pytestmark = pytest.mark.e2e

PHONE = "+15550100199"
OPTIONS = ["Approve", "Reject"]
JSON = {"content-type": "application/json"}


def says(pause: Pause | dict[str, Any], status: int = 200) -> Says:
    return Says(status, msgspec.json.encode(pause), JSON)


@pytest.fixture
def foreign(client: Client) -> Pause:
    """Another caller's pause, approved by a person."""
    pause = client.create(PHONE, "Publish the newsletter?", OPTIONS)
    answer(pause, "Approve")
    return client.get(pause.pause_id)


@pytest.mark.parametrize("call", ["get", "wait", "cancel", "erase"])
def test_another_pauses_answer_is_refused(
    through: Client, proxy: Proxy, foreign: Pause, call: str
) -> None:
    own = through.create(PHONE, "Wire $8,400?", OPTIONS)
    proxy.script = [says(foreign)]
    with pytest.raises(MismatchedAnswer) as raised:
        getattr(through, call)(own.pause_id)

    assert raised.value.code == "MISMATCHED_ANSWER"
    assert raised.value.pause_id == own.pause_id
    assert through.get(own.pause_id).is_pending


def test_it_is_refused_in_the_middle_of_ask(through: Client, proxy: Proxy, foreign: Pause) -> None:
    def cross(pause: Pause) -> None:
        proxy.script = [says(foreign)]

    with pytest.raises(MismatchedAnswer):
        through.ask(PHONE, "Wire $8,400?", OPTIONS, on_pending=cross)


def test_another_question_of_the_same_id_is_refused(through: Client, proxy: Proxy) -> None:
    """A pause cannot change, so this answer is of another server, say one that a test replaced."""

    def cross(pause: Pause) -> None:
        changed = msgspec.structs.replace(pause, message="Another question?")
        proxy.script = [says(changed)]

    with pytest.raises(MismatchedAnswer):
        through.ask(PHONE, "Wire $8,400?", OPTIONS, on_pending=cross)


def test_wait_holds_the_answer_against_the_pause_that_it_is_given(
    through: Client, proxy: Proxy
) -> None:
    asked = through.create(PHONE, "Wire $8,400?", OPTIONS)
    answer(asked, "Approve")
    answered = through.get(asked.pause_id)
    proxy.script = [says(msgspec.structs.replace(answered, message="Another question?"))]
    with pytest.raises(MismatchedAnswer):
        through.wait(asked)

    assert through.wait(asked).choice == "Approve"
    assert through.wait(answered).choice == "Approve"


def test_a_wait_for_a_pause_has_a_limit_of_its_own(through: Client) -> None:
    asked = through.create(PHONE, "Wire $8,400?", OPTIONS)
    with pytest.raises(StillPending):
        through.wait(asked, timeout=timedelta(milliseconds=1))


@pytest.mark.parametrize(
    "changes",
    [
        {"message": "Publish the newsletter?"},
        {"options": ["Approve", "Deny"]},
        {"options": ["Reject", "Approve"]},
        {"channel": "email"},
        {"allow_text_response": True},
        {"timeout_default": "Approve"},
        {"metadata": {"amount": 1}},
        {"action": None},
        {"action": {"tool": "wire", "arguments": {"amount": 1}}},
        {"message": None, "options": None},
        {"fallback": []},
        {"fallback": [{"recipient": "+15550100198", "channel": "sms"}]},
        {"remind_at": None},
    ],
)
@pytest.mark.parametrize("status", [200, 201])
def test_a_created_pause_asks_what_was_asked(
    through: Client, proxy: Proxy, client: Client, changes: dict[str, Any], status: int
) -> None:
    question = {
        "action": Action("wire", {"amount": 8400}),
        "metadata": {"amount": 8400},
        "remind_after": timedelta(hours=1),
        "fallback": ["bob@example.com"],
    }
    made = client.create(PHONE, "Wire $8,400?", OPTIONS, **question)
    answer(made, "Approve")
    body = msgspec.to_builtins(client.get(made.pause_id))
    if changes.get("message", "") is None:
        body |= {"status": "pending", "response_choice": None}
    proxy.script = [says(body | changes, status)]
    with pytest.raises(MismatchedAnswer):
        through.ask(PHONE, "Wire $8,400?", OPTIONS, **question)


def test_a_choice_that_was_no_option_is_refused(through: Client, proxy: Proxy) -> None:
    own = through.create(PHONE, "Wire $8,400?", OPTIONS)
    answered = {"status": "responded", "resolved_by": "human", "response_choice": "Yes"}
    proxy.script = [says(msgspec.to_builtins(own) | answered)]
    with pytest.raises(MismatchedAnswer):
        through.wait(own.pause_id)


def pages(client: Client, pause: Pause) -> dict[str, Callable[[], object]]:
    webhook = client.add_webhook("https://127.0.0.1:1/hook", "a secret of sixteen")
    return {
        "status": lambda: client.list(status="cancelled"),
        "offset": lambda: client.list(offset=3),
        "limit": lambda: client.list(limit=1),
        "pause": lambda: client.audit(pause_id=pause.pause_id),
        "event": lambda: client.audit(event_type="pause.cancelled"),
        "deliveries": lambda: client.deliveries(webhook.webhook_id),
    }


@pytest.mark.parametrize("asked", ["status", "offset", "limit", "pause", "event", "deliveries"])
def test_another_list_is_refused(
    through: Client, proxy: Proxy, client: Client, foreign: Pause, asked: str
) -> None:
    calls = pages(through, through.create(PHONE, "Wire $8,400?", OPTIONS))
    page = msgspec.to_builtins((client.audit if asked in ("pause", "event") else client.list)())
    if asked == "deliveries":
        page |= {"items": [], "limit": 50}
    proxy.script = [says(page)]
    with pytest.raises(MismatchedAnswer):
        calls[asked]()
    assert calls[asked]() is not None


def test_what_the_server_really_says_is_taken(client: Client) -> None:
    """The comparison does not refuse anything that a server sends back in its own spelling."""
    odd = {
        "text": "\u202eHidden \u00e9 e\u0301 \U0001f600  two  blanks \u00a0",
        "numbers": [0.1, 1e22, -0.0, 1.0, 2**53, -(2**63), 1e-7],
        "nothing": [None, {}, [], ""],
    }
    pause = client.create(
        " +1 (555) 010-0199 ",
        " Wire\r\n\t$8,400? \u202e \u00e9 e\u0301 ",
        ["Approve ", " Reject"],
        channel="sms",
        metadata=odd,
        action=Action("wire", odd),
        default="Approve ",
        timeout=timedelta(hours=1),
        allow_text=True,
    )
    assert client.get(pause.pause_id.removeprefix("psr_").upper()).pause_id == pause.pause_id
    assert client.create("you@Example.COM", "?", OPTIONS, metadata={}).metadata in ({}, None)


def test_a_replay_says_so(client: Client) -> None:
    key = {"idempotency_key": f"replay-{id(client)}"}
    first = client.create(PHONE, "Wire $8,400?", OPTIONS, **key)
    again = client.create(PHONE, "Wire $8,400?", OPTIONS, **key)

    assert (first.is_replay, again.is_replay) == (False, True)
    assert again.pause_id == first.pause_id


def test_the_repetition_of_a_lost_answer_is_no_replay(through: Client, proxy: Proxy) -> None:
    proxy.script = ["lose the answer"]
    assert not through.create(PHONE, "Wire $8,400?", OPTIONS).is_replay


def test_the_error_is_in_the_tree() -> None:
    assert issubclass(MismatchedAnswer, PausePointError)
