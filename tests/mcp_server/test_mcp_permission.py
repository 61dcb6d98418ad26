"""`permission_prompt`: only a person's own "Allow" allows, and the person has seen the whole input."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from api_stub import API_KEY, CREATED_AT, ApiStub
from stdio_process import Start, StdioProcess

from pausepoint.mcp import core, permission
from pausepoint.mcp.api import ApiAnswer, ApiFailure, ApiRequest, CallCancelled
from pausepoint.mcp.calls import CallContext, KnownPauses
from pausepoint.mcp.permission import Permission
from pausepoint.mcp.results import epoch_seconds

Json = dict[str, Any]
SETTINGS = {
    "PAUSEPOINT_PERMISSION_RECIPIENT": "+15550100",
    "PAUSEPOINT_PERMISSION_CHANNEL": "sms",
}
CALL = {"tool_name": "Bash", "input": {"command": "rm -rf build"}, "tool_use_id": "toolu_1"}


@pytest.fixture
def mcp(api: ApiStub, start: Start) -> StdioProcess:
    return start(PAUSEPOINT_API_KEY=API_KEY, PAUSEPOINT_BASE_URL=api.base_url, **SETTINGS)


def decision(answer: Json) -> Json:
    """As Claude Code reads it: one text block of JSON, and nothing beside it."""
    assert set(answer["result"]) == {"content"}
    (block,) = answer["result"]["content"]
    assert block["type"] == "text"
    decided: Json = json.loads(block["text"])
    assert decided["behavior"] in ("allow", "deny")
    return decided


def prompted(mcp: StdioProcess, api: ApiStub, arguments: Json = CALL) -> str:
    """Calls the tool and waits until the person is waited for; the pause's id."""
    mcp.send_call("permission_prompt", arguments)
    api.until(lambda: api.held == 1)
    pause_id: str = api.only_pause()["pause_id"]
    return pause_id


def test_sixth_tool_is_there_where_somebody_is_named(mcp: StdioProcess) -> None:
    tools = mcp.request("tools/list")["result"]["tools"]
    assert [tool["name"] for tool in tools[5:]] == ["permission_prompt"]
    assert set(tools[5]["inputSchema"]["properties"]) == {"tool_name", "input", "tool_use_id"}


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"PAUSEPOINT_PERMISSION_RECIPIENT": "+15550100"},
        {"PAUSEPOINT_PERMISSION_CHANNEL": "sms"},
        {**SETTINGS, "PAUSEPOINT_PERMISSION_CHANNEL": "fax"},
    ],
)
def test_no_such_tool_where_nobody_is_named(start: Start, settings: dict[str, str]) -> None:
    mcp = start(PAUSEPOINT_API_KEY=API_KEY, **settings)
    assert len(mcp.request("tools/list")["result"]["tools"]) == 5
    mcp.send_call("permission_prompt", CALL)
    assert mcp.receive()["error"]["code"] == -32602
    assert mcp.close() == 0
    assert (b"permission_prompt is not offered" in mcp.stderr) == bool(settings)


def test_allow(api: ApiStub, mcp: StdioProcess) -> None:
    api.answer(prompted(mcp, api, {**CALL, "recipient": "+15550199"}), "Allow")
    assert decision(mcp.receive()) == {"behavior": "allow", "updatedInput": CALL["input"]}
    pause = api.only_pause()
    assert pause["recipient"] == "+15550100"
    assert pause["options"] == ["Allow", "Deny"]
    assert pause["timeout_default"] == "Deny"
    assert pause["message"] == "May the agent use Bash?"
    assert pause["action"] == {"tool": "Bash", "arguments": CALL["input"]}


def test_deny_carries_what_the_person_wrote(api: ApiStub, mcp: StdioProcess) -> None:
    api.answer(prompted(mcp, api), "Deny", "not on\na Friday")
    denied = decision(mcp.receive())
    assert denied["behavior"] == "deny"
    assert '"not on a Friday"' in denied["message"]


def test_deny_without_a_word(api: ApiStub, mcp: StdioProcess) -> None:
    api.answer(prompted(mcp, api), "Deny")
    assert decision(mcp.receive()) == {"behavior": "deny", "message": "A person denied this."}


def test_silence_denies(api: ApiStub, mcp: StdioProcess) -> None:
    api.time_out(prompted(mcp, api))
    denied = decision(mcp.receive())
    assert denied["behavior"] == "deny"
    assert denied["message"].startswith("No person answered within 15 min")


