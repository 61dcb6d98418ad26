"""Ask, wait, list, cancel, audit, webhooks: each with both clients, against the real server."""

from __future__ import annotations

import inspect
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import pausepoint
from pausepoint.client import (
    AsyncPausePoint,
    Cancelled,
    Conflict,
    Erased,
    Fallback,
    InvalidRequest,
    NotFound,
    Pause,
    PausePoint,
    StillPending,
    TimedOut,
    Unauthorized,
    Undeliverable,
    verify_webhook,
)
from tests.client.drivers import Client, Kind, a_client
from tests.client.person import answer, answers
from tests.client.proxy import Proxy
from tests.doubles.twilio import FakeTwilio
from tests.e2e.receiver import Receiver
from tests.e2e.server import Server
from tests.e2e.vendors import sms_settings

pytestmark = pytest.mark.e2e

PHONE = "+15550100199"
QUESTION = "Wire $8,400 to Meridian?"
OPTIONS = ["Approve", "Reject"]
MOMENT = timedelta(milliseconds=200)


def test_a_persons_answer_comes_back(client: Client) -> None:
    answered = client.ask(
        PHONE,
        QUESTION,
        OPTIONS,
        timeout=timedelta(hours=4),
        default="Reject",
        metadata={"invoice": 2281},
        allow_text=True,
        on_pending=answers("Approve", "But only this once."),
    )

    assert (answered.choice, answered.text) == ("Approve", "But only this once.")
    assert answered.by_human
    assert answered.is_("Approve")
    assert not answered.is_("Reject")
    assert abs(answered.at - datetime.now(UTC)) < timedelta(minutes=1)  # noqa: TID251
    pause = answered.pause
    assert pause == client.get(answered.pause_id)
    assert (pause.recipient, pause.message, pause.options) == (
        PHONE,
        QUESTION,
        ("Approve", "Reject"),
    )
    assert pause.metadata == {"invoice": 2281}
    assert pause.expires_at - pause.created_at == timedelta(hours=4)
    assert (pause.test, pause.channel, pause.timeout_default) == (True, "sms", "Reject")
    assert client.clock.delays == []


def test_a_reminder_a_fallback_and_a_callback_are_set_and_read(client: Client) -> None:
    bob = Fallback("+15550100123", "sms")
    with Receiver() as receiver:
        made = client.create(
            PHONE,
            QUESTION,
            OPTIONS,
            timeout=timedelta(hours=4),
            remind_after=timedelta(minutes=30),
            fallback=["carol@example.com", bob],
            callback_url=receiver.url,
            callback_secret="only-for-these-tests",
        )
        client.cancel(made.pause_id)
        [event] = receiver.wait_for(len)
        [delivery] = client.callbacks(made.pause_id, limit=5)
        again = client.redeliver_callback(made.pause_id, delivery.delivery_id)
        receiver.wait_for(lambda received: len(received) == 2)
    assert (delivery.event, again.delivery_id) == ("pause.cancelled", delivery.delivery_id)
    assert verify_webhook(event.body, event.headers, "only-for-these-tests").pause_id == (
        made.pause_id
    )
    assert made.remind_at is not None
    assert made.remind_at - made.created_at == timedelta(minutes=30)
    assert made.fallback == (Fallback("carol@example.com", "email"), bob)
    assert "carol" not in repr(made.fallback)


def test_an_attempt_says_whom_it_reached_and_how(client: Client) -> None:
    answered = client.ask(PHONE, QUESTION, OPTIONS, on_pending=answers("Approve"))
    [attempt] = client.get(answered.pause_id).delivery.attempts
    assert (attempt.channel, attempt.recipient, attempt.reminder) == ("sms", PHONE, False)
    assert PHONE not in repr(attempt)


@pytest.mark.parametrize(
    ("details", "wrong"),
    [
        ({"remind_after": 30}, "remind_after is a timedelta"),
        ({"fallback": "bob@example.com"}, "fallback is a list"),
        ({"fallbacks": []}, "unexpected keyword argument 'fallbacks'"),
    ],
)
def test_what_was_mixed_up_is_a_type_error(
    client: Client, details: dict[str, Any], wrong: str
) -> None:
    for method in (client.ask, client.create):
        with pytest.raises(TypeError, match=wrong):
            method(PHONE, QUESTION, OPTIONS, **details)


