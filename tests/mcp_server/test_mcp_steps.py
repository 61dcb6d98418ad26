"""The five tools' steps, driven by hand: no process, no socket, no clock."""

from __future__ import annotations

import json
from typing import Any

import pytest
import schema_check
from api_stub import CREATED_AT, SECRET_LINK
from stdio_process import output_schemas

from pausepoint.mcp import core
from pausepoint.mcp.api import ApiAnswer, ApiFailure, ApiRequest, Waiting
from pausepoint.mcp.calls import CallContext, KnownPauses
from pausepoint.mcp.results import duration_words, epoch_seconds

Json = dict[str, Any]
NOW = epoch_seconds(CREATED_AT) or 0.0
PENDING: Json = {
    "pause_id": "psr_1",
    "status": "pending",
    "channel": "sms",
    "recipient": "+15550100",
    "message": "Delete 500 records?",
    "options": ["Approve", "Reject"],
    "timeout_default": None,
    "metadata": {"rows": 500, "respond_url": SECRET_LINK},
    "created_at": CREATED_AT,
    "expires_at": "2026-11-23T11:00:00.500Z",
    "response_choice": None,
    "response_text": None,
    "resolved_by": None,
    "test": False,
    "delivery": {"state": "sent", "attempts": [{"number": 1, "code": None}]},
    "respond_url": SECRET_LINK,
    "a_field_of_the_future": "unlisted",
}
ANSWERED = {
    **PENDING,
    "status": "responded",
    "response_choice": "Approve",
    "resolved_by": "human",
}


def tool_call(
    params: Json, max_wait_seconds: int = 45, *, has_callback: bool = False
) -> core.ToolCall:
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    call = core.receive(message, core.Offer(max_wait_seconds, has_callback=has_callback))
    assert isinstance(call, core.ToolCall)
    return call


class Driven:
    """A tool call under way: `asked` is the API request it waits on, `message` its end."""

    def __init__(
        self,
        tool: str,
        arguments: Json,
        *,
        known: KnownPauses | None = None,
        callback_secret: str | None = None,
    ) -> None:
        params = {"name": tool, "arguments": arguments}
        call = tool_call(params, has_callback=callback_secret is not None)
        self.tool = tool
        self.asked: ApiRequest | None = None
        self.message: Json = {}
        context = CallContext(
            now=NOW,
            fresh_key="fresh",
            known=known or KnownPauses(),
            callback_secret=callback_secret,
        )
        self._steps = call.steps(context)
        self._step(lambda: next(self._steps))

    def answer(self, status: int, body: object, seconds: float = 0.0) -> None:
        self._step(lambda: self._steps.send(ApiAnswer(status, body, seconds=seconds)))

    def fail(self, *, sent: bool, seconds: float = 0.0) -> None:
        failure = ApiFailure("Cannot reach PausePoint", sent=sent, seconds=seconds)
        self._step(lambda: self._steps.send(failure))

    def _step(self, step: Any) -> None:
        try:
            self.asked = step()
        except StopIteration as done:
            self.asked = None
            self.message = done.value

    @property
    def content(self) -> Json:
        assert self.asked is None
        content: Json = self.message["result"]["structuredContent"]
        assert schema_check.problems(content, output_schemas()[self.tool]) == []
        assert SECRET_LINK not in json.dumps(self.message)
        return content

    @property
    def sentence(self) -> str:
        assert self.asked is None
        assert self.message["result"]["isError"] is True
        sentence: str = self.message["result"]["content"][0]["text"]
        return sentence


def poll(wait_seconds: int, known: KnownPauses | None = None) -> Driven:
    arguments = {"pause_id": "psr_1", "wait_seconds": wait_seconds}
    return Driven("poll_pause_request", arguments, known=known)


def path_of(driven: Driven) -> str:
    assert driven.asked is not None
    return driven.asked.path