def test_silence_on_a_simulated_message_is_not_called_a_persons(
    api: ApiStub, mcp: StdioProcess
) -> None:
    api.time_out(prompted(mcp, api), "simulated")
    denied = decision(mcp.receive())
    assert denied["behavior"] == "deny"
    assert denied["message"].startswith("This key is for tests: no person was asked.")


def test_allow_that_no_person_gave_denies(api: ApiStub, mcp: StdioProcess) -> None:
    pause_id = prompted(mcp, api)
    api.change(pause_id, status="responded", response_choice="Allow", resolved_by="policy")
    assert decision(mcp.receive())["behavior"] == "deny"


def test_withdrawn_elsewhere_denies(api: ApiStub, mcp: StdioProcess) -> None:
    api.cancel(prompted(mcp, api))
    assert decision(mcp.receive())["behavior"] == "deny"


def test_message_that_cannot_be_delivered_denies_and_withdraws(
    api: ApiStub, mcp: StdioProcess
) -> None:
    api.fail_delivery(prompted(mcp, api), "21211")
    denied = decision(mcp.receive())
    assert "could not be delivered" in denied["message"]
    assert api.only_pause()["status"] == "cancelled"


def test_call_that_the_host_gives_up_is_withdrawn(api: ApiStub, mcp: StdioProcess) -> None:
    pause_id = prompted(mcp, api)
    mcp.send(
        {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}},
    )
    api.until(lambda: api.pauses[pause_id]["status"] == "cancelled")
    mcp.request("ping", request_id="after")
    assert mcp.close() == 0
    assert not any(b'"id":1' in line for line in mcp.lines)


def test_calls_of_one_id_share_no_answer(api: ApiStub, mcp: StdioProcess) -> None:
    for number in range(1, 4):
        mcp.send_call("permission_prompt", CALL, number)
        api.until(lambda expected=number: api.held == expected)
    first, second, third = api.pauses
    api.answer(first, "Allow")
    assert decision(mcp.receive())["behavior"] == "allow"
    api.answer(second, "Deny")
    assert decision(mcp.receive())["behavior"] == "deny"
    api.answer(third, "Deny")
    assert decision(mcp.receive())["behavior"] == "deny"


def test_id_that_comes_again_with_another_input_is_another_question(
    api: ApiStub, mcp: StdioProcess
) -> None:
    for number, command in enumerate(("ls", "rm -rf /"), 1):
        mcp.send_call("permission_prompt", {**CALL, "input": {"command": command}}, number)
        api.until(lambda expected=number: len(api.pauses) == expected)


def test_answer_is_for_one_call(api: ApiStub, mcp: StdioProcess) -> None:
    api.answer(prompted(mcp, api), "Allow")
    mcp.receive()
    mcp.send_call("permission_prompt", CALL)
    api.until(lambda: api.held == 1)
    first, second = api.pauses.values()
    assert (first["status"], second["status"]) == ("responded", "pending")
    api.answer(second["pause_id"], "Deny")
    assert decision(mcp.receive())["behavior"] == "deny"


def test_another_run_of_the_server_asks_anew(api: ApiStub, start: Start) -> None:
    settings = {"PAUSEPOINT_API_KEY": API_KEY, "PAUSEPOINT_BASE_URL": api.base_url, **SETTINGS}
    for number in range(1, 3):
        mcp = start(**settings)
        mcp.send_call("permission_prompt", CALL)
        api.until(lambda expected=number: len(api.pauses) == api.held == expected)


def test_long_input_is_shown_whole(api: ApiStub, mcp: StdioProcess) -> None:
    written = {"file_path": "/tmp/x", "content": "line\n" * 10_000}
    prompted(mcp, api, {"tool_name": "Write", "input": written})
    pause = api.only_pause()
    assert pause["action"] == {"tool": "Write", "arguments": written}
    assert pause["metadata"] is None
    api.answer(pause["pause_id"], "Allow")
    assert decision(mcp.receive())["updatedInput"] == written


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({**CALL, "input": {"content": "x" * 256 * 1024}}, "too large to be shown whole"),
        ({**CALL, "tool_name": "x" * 3000}, "too large to be shown whole"),
        ({**CALL, "input": {"command": "a\x00b"}}, "U+0000"),
        ({**CALL, "input": "ls"}, "Input must be an object"),
        ({"input": {}}, "Tool_name is missing"),
        (None, "Tool_name is missing"),
        (7, "must be an object"),
    ],
)
def test_what_cannot_be_shown_is_denied(
    api: ApiStub, mcp: StdioProcess, arguments: object, words: str
) -> None:
    mcp.send_call("permission_prompt", arguments)
    denied = decision(mcp.receive())
    assert denied["behavior"] == "deny"
    assert words in denied["message"]
    assert api.seen == []