def test_a_default_that_fell_is_nobodys_yes(client: Client) -> None:
    answered = client.ask(PHONE, QUESTION, OPTIONS, timeout=MOMENT, default="Approve")

    assert (answered.choice, answered.resolved_by) == ("Approve", "timeout")
    assert not answered.by_human
    assert not answered.is_("Approve")
    assert answered.is_("Approve", allow_default=True)
    assert answered.at == answered.pause.expires_at


def test_silence_without_a_default_is_no_answer(client: Client) -> None:
    with pytest.raises(TimedOut) as caught:
        client.ask(PHONE, QUESTION, OPTIONS, timeout=MOMENT)

    assert caught.value.code == "TIMED_OUT"
    assert caught.value.pause is not None
    assert caught.value.pause.status == "timed_out"


def test_a_withdrawn_question_is_no_answer(client: Client, server: Server) -> None:
    def withdraw(pause: Pause) -> None:
        with PausePoint(server.test_api_key, server.base_url) as other:
            assert other.cancel(pause.pause_id).status == "cancelled"

    with pytest.raises(Cancelled) as caught:
        client.ask(PHONE, QUESTION, OPTIONS, on_pending=withdraw)

    assert caught.value.pause is not None
    with pytest.raises(Conflict, match="ALREADY_CANCELLED"):
        client.cancel(caught.value.pause.pause_id)