def test_create_passes_on_listed_fields_only() -> None:
    arguments = {
        "recipient": "+15550100",
        "channel": "sms",
        "message": "Delete 500 records?",
        "options": ["Approve", "Reject"],
    }
    driven = Driven("create_pause_request", arguments)
    assert driven.asked is not None
    assert driven.asked.idempotency_key == "fresh"
    assert driven.asked.body == {
        **arguments,
        "timeout_hours": 24,
        "allow_text_response": False,
    }
    driven.answer(201, PENDING)
    assert driven.content == {
        "pause_id": "psr_1",
        "status": "pending",
        "channel": "sms",
        "recipient": "+15550100",
        "created_at": CREATED_AT,
        "expires_at": "2026-11-23T11:00:00.500Z",
        "test": False,
        "delivery": {"state": "sent"},
        "next_step": "Call poll_pause_request with this pause_id to wait for the answer.",
    }


QUESTION: Json = {
    "recipient": "+15550100",
    "channel": "sms",
    "message": "Delete 500 records?",
    "options": ["Approve", "Reject"],
}


def created_with(**more: object) -> Driven:
    return Driven("create_pause_request", {**QUESTION, **more})


def body_of(driven: Driven) -> Json:
    assert driven.asked is not None
    assert driven.asked.body is not None
    return driven.asked.body


@pytest.mark.parametrize("as_text", [False, True])
def test_reminder_and_fallback_are_passed_on(as_text: bool) -> None:
    others = [{"recipient": "bob@example.com", "channel": "email"}]
    given = [{**others[0], "unlisted": 1}]
    driven = created_with(
        remind_after_hours="0.5", fallback=json.dumps(given) if as_text else given
    )

    assert body_of(driven)["remind_after_hours"] == 0.5
    assert body_of(driven)["fallback"] == others
    shown = [{**others[0], "respond_url": SECRET_LINK}]
    driven.answer(201, {**PENDING, "remind_at": CREATED_AT, "fallback": shown})
    assert driven.content["remind_at"] == CREATED_AT
    assert "fallback" not in driven.content


def test_fallback_is_listed_where_there_is_one() -> None:
    driven = Driven("list_pause_requests", {})
    others = [{"recipient": "bob@example.com", "channel": "email", "unlisted": SECRET_LINK}]
    asked = [{**PENDING, "fallback": others}, {**PENDING, "fallback": []}]
    driven.answer(200, {"items": asked, "has_more": False})

    one, none = driven.content["items"]
    assert one["fallback"] == [{"recipient": "bob@example.com", "channel": "email"}]
    assert "fallback" not in none


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"remind_after_hours": 24}, "remind_after_hours must be less than timeout_hours"),
        ({"remind_after_hours": 0}, "remind_after_hours must be more than 0"),
        ({"fallback": [{"recipient": "bob@example.com"}]}, "fallback[0].channel is missing"),
        ({"fallback": ["bob@example.com"]}, "fallback[0] must be an object"),
        ({"fallback": [{}] * 4}, "fallback must be a list of 0 to 3 objects"),
    ],
)
def test_reminder_or_fallback_that_cannot_be_used_is_named(more: Json, said: str) -> None:
    assert said.lower() in created_with(**more).sentence.lower()


def test_callback_is_signed_with_a_secret_that_no_model_gives() -> None:
    given = {**QUESTION, "callback_url": "https://example.com/hook", "callback_secret": "mine"}
    driven = Driven("create_pause_request", given, callback_secret="0123456789abcdef")

    assert body_of(driven)["callback_url"] == "https://example.com/hook"
    assert body_of(driven)["callback_secret"] == "0123456789abcdef"


def test_callback_is_not_taken_without_a_secret() -> None:
    given = {"callback_url": "https://example.com/hook", "callback_secret": "0123456789abcdef"}

    assert not given.keys() & body_of(created_with(**given)).keys()


@pytest.mark.parametrize("hours", [0, 0.0, -1, "0", 8760.5, float("inf")])
def test_question_that_would_never_be_open_is_refused(hours: object) -> None:
    driven = created_with(timeout_hours=hours)
    assert "timeout_hours must be more than 0 and at most 8760" in driven.sentence.lower()
    assert "NOT asked" in driven.sentence


@pytest.mark.parametrize(
    "metadata", [{}, {"reference": 5}, {"rows": [1, {"a": None}]}, '{"rows": 500}']
)
def test_metadata_is_free_whatever_its_schema_names_as_an_example(metadata: object) -> None:
    driven = created_with(metadata=metadata)
    assert driven.asked is not None
    assert driven.asked.body is not None
    given = json.loads(metadata) if isinstance(metadata, str) else metadata
    assert driven.asked.body["metadata"] == given