def test_name_of_a_tool_cannot_pretend_to_be_more(api: ApiStub, mcp: StdioProcess) -> None:
    prompted(mcp, api, {"tool_name": "Read?\n\nNo need to look closer", "input": {}})
    assert api.only_pause()["message"].splitlines()[0] == (
        'May the agent use "Read?\\n\\nNo need to look closer"?'
    )
    api.answer(api.only_pause()["pause_id"], "Deny")
    mcp.receive()


@pytest.mark.parametrize("key", ["pp_test_wrong", ""])
def test_wrong_key_denies(api: ApiStub, start: Start, key: str) -> None:
    mcp = start(PAUSEPOINT_API_KEY=key, PAUSEPOINT_BASE_URL=api.base_url, **SETTINGS)
    mcp.send_call("permission_prompt", CALL)
    assert decision(mcp.receive())["behavior"] == "deny"


# ── What needs more than a yes ──

COLOUR = {
    "question": "Which colour?",
    "header": "Colour",
    "options": [
        {"label": "Red", "description": "As it was"},
        {"label": "Blue", "description": "As the shop is"},
    ],
    "multiSelect": False,
}
SIZE = {
    "question": "How big?",
    "header": "Size",
    "options": [{"label": label} for label in ("S", "M", "L", "XL", "XXL")],
}


def asked_user(*questions: Json) -> Json:
    return {"tool_name": "AskUserQuestion", "input": {"questions": list(questions)}}


def test_question_to_the_user_is_answered_not_allowed(api: ApiStub, mcp: StdioProcess) -> None:
    arguments = asked_user(COLOUR, SIZE)
    mcp.send_call("permission_prompt", arguments)
    api.until(lambda: api.held == 1)
    colour, size = api.pauses.values()
    assert colour["message"] == "Which colour?\n\nRed: As it was\nBlue: As the shop is"
    assert (colour["options"], colour["timeout_default"]) == (["Red", "Blue"], None)
    assert (size["message"], size["options"]) == ("How big?", ["S", "M", "L", "XL", "XXL"])
    api.answer(size["pause_id"], "XXL")
    api.answer(colour["pause_id"], "Blue", 'Not "navy"')

    note = 'Blue (the person\'s note: "Not \\"navy\\"")'
    answers = {"Which colour?": note, "How big?": "XXL"}
    assert decision(mcp.receive()) == {
        "behavior": "allow",
        "updatedInput": {**arguments["input"], "answers": answers},
    }


def test_one_question_without_an_answer_denies_all(api: ApiStub, mcp: StdioProcess) -> None:
    mcp.send_call("permission_prompt", asked_user(COLOUR, SIZE))
    api.until(lambda: api.held == 1)
    colour, size = api.pauses.values()
    api.time_out(colour["pause_id"])
    assert "No person answered" in decision(mcp.receive())["message"]
    assert size["status"] == "cancelled"


@pytest.mark.parametrize(
    "change",
    [
        {"multiSelect": True},
        {"kind": "text"},
        {"options": [{"label": str(n)} for n in range(6)]},
        {"options": [{"label": "Only"}]},
        {"options": [{"label": "A"}, {"label": "A"}]},
        {"options": [{"label": "A\nB"}, {"label": "C"}]},
        {"options": [{"label": "x" * 101}, {"label": "C"}]},
        {"options": [{"label": "A", "preview": "<b>"}, {"label": "C"}]},
        {"options": [{"label": "A", "description": "x" * 2000}, {"label": "C"}]},
        {"options": ["A", "B"]},
        {"options": None},
        {"question": " "},
        {"question": 7},
    ],
)
def test_question_that_buttons_cannot_answer_is_left_to_the_user(
    api: ApiStub, mcp: StdioProcess, change: Json
) -> None:
    mcp.send_call("permission_prompt", asked_user(COLOUR, {**COLOUR, "question": "?", **change}))
    denied = decision(mcp.receive())
    assert denied["behavior"] == "deny"
    assert "Ask the user in the conversation instead." in denied["message"]
    assert api.seen == []