def test_a_message_that_cannot_arrive_ends_the_wait(
    kind: Kind, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with (
        FakeTwilio() as twilio,
        Server(tmp_path_factory.mktemp("serve"), **sms_settings(twilio)) as server,
        a_client(kind, server.api_key, server.base_url) as client,
        pytest.raises(Undeliverable) as caught,
    ):
        client.ask("+15005550001", QUESTION, OPTIONS)

    assert caught.value.pause is not None
    assert caught.value.pause.is_pending
    assert caught.value.pause.delivery.attempts[-1].code == "21211"
    assert caught.value.pause.respond_url is None


def test_waiting_has_a_limit_of_its_own(client: Client) -> None:
    pause = client.create(PHONE, QUESTION, OPTIONS)
    seen: list[Pause] = []
    with pytest.raises(StillPending) as caught:
        client.wait(pause.pause_id, timeout=MOMENT, on_pending=seen.append)
    with pytest.raises(StillPending):
        client.wait(pause.pause_id, timeout=timedelta(0))

    assert caught.value.pause == seen[-1]
    answer(pause, "Reject")
    assert client.wait(pause.pause_id, timeout=timedelta(0)).is_("Reject")
    assert client.wait(pause.pause_id.removeprefix("psr_")).is_("Reject")


def test_the_same_question_with_the_same_key_is_one_pause(client: Client, kind: Kind) -> None:
    key = f"invoice-2281-{kind}"
    first = client.create(PHONE, QUESTION, OPTIONS, idempotency_key=key)
    answer(first, "Approve")
    again = client.ask(PHONE, QUESTION, OPTIONS, idempotency_key=key)

    assert again.pause_id == first.pause_id
    with pytest.raises(InvalidRequest, match="IDEMPOTENCY_MISMATCH"):
        client.ask(PHONE, "Wire $9,000?", OPTIONS, idempotency_key=key)
    assert client.create(PHONE, QUESTION, OPTIONS).pause_id != first.pause_id


def test_what_was_asked_is_erased_once_it_has_ended(client: Client) -> None:
    pause = client.create(PHONE, QUESTION, OPTIONS, metadata={"invoice": 2281})
    with pytest.raises(Conflict, match="PAUSE_PENDING"):
        client.erase(pause.pause_id)
    answer(pause, "Approve")

    erased = client.erase(pause.pause_id)

    content = (erased.recipient, erased.message, erased.options, erased.metadata)
    assert content == (None, None, None, None)
    assert (erased.status, erased.resolved_by) == ("responded", "human")
    assert client.erase(pause.pause_id) == erased == client.get(pause.pause_id)
    with pytest.raises(Erased):
        client.wait(pause.pause_id)
    with pytest.raises(NotFound):
        client.erase("psr_01a2039e-5090-7744-ab19-5212ad76b8da")


def test_lists_come_in_pages(client: Client, kind: Kind) -> None:
    made = [client.create(f"{kind}@example.com", str(n), OPTIONS) for n in range(3)]
    client.cancel(made[0].pause_id)
    newest = client.list(limit=2)
    pending = client.list(status="pending", limit=100)

    assert [pause.pause_id for pause in newest] == [made[2].pause_id, made[1].pause_id]
    assert len(newest) == 2
    assert newest.has_more
    assert client.list(limit=1, offset=2).items[0].pause_id == made[0].pause_id
    assert made[0].pause_id not in [pause.pause_id for pause in pending]


def test_the_audit_log_tells_what_happened(client: Client) -> None:
    begun = datetime.now(UTC)  # noqa: TID251
    pause = client.create(PHONE, QUESTION, OPTIONS)
    answer(pause, "Approve")
    entries = client.audit(pause_id=pause.pause_id, from_date=begun - timedelta(seconds=1))

    assert [entry.event_type for entry in entries] == [
        "pause.responded",
        "notification.sent",
        "pause.created",
    ]
    assert entries.items[0].actor == "human"
    assert client.audit(event_type="pause.created", to_date=begun.date()).items
    assert client.audit(pause_id=pause.pause_id, to_date="2020-01-01").items == ()
    with pytest.raises(InvalidRequest) as caught:
        client.audit(event_type="pause.exploded")
    assert [problem.field for problem in caught.value.detail] == ["event_type"]


def test_webhooks_are_registered_seen_and_deleted(client: Client) -> None:
    secret = "at-least-16-characters"
    with Receiver() as receiver:
        webhook = client.add_webhook(receiver.url, secret)
        assert webhook in client.webhooks().items
        pause = client.create(PHONE, QUESTION, OPTIONS, metadata={"invoice": 2281})
        answer(pause, "Approve")
        [received] = receiver.wait_for(len)
        event = verify_webhook(received.body, received.headers, secret)
        assert (event.event, event.pause_id) == ("pause.responded", pause.pause_id)
        assert (event.data.choice, event.by_human) == ("Approve", True)
        assert event.data.metadata == {"invoice": 2281}
        [delivery] = client.deliveries(webhook.webhook_id)
        assert delivery.delivery_id == event.webhook_id
        assert client.redeliver(webhook.webhook_id, delivery.delivery_id).event == event.event
        receiver.wait_for(lambda received: len(received) == 2)
    client.delete_webhook(webhook.webhook_id)

    assert webhook not in client.webhooks().items
    with pytest.raises(NotFound, match="WEBHOOK_NOT_FOUND"):
        client.delete_webhook(webhook.webhook_id)


def test_a_wrong_key_is_told_at_once(kind: Kind, server: Server) -> None:
    wrong = "pp_test_" + "0" * 48
    with (
        a_client(kind, wrong, server.base_url) as client,
        pytest.raises(Unauthorized) as caught,
    ):
        client.ask(PHONE, QUESTION, OPTIONS)

    assert (caught.value.code, caught.value.status_code) == ("INVALID_API_KEY", 401)
    assert (caught.value.request_id or "").startswith("req_")
    assert client.clock.delays == []
    assert wrong not in str(caught.value)


@pytest.mark.parametrize(
    ("message", "status"), [("x" * 2001, 422), ("x" * 10_000_000, 413), ("", 422)]
)
def test_a_question_that_is_too_long_is_refused(client: Client, message: str, status: int) -> None:
    with pytest.raises(InvalidRequest) as caught:
        client.ask(PHONE, message, OPTIONS)

    assert caught.value.status_code == status
    assert client.clock.delays == []


@pytest.mark.parametrize("pause_id", ["psr_none", "", "..", "../webhooks", "psr_\udcff", "a?b#c"])
def test_an_id_that_is_none_finds_nothing(client: Client, pause_id: str) -> None:
    for call in (client.get, client.cancel, client.wait):
        with pytest.raises((NotFound, InvalidRequest)):
            call(pause_id)


def test_who_asks_says_so(through: Client, proxy: Proxy) -> None:
    through.list()

    assert proxy.seen[0].headers["user-agent"] == f"pausepoint-python/{pausepoint.__version__}"


def test_both_clients_have_the_same_methods() -> None:
    names = {name for name in dir(PausePoint) if not name.startswith("_")} - {"close"}

    assert names == {name for name in dir(AsyncPausePoint) if not name.startswith("_")} - {"aclose"}
    for name in names:
        ours, theirs = getattr(PausePoint, name), getattr(AsyncPausePoint, name)
        assert inspect.signature(ours).parameters == inspect.signature(theirs).parameters, name
        assert ours.__doc__ == theirs.__doc__ is not None