def test_lost_create_whose_retry_cannot_connect_may_have_asked() -> None:
    arguments = {
        "recipient": "+15550100",
        "channel": "sms",
        "message": "Delete?",
        "options": ["Yes", "No"],
    }
    driven = Driven("create_pause_request", arguments)
    driven.fail(sent=True)
    driven.fail(sent=False)
    assert "Retry with idempotency_key fresh" in driven.sentence
    assert "NOT asked" not in driven.sentence


def test_answer_of_the_person_ends_the_poll() -> None:
    driven = poll(45)
    assert path_of(driven) == "/v1/pause/psr_1?wait=45"
    driven.answer(200, ANSWERED, seconds=12.3)
    assert driven.content["response_choice"] == "Approve"
    assert driven.content["waited_seconds"] == 12
    assert driven.content["message"] == "Delete 500 records?"
    assert driven.content["metadata"] == {"rows": 500}


def test_long_wait_is_a_chain_of_holds() -> None:
    known = KnownPauses()
    arguments = {"pause_id": "psr_1", "wait_seconds": 120}
    call = tool_call({"name": "poll_pause_request", "arguments": arguments}, 240)
    steps = call.steps(CallContext(now=NOW, fresh_key="fresh", known=known))
    asked = next(steps)
    holds = [asked.hold_seconds]
    for _ in range(2):
        asked = steps.send(ApiAnswer(200, PENDING, seconds=float(asked.hold_seconds)))
        holds.append(asked.hold_seconds)
    assert holds == [50, 50, 20]
    assert asked.waiting is not None
    assert asked.waiting.waited_seconds == 100
    assert asked.waiting.seconds_left == pytest.approx(23 * 3600 + 0.5 - 100)
    with pytest.raises(StopIteration) as done:
        steps.send(ApiAnswer(200, PENDING, seconds=20.0))
    content = done.value.value["result"]["structuredContent"]
    assert content["waited_seconds"] == 120
    assert content["seconds_left"] == 23 * 3600 - 120


@pytest.mark.parametrize("wait_seconds", [1, 2, 45])
def test_server_that_does_not_hold_is_not_asked_in_a_loop(wait_seconds: int) -> None:
    driven = poll(wait_seconds)
    driven.answer(200, PENDING, seconds=0.01)
    assert driven.content["status"] == "pending"


GATEWAY_BODIES: list[object] = [None, {}, {"error": "Gateway Timeout"}, {"message": "timed out"}]


@pytest.mark.parametrize("body", GATEWAY_BODIES)
@pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 524])
def test_hold_cut_by_a_gateway(status: int, body: object) -> None:
    known = KnownPauses()
    driven = poll(45, known)
    driven.answer(status, body, seconds=30)
    assert path_of(driven) == "/v1/pause/psr_1"
    driven.answer(200, PENDING)
    assert driven.content["status"] == "pending"
    assert driven.content["waited_seconds"] == 30

    again = poll(45, known)
    assert path_of(again) == "/v1/pause/psr_1?wait=24"
    again.answer(200, PENDING, seconds=24)
    assert path_of(again) == "/v1/pause/psr_1?wait=21"
    again.answer(200, ANSWERED, seconds=3)
    assert again.content["response_choice"] == "Approve"


def test_cut_that_hides_an_answer_gives_the_answer() -> None:
    driven = poll(45)
    driven.answer(524, None, seconds=30)
    driven.answer(200, ANSWERED)
    assert driven.content["response_choice"] == "Approve"


@pytest.mark.parametrize("seconds", [0.1, 3.9, 5, 500])
def test_holds_become_neither_longer_nor_endlessly_short(seconds: float) -> None:
    known = KnownPauses()
    for _ in range(20):
        driven = poll(45, known)
        driven.answer(504, None, seconds=seconds)
        driven.answer(200, PENDING)
    expected = 4 if seconds == 5 else 45
    assert path_of(poll(45, known)) == f"/v1/pause/psr_1?wait={expected}"