@pytest.mark.parametrize(
    ("tool", "tool_input"),
    [
        ("AskUserQuestion", {}),
        ("AskUserQuestion", {"questions": []}),
        ("AskUserQuestion", {"questions": [COLOUR, COLOUR]}),
        ("AskUserQuestion", {"questions": [{**COLOUR, "question": str(n)} for n in range(5)]}),
        ("ExitPlanMode", {}),
        ("ExitPlanMode", {"plan": " "}),
        ("ShowOnboardingRolePicker", {}),
    ],
)
def test_tool_whose_answer_is_chosen_elsewhere_is_left_to_the_user(
    api: ApiStub, mcp: StdioProcess, tool: str, tool_input: Json
) -> None:
    mcp.send_call("permission_prompt", {"tool_name": tool, "input": tool_input})
    assert decision(mcp.receive())["behavior"] == "deny"
    assert api.seen == []


def test_plan_is_allowed_as_the_person_saw_it(api: ApiStub, mcp: StdioProcess) -> None:
    plan = {"plan": "1. Delete all."}
    api.answer(prompted(mcp, api, {"tool_name": "ExitPlanMode", "input": plan}), "Allow")
    assert decision(mcp.receive()) == {"behavior": "allow", "updatedInput": plan}
    assert api.only_pause()["action"]["arguments"] == plan


# ── Answers of another request ──


def test_another_pauses_answer_is_never_used(api: ApiStub, mcp: StdioProcess) -> None:
    allowed = json.dumps(
        {
            "pause_id": "psr_other",
            "status": "responded",
            "resolved_by": "human",
            "response_choice": "Allow",
            "channel": "sms",
            "message": "May the agent use Read?",
            "options": ["Allow", "Deny"],
        }
    ).encode()
    with api.changed:
        api.raw_answers = [(201, allowed, {}), (200, allowed, {})]
    mcp.send_call("permission_prompt", CALL)
    denied = decision(mcp.receive())
    assert denied["behavior"] == "deny"
    assert "belongs to another request" in denied["message"]


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("SSL_CERT_FILE", None, "a file that is not there"),
        ("SSL_CERT_FILE", "no certificate", "a file without usable certificates"),
        ("SSL_CERT_DIR", None, "a folder that is not there"),
    ],
)
def test_certificates_that_cannot_be_used_are_named_and_deny(
    start: Start, tmp_path: Path, name: str, content: str | None, problem: str
) -> None:
    place = tmp_path / "certificates"
    if content is not None:
        place.write_text(content, "utf-8")
    mcp = start(
        PAUSEPOINT_API_KEY=API_KEY,
        PAUSEPOINT_BASE_URL="https://127.0.0.1:1",
        PAUSEPOINT_PERMISSION_RECIPIENT="+15550100",
        PAUSEPOINT_PERMISSION_CHANNEL="sms",
        **{name: str(place)},
    )
    mcp.send_call("permission_prompt", CALL)
    denied = decision(mcp.receive())
    assert denied["behavior"] == "deny"
    assert denied["message"].startswith(f"{name} names {problem}")
    assert name in mcp.refused("poll_pause_request", {"pause_id": "psr_1"})


# ── Driven by hand: what takes time ──


class Driven:
    """A prompt under way: `asked` is the API request it waits on, `decided` its end."""

    def __init__(self, timeout_seconds: int = 900) -> None:
        message = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {"name": "permission_prompt", "arguments": CALL},
        }
        call = core.receive(message, core.Offer(has_permission_prompt=True))
        assert isinstance(call, core.ToolCall)
        context = CallContext(
            now=epoch_seconds(CREATED_AT) or 0.0,
            fresh_key="fresh",
            known=KnownPauses(),
            permission=Permission("+15550100", "sms", timeout_seconds, run="run"),
        )
        self.steps = call.steps(context)
        self.asked: ApiRequest | None = next(self.steps)
        self.decided: Json = {}

    def answer(self, code: int, seconds: float = 0.0, **fields: object) -> None:
        pause = {"pause_id": "psr_1", "status": "pending", **fields}
        body = pause if code < 300 else {"error": "X", "message": "No."}
        self._send(ApiAnswer(code, body, seconds=seconds))

    def fail(self, seconds: float) -> None:
        self._send(ApiFailure("Cannot reach it", sent=False, seconds=seconds))

    def _send(self, outcome: Any) -> None:
        try:
            self.asked = self.steps.send(outcome)
        except StopIteration as done:
            self.asked = None
            self.decided = decision(done.value)

    @property
    def pending(self) -> ApiRequest:
        assert self.asked is not None
        return self.asked


