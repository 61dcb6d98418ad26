"""The core without any HTTP: whatever comes back, it ends, and asks nobody twice."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any, TypeVar

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pausepoint.client import (
    Answer,
    Pause,
    PausePointError,
    Unanswered,
    Unreachable,
)
from pausepoint.client.calls import ask, create
from pausepoint.client.protocol import NoAnswer, Outcome, Request, Response, Steps
from pausepoint.client.retrying import LONGEST_DELAY, RetryPolicy, request_with_retries
from pausepoint.client.waiting import LONGEST_HOLD, SHORTEST_HOLD, wait

T = TypeVar("T")

POLICY = RetryPolicy(600, lambda: 0.5)
PENDING = {
    "pause_id": "psr_1",
    "status": "pending",
    "channel": "sms",
    "recipient": "+15550100199",
    "message": "Wire it?",
    "options": ["Approve", "Reject"],
    "created_at": "2026-11-22T18:00:00Z",
    "expires_at": "2026-11-22T19:00:00Z",
    "delivery": {"state": "sent", "attempts": []},
}
ANSWERED = PENDING | {
    "status": "responded",
    "response_choice": "Approve",
    "response_at": "2026-11-22T18:10:00Z",
    "resolved_by": "human",
}
REFUSED = NoAnswer(reason="refused", is_sent=False)
LOST = NoAnswer(reason="lost", is_sent=True)

QUESTION = ("+15550100199", "Wire it?", ["Approve", "Reject"])


def ok(pause: dict[str, Any], seconds: float = 0.01) -> Response:
    return Response(status=200, content=msgspec.json.encode(pause), seconds=seconds)


def ended(steps: Steps[T], script: Iterable[Outcome], sent: list[Request]) -> T | Exception | None:
    """What a call returns or raises; None where it still goes on after these outcomes."""
    outcomes = iter(script)
    try:
        sent.append(next(steps))
        while (outcome := next(outcomes, None)) is not None:
            sent.append(steps.send(outcome))
    except StopIteration as done:
        result: T = done.value
        return result
    except PausePointError as error:
        return error
    return None


def drive(steps: Steps[T], script: Iterable[Outcome]) -> tuple[T, list[Request]]:
    """A call's result, and what it sent. Raises what it raises."""
    sent: list[Request] = []
    end = ended(steps, script, sent)
    if isinstance(end, Exception):
        raise end
    assert end is not None, f"it still goes on, after {len(sent)} requests"
    return end, sent


def forever(outcome: Outcome) -> Iterable[Outcome]:
    return (outcome for _ in range(10_000))


responses = st.builds(
    Response,
    status=st.sampled_from([200, 201, 204, 301, 400, 401, 404, 408, 409, 429, 500, 502, 503, 504]),
    content=st.one_of(
        st.binary(max_size=60),
        st.sampled_from(
            [
                msgspec.json.encode(PENDING),
                msgspec.json.encode(ANSWERED),
                b'{"error": "RATE_LIMITED", "message": "x", "status_code": 429}',
                b'{"error": "UNAVAILABLE", "message": "x", "status_code": 503, "detail": 5}',
            ]
        ),
    ),
    headers=st.dictionaries(
        st.sampled_from(["retry-after", "date", "x-request-id"]), st.text(max_size=30), max_size=3
    ),
    seconds=st.floats(0, 70),
)
lost = st.builds(
    NoAnswer,
    reason=st.text(max_size=10),
    is_sent=st.booleans(),
    is_final=st.booleans(),
    seconds=st.floats(0, 70),
)
outcomes = st.lists(st.one_of(responses, lost), max_size=60)


@given(outcomes)
def test_whatever_comes_back_a_call_ends_or_goes_on_patiently(script: list[Outcome]) -> None:
    sent: list[Request] = []
    end = ended(ask(POLICY, *QUESTION), script, sent)

    assert end is None or isinstance(end, Answer | PausePointError)
    if isinstance(end, PausePointError):
        assert pickle.loads(pickle.dumps(end)).code == end.code != ""
    assert all(0 <= request.delay <= POLICY.patience for request in sent)
    assert all(0 <= request.hold <= LONGEST_HOLD for request in sent)
    assert len({request.idempotency_key for request in sent if request.method == "POST"}) == 1