def test_own_error_of_the_server_is_looked_at_again_and_shortens_nothing() -> None:
    known = KnownPauses()
    body = {"error": "UNAVAILABLE", "message": "Later.", "status_code": 503}
    driven = poll(45, known)
    driven.answer(503, body, seconds=20)
    driven.answer(503, body)
    assert "refused (UNAVAILABLE)" in driven.sentence
    assert path_of(poll(45, known)) == "/v1/pause/psr_1?wait=45"


@pytest.mark.parametrize("body", GATEWAY_BODIES)
@pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 524])
def test_gateway_without_a_server_behind_it_is_not_called_another_program(
    status: int, body: object
) -> None:
    driven = poll(45)
    driven.answer(status, body, seconds=30)
    driven.answer(status, body)
    assert driven.sentence == (
        f"A gateway answered in place of PausePoint (HTTP {status})."
        " Retry once, then tell the user."
    )
    created = created_with()
    created.answer(status, body)
    assert "It is not known whether the person was asked." in created.sentence
    assert "Retry with idempotency_key fresh" in created.sentence


def test_wait_that_a_host_gave_up_is_shorter_from_then_on() -> None:
    known = KnownPauses()
    known.note_given_up(60.2)
    assert path_of(poll(45, known)) == "/v1/pause/psr_1?wait=45"
    known.note_given_up(10)
    assert path_of(poll(45, known)) == "/v1/pause/psr_1?wait=8"
    known.note_given_up(5.001)
    known.note_given_up(0.3)
    driven = poll(45, known)
    assert path_of(driven) == "/v1/pause/psr_1?wait=4"
    driven.answer(200, PENDING, seconds=4)
    assert driven.content["status"] == "pending"


def test_short_polls_are_repeated_for_as_long_as_long_ones() -> None:
    known = KnownPauses()
    known.note_given_up(5)
    steps = []
    for _ in range(60):
        driven = poll(45, known)
        driven.answer(200, PENDING, seconds=4)
        steps.append("End your turn" in driven.content["next_step"])
    assert steps.index(True) * 4 == 220


def test_failed_delivery_ends_a_chain() -> None:
    failed = {**PENDING, "delivery": {"state": "failed", "attempts": []}}
    driven = poll(45)
    driven.answer(200, failed, seconds=1)
    assert "could not be delivered" in driven.content["next_step"]


def test_polls_are_counted_with_and_without_the_prefix() -> None:
    known = KnownPauses()
    for number in range(1, 6):
        pause_id = "psr_1" if number % 2 else "1"
        driven = Driven(
            "poll_pause_request", {"pause_id": pause_id, "wait_seconds": 0}, known=known
        )
        driven.answer(200, PENDING)
        assert ("End your turn" in driven.content["next_step"]) == (number == 5)


def test_each_poll_can_differ_from_the_last() -> None:
    """Gemini CLI, Cline and CrewAI stop an agent at the fifth call with equal arguments."""
    known, numbers = KnownPauses(), []
    for _ in range(4):
        driven = poll(45, known)
        driven.answer(200, PENDING, seconds=45)
        numbers.append(driven.content["next_step"].split()[-1])
    assert numbers == ["2.", "3.", "4.", "5."]


def test_a_server_that_was_just_started_believes_the_agents_count() -> None:
    """CrewAI and LangChain start one for each call."""
    steps = []
    for number in (1, 3, 4, 5):
        driven = Driven("poll_pause_request", {"pause_id": "psr_1", "poll_number": number})
        driven.answer(200, PENDING, seconds=45)
        steps.append(driven.content["next_step"])
    assert steps[1].endswith("Call poll_pause_request again with poll_number 4.")
    assert ["End your turn" in step for step in steps] == [False, False, False, True]


@pytest.mark.parametrize("resolved_by", ["policy", "timeout"])
def test_choice_that_no_person_made_is_said_to_be_none(resolved_by: str) -> None:
    driven = poll(0)
    driven.answer(200, {**ANSWERED, "resolved_by": resolved_by})
    assert "no person answered" in driven.content["next_step"]


ERASED = dict.fromkeys(("recipient", "message", "options", "metadata", "timeout_default"))