def test_wait_is_a_chain_of_holds_until_the_deadline_has_passed() -> None:
    driven = Driven(timeout_seconds=100)
    assert driven.pending.body is not None
    assert driven.pending.body["timeout_hours"] == 100 / 3600
    driven.answer(201)
    holds = []
    while driven.pending.method == "GET":
        holds.append(driven.pending.hold_seconds)
        driven.answer(200, seconds=driven.pending.hold_seconds)
    assert holds == [50, 50, 30]
    assert driven.pending.method == "DELETE"
    driven.answer(200, status="cancelled")
    assert driven.decided["message"].startswith("No person answered within 1 min")


def test_answer_that_crosses_the_withdrawal_counts() -> None:
    driven = Driven(timeout_seconds=20)
    driven.answer(201)
    driven.answer(200, seconds=50)
    assert driven.pending.method == "DELETE"
    driven.answer(409)
    driven.answer(200, status="responded", resolved_by="human", response_choice="Allow")
    assert driven.decided == {"behavior": "allow", "updatedInput": CALL["input"]}


def test_answer_that_was_erased_allows_nothing() -> None:
    driven = Driven()
    driven.answer(201)
    driven.answer(200, status="responded", resolved_by="human", response_choice=None)
    assert driven.decided["behavior"] == "deny"
    assert "has been erased" in driven.decided["message"]


def test_server_that_is_started_anew_is_waited_for_without_haste() -> None:
    driven = Driven()
    driven.answer(201)
    driven.answer(200, seconds=3)  # it stops, and lets go of those who wait
    assert driven.pending.delay_seconds == 2
    driven.fail(seconds=2)
    driven.answer(503, seconds=2)
    driven.answer(200, status="responded", resolved_by="human", response_choice="Allow")
    assert driven.decided == {"behavior": "allow", "updatedInput": CALL["input"]}


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 524])
def test_hold_that_a_gateway_cuts_is_no_outage(status: int) -> None:
    driven = Driven()
    driven.answer(201)
    assert driven.pending.path.endswith("?wait=50")
    driven.answer(status, seconds=35)
    holds = []
    for _ in range(20):
        assert driven.pending.path == "/v1/pause/psr_1"
        driven.answer(200)
        holds.append(driven.pending.hold_seconds)
        driven.answer(status, seconds=29)
    assert holds[0] == 28
    assert set(holds[1:]) == {23}
    driven.answer(200, status="responded", resolved_by="human", response_choice="Allow")
    assert driven.decided == {"behavior": "allow", "updatedInput": CALL["input"]}


def test_gateway_with_nothing_behind_it_denies() -> None:
    driven = Driven()
    driven.answer(201)
    looks = 0
    while driven.asked is not None:
        looks += not driven.asked.hold_seconds
        driven.answer(504, seconds=30)
    assert looks == 2
    assert driven.decided["behavior"] == "deny"


def test_server_that_stays_away_denies() -> None:
    driven = Driven()
    driven.answer(201)
    tries = 0
    while driven.asked is not None:
        driven.fail(seconds=2)
        tries += 1
    assert tries == 30
    assert driven.decided["message"].startswith("Cannot reach it, so no answer is known")


def test_look_that_shows_another_pause_decides_nothing() -> None:
    driven = Driven()
    driven.answer(201)
    driven.answer(
        200, pause_id="psr_2", status="responded", resolved_by="human", response_choice="Allow"
    )
    assert driven.pending.path.startswith("/v1/pause/psr_1")
    driven.answer(200, status="responded", resolved_by="human", response_choice="Deny")
    assert driven.decided["behavior"] == "deny"


def test_pause_that_is_gone_denies_at_once() -> None:
    driven = Driven()
    driven.answer(201)
    driven.answer(404)
    assert driven.decided["behavior"] == "deny"


def test_cancelled_before_anybody_was_asked_leaves_nothing_to_withdraw() -> None:
    driven = Driven()
    with pytest.raises(CallCancelled):
        driven.steps.throw(CallCancelled())


def test_limit_of_the_message_is_the_apis() -> None:
    assert permission.MAX_MESSAGE_CHARACTERS == 2000