@given(st.one_of(responses.filter(lambda answer: answer.status >= 300), lost))
def test_no_outage_lasts_longer_than_patience(outcome: Outcome) -> None:
    sent: list[Request] = []
    end = ended(
        request_with_retries(Request(method="GET", path="/"), Pause, POLICY), forever(outcome), sent
    )

    assert isinstance(end, PausePointError)
    assert sum(request.delay for request in sent) <= POLICY.patience


@given(lost, st.sampled_from(["GET", "DELETE", "POST"]), st.sampled_from([None, "key"]))
def test_only_what_is_safe_is_repeated(outcome: NoAnswer, method: str, key: str | None) -> None:
    steps = request_with_retries(
        Request(method=method, path="/", idempotency_key=key), Pause, POLICY
    )
    next(steps)
    is_safe = method != "POST" or key is not None or not outcome.is_sent
    if is_safe and not outcome.is_final:
        assert steps.send(outcome).method == method
    else:
        with pytest.raises(Unreachable) as caught:
            steps.send(outcome)
        assert caught.value.may_have_been_done == outcome.is_sent


@pytest.mark.parametrize("status", [500, 502, 503, 504, 200, 301, 404])
def test_what_an_answer_means_for_what_is_not_safe(status: int) -> None:
    steps = request_with_retries(Request(method="POST", path="/"), Pause, POLICY)
    next(steps)
    with pytest.raises(PausePointError):
        steps.send(Response(status=status, content=b"<html>"))


def test_delays_grow_and_are_spread() -> None:
    least = [RetryPolicy(600, lambda: 0.0).delay(tries) for tries in range(40)]
    most = [RetryPolicy(600, lambda: 1.0).delay(tries) for tries in range(40)]

    assert least == sorted(least)
    assert most == [2 * delay for delay in least]
    assert (least[0], most[-1]) == (0.125, LONGEST_DELAY)


@pytest.mark.parametrize("content", [b"<html>", b"", b'{"error": "Gateway Timeout"}'])
@pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 524])
def test_a_line_that_is_cut_is_held_shorter(status: int, content: bytes) -> None:
    """A proxy that allows 30 seconds is found out once, and not for every poll again."""
    cut = Response(status=status, content=content, seconds=30)
    script: list[Outcome] = [cut, ok(PENDING), ok(PENDING, 24), ok(PENDING, 24), ok(ANSWERED)]
    answer, sent = drive(wait("psr_1", None, POLICY, None), script)

    assert answer.choice == "Approve"
    assert [request.hold for request in sent] == [50, 0, 24, 24, 24]


def test_a_restart_does_not_shorten_the_hold() -> None:
    script: list[Outcome] = [LOST, REFUSED, ok(PENDING), ok(PENDING, 50), ok(ANSWERED)]
    _, sent = drive(wait("psr_1", None, POLICY, None), script)

    assert [request.hold for request in sent] == [50, 0, 0, 50, 50]


@given(st.floats(min_value=SHORTEST_HOLD, max_value=70))
def test_every_cut_leaves_a_hold_that_passes(limit: float) -> None:
    """Whatever an intermediary allows, from five seconds up."""
    steps = wait("psr_1", None, POLICY, None)
    request, cuts = next(steps), 0
    for _ in range(30):
        if request.hold >= limit:
            cuts += 1
            request = steps.send(NoAnswer(reason="cut", is_sent=True, seconds=limit))
        request = steps.send(ok(PENDING, request.hold))

    assert cuts <= 1 or limit < SHORTEST_HOLD / 0.8


def test_a_wait_of_an_hour_is_few_requests() -> None:
    polls = [ok(PENDING, 50)] * 71
    _, sent = drive(wait("psr_1", None, POLICY, None), [*polls, ok(ANSWERED)])

    assert len(sent) == 72
    assert sum(request.delay for request in sent) == 0