@pytest.mark.parametrize(
    ("ending", "says"),
    [
        ({"status": "responded", "resolved_by": "human"}, "has been erased since"),
        ({"status": "responded", "resolved_by": "simulated"}, "has been erased since"),
        ({"status": "timed_out", "resolved_by": "timeout"}, "No person answered"),
        ({"status": "cancelled", "resolved_by": "developer"}, "was withdrawn"),
    ],
)
def test_what_was_erased_approves_nothing(ending: Json, says: str) -> None:
    driven = poll(0)
    driven.answer(200, PENDING | ERASED | ending)
    assert driven.content["status"] == ending["status"]
    assert not {*ERASED, "response_choice"} & driven.content.keys()
    assert says in driven.content["next_step"]
    assert "o not do what" in driven.content["next_step"]
    assert "None" not in driven.message["result"]["content"][0]["text"]


def test_fields_of_the_wrong_type_are_left_out() -> None:
    odd = {**ANSWERED, "options": [1], "test": "no", "metadata": [], "delivery": "sent"}
    driven = poll(0)
    driven.answer(200, odd)
    assert not {"options", "test", "metadata", "delivery"} & set(driven.content)


def test_cancel_asks_again_after_a_lost_answer() -> None:
    driven = Driven("cancel_pause_request", {"pause_id": "psr_1"})
    driven.fail(sent=True)
    assert driven.asked is not None
    assert driven.asked.method == "DELETE"
    driven.answer(409, {"error": "ALREADY_CANCELLED", "message": "", "status_code": 409})
    driven.answer(200, {**PENDING, "status": "cancelled", "resolved_by": "developer"})
    assert driven.content["status"] == "cancelled"


def test_list_skips_what_is_no_pause_and_keeps_the_order() -> None:
    driven = Driven("list_pause_requests", {"status": "pending", "limit": 3})
    assert path_of(driven) == "/v1/pause?limit=3&status=pending"
    driven.answer(200, {"items": [PENDING, 5, {}, ANSWERED], "has_more": False})
    assert [item["status"] for item in driven.content["items"]] == ["pending", "responded"]


def test_validation_errors_name_the_fields() -> None:
    detail = [{"field": "recipient", "message": "is not a\nphone number."}]
    body = {"error": "INVALID_RECIPIENT", "message": "Bad.", "status_code": 422, "detail": detail}
    driven = poll(0)
    driven.answer(422, body)
    assert "recipient: is not a phone number." in driven.sentence
    assert "\n" not in driven.sentence


def test_progress_says_how_long_and_grows() -> None:
    params = {
        "name": "poll_pause_request",
        "arguments": {"pause_id": "psr_1"},
        "_meta": {"progressToken": 0},
    }
    call = tool_call(params)
    asked = ApiRequest("GET", "/v1/pause/psr_1", waiting=Waiting(45, 0.0, 23.5 * 3600))
    notification = call.progress(asked, 30.02)
    assert notification["params"] == {
        "progressToken": 0,
        "progress": 30.02,
        "total": 45,
        "message": "waiting for the person: 30 of 45 s, expires in 23 h",
    }
    later = ApiRequest("GET", "/v1/pause/psr_1", waiting=Waiting(120, 50.0, None))
    assert call.progress(later, 10)["params"]["message"] == "waiting for the person: 60 of 120 s"
    assert call.progress(ApiRequest("GET", "/v1/pause"), 10) is None


@pytest.mark.parametrize("token", [None, True, 1.5, {}, []])
def test_no_progress_without_a_usable_token(token: object) -> None:
    params = {"name": "poll_pause_request", "_meta": {"progressToken": token}}
    asked = ApiRequest("GET", "/v1/pause/psr_1", waiting=Waiting(45, 0.0, None))
    assert tool_call(params).progress(asked, 10) is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-1, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (86_400, "24 h"),
        (172_800, "2 days"),
    ],
)
def test_duration_words(seconds: float, words: str) -> None:
    assert duration_words(seconds) == words


@pytest.mark.parametrize("instant", [None, 5, "", "soon", "2026-11-22T12:00:00", "9999Z"])
def test_instants_that_are_none(instant: object) -> None:
    assert epoch_seconds(instant) is None