def test_a_limit_of_ones_own_is_kept() -> None:
    script: list[Outcome] = [ok(PENDING, 50), ok(PENDING, 50), ok(PENDING, 20)]
    steps = wait("psr_1", 120, POLICY, None)
    with pytest.raises(Unanswered) as caught:
        drive(steps, script)

    assert caught.value.code == "STILL_PENDING"
    with pytest.raises(Unreachable) as lost_again:
        drive(wait("psr_1", 5, POLICY, None), forever(REFUSED))
    assert lost_again.value.pause_id == "psr_1"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"status": "cancelled", "resolved_by": "developer"}, "CANCELLED"),
        ({"status": "timed_out", "resolved_by": "timeout"}, "TIMED_OUT"),
        ({"status": "responded", "message": None, "options": None}, "ERASED"),
        ({"status": "expired"}, "PAUSEPOINT_ERROR"),
        ({"delivery": {"state": "failed"}}, "UNDELIVERABLE"),
    ],
)
def test_each_end_without_an_answer_has_a_code(change: dict[str, Any], code: str) -> None:
    with pytest.raises(Unanswered) as caught:
        drive(wait("psr_1", None, POLICY, None), [ok(PENDING | change)])

    assert caught.value.code == code
    assert pickle.loads(pickle.dumps(caught.value)).pause == caught.value.pause


def test_a_newer_server_may_say_more() -> None:
    """Fields that this client does not know, and words that it does not."""
    newer = ANSWERED | {"resolved_by": "policy", "fallbacks": [1]}
    answer, _ = drive(wait("psr_1", None, POLICY, None), [ok(newer)])

    assert not answer.by_human
    assert not answer.is_("Approve", allow_default=True)


@pytest.mark.parametrize(
    ("recipient", "channel"),
    [
        ("+15550100199", "sms"),
        (" (+1) 555 0100199", "sms"),
        ("you@example.com", "email"),
        ("https://hooks.slack.com/services/T/B/x@y", "slack"),
    ],
)
def test_the_channel_is_told_from_the_recipient(recipient: str, channel: str) -> None:
    assert body_of(create(POLICY, recipient, *QUESTION[1:]))["channel"] == channel
    given_one = create(POLICY, recipient, *QUESTION[1:], channel="pager")
    assert body_of(given_one)["channel"] == "pager"


def test_a_question_is_sent_as_the_api_takes_it() -> None:
    body = body_of(
        create(
            POLICY,
            *QUESTION,
            timeout=timedelta(minutes=90),
            default="Reject",
            metadata={"invoice": 2281},
            allow_text=True,
        )
    )

    assert body == {
        "recipient": "+15550100199",
        "channel": "sms",
        "message": "Wire it?",
        "options": ["Approve", "Reject"],
        "allow_text_response": True,
        "timeout_hours": 1.5,
        "timeout_default": "Reject",
        "metadata": {"invoice": 2281},
    }
    assert "timeout_hours" not in body_of(create(POLICY, *QUESTION))


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: create(POLICY, "15550100199", "m", ["a", "b"]), PausePointError, "channel="),
        (lambda: create(POLICY, "+1555", "m", "Yes"), TypeError, "options is a list"),
        (lambda: create(POLICY, *QUESTION, timeout=4), TypeError, "timedelta"),
        (lambda: create(POLICY, *QUESTION, metadata={"a": {1, object()}}), PausePointError, "JSON"),
        (lambda: create(POLICY, "+1555", "\udcff", ["a", "b"]), PausePointError, "JSON"),
        (lambda: create(POLICY, *QUESTION, idempotency_key="two\nlines"), PausePointError, "ASCII"),
        (lambda: create(POLICY, *QUESTION, idempotency_key=""), PausePointError, "ASCII"),
        (lambda: create(POLICY, *QUESTION, idempotency_key="x" * 256), PausePointError, "255"),
    ],
)
def test_what_cannot_be_sent_is_refused_before(
    call: Callable[[], Steps[Pause]], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        next(call())


def body_of(steps: Steps[Any]) -> dict[str, Any]:
    content = next(steps).content
    assert content is not None
    body: dict[str, Any] = msgspec.json.decode(content)
    return body
