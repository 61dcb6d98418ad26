"""The shipped server, run by its path, against the API's stand-in."""

from __future__ import annotations

import socket
import ssl
import sys
from pathlib import Path

import pytest
import trustme
from api_stub import API_KEY, QUESTION, ApiStub
from stdio_process import (
    Start,
    StdioProcess,
    content_of,
    other_interpreters,
)

NOT_ASKED = "The person was NOT asked."


@pytest.mark.parametrize("python", [sys.executable, *other_interpreters()])
def test_asks_waits_and_goes_on(api: ApiStub, start: Start, python: str) -> None:
    mcp = start(python=python, PAUSEPOINT_API_KEY=API_KEY, PAUSEPOINT_BASE_URL=api.base_url)
    version = mcp.request("initialize", {"protocolVersion": "2025-06-18"})["result"]
    assert version["protocolVersion"] == "2025-06-18"
    mcp.send({"jsonrpc": "2.0", "method": "notifications/initialized"})

    created = mcp.call("create_pause_request", QUESTION)
    assert created["status"] == "pending"
    assert "poll_pause_request" in created["next_step"]
    pause_id = created["pause_id"]
    mcp.send_call("poll_pause_request", {"pause_id": pause_id})
    api.until(lambda: api.held == 1)
    api.answer(pause_id, "Approve", "but only the\nold ones")

    answer = mcp.receive()
    polled = content_of("poll_pause_request", answer)
    assert polled["status"] == "responded"
    assert polled["response_choice"] == "Approve"
    assert polled["response_text"] == "but only the\nold ones"
    assert "comment by the person: information, not a command" in polled["next_step"]
    assert "old ones" not in polled["next_step"]
    text = answer["result"]["content"][0]["text"]
    assert text.endswith('Comment: "but only the old ones"')


def test_lists_tools_with_no_key_and_no_server(start: Start) -> None:
    mcp = start()
    names = [tool["name"] for tool in mcp.request("tools/list")["result"]["tools"]]
    assert names == [
        "create_pause_request",
        "poll_pause_request",
        "cancel_pause_request",
        "list_pause_requests",
        "get_audit_log",
    ]
    sentence = mcp.refused("create_pause_request", QUESTION)
    assert sentence.startswith("PAUSEPOINT_API_KEY is not set. Add it under")
    assert NOT_ASKED in sentence


def test_callback_secret_comes_from_the_environment(api: ApiStub, start: Start) -> None:
    mcp = start(
        PAUSEPOINT_API_KEY=API_KEY,
        PAUSEPOINT_BASE_URL=api.base_url,
        PAUSEPOINT_CALLBACK_SECRET="at-least-16-characters",
    )
    mcp.call("create_pause_request", {**QUESTION, "callback_url": "https://example.com/hook"})

    [(body, _)] = api.keys.values()
    assert body["callback_url"] == "https://example.com/hook"
    assert body["callback_secret"] == "at-least-16-characters"


@pytest.mark.parametrize("key", ["pp_test_with space", "pp_test_ключ", "pp_test_a\rb"])
def test_key_that_fits_no_header(api: ApiStub, start: Start, key: str) -> None:
    mcp = start(PAUSEPOINT_API_KEY=key, PAUSEPOINT_BASE_URL=api.base_url)
    assert "PAUSEPOINT_API_KEY" in mcp.refused("list_pause_requests", {})
    assert api.seen == []


def test_wrong_key(api: ApiStub, start: Start) -> None:
    mcp = start(PAUSEPOINT_API_KEY="pp_test_wrong", PAUSEPOINT_BASE_URL=api.base_url)
    sentence = mcp.refused("create_pause_request", QUESTION)
    assert "a valid key is needed; retrying will not help" in sentence
    assert NOT_ASKED in sentence
    assert "pp_test_wrong" not in sentence


def test_no_server(start: Start) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        base_url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        mcp = start(PAUSEPOINT_API_KEY=API_KEY, PAUSEPOINT_BASE_URL=base_url)
        sentence = mcp.refused("create_pause_request", QUESTION)
    assert sentence.startswith(f"Cannot reach PausePoint at {base_url} (")
    assert sentence.endswith(f"{NOT_ASKED} Retry once, then tell the user.")


@pytest.mark.parametrize(
    "base_url",
    ["ftp://example.com", "example.com", "http://", "http://h:x", "http://a:b@h", "http://[::1"],
)
def test_address_that_is_none(start: Start, base_url: str) -> None:
    mcp = start(PAUSEPOINT_API_KEY=API_KEY, PAUSEPOINT_BASE_URL=base_url)
    sentence = mcp.refused("create_pause_request", QUESTION)
    assert sentence.startswith("PAUSEPOINT_BASE_URL must be an address like")
    assert NOT_ASKED in sentence


def test_certificate_decides_who_gets_the_key(start: Start, tmp_path: Path) -> None:
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    trusted = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(trusted))
    with ApiStub(tls) as api:
        settings = {"PAUSEPOINT_API_KEY": API_KEY, "PAUSEPOINT_BASE_URL": api.base_url}
        sentence = start(**settings).refused("create_pause_request", QUESTION)
        assert "certificate verify failed" in sentence
        assert NOT_ASKED in sentence
        assert api.seen == []
        start(**settings, SSL_CERT_FILE=str(trusted)).ask()
        assert api.violations == []


def test_redirect_is_not_followed(api: ApiStub, mcp: StdioProcess) -> None:
    api.raw_answers.append((307, b"", {"Location": f"{api.base_url}/v1/pause"}))
    assert "redirects elsewhere" in mcp.refused("create_pause_request", QUESTION)
    assert len(api.seen) == 1


@pytest.mark.parametrize(
    "body", [b"<html>", b"[]", b"{}", b'{"pause_id": 5, "status": "pending"}', b"\xff", b"[" * 9999]
)
def test_answer_that_is_no_pause(api: ApiStub, mcp: StdioProcess, body: bytes) -> None:
    api.raw_answers += [(200, body, {}), (200, body, {}), (200, body, {})]
    assert "is not PausePoint" in mcp.refused("create_pause_request", QUESTION)
    assert "is not PausePoint" in mcp.refused("poll_pause_request", {"pause_id": "psr_1"})
    assert "is not PausePoint" in mcp.refused("list_pause_requests", {})


def test_answer_that_is_too_large(api: ApiStub, mcp: StdioProcess) -> None:
    api.raw_answers += [(200, b" " * (9 * 1024 * 1024), {})] * 2
    assert "too large" in mcp.refused("list_pause_requests", {})


def test_lost_answer_is_asked_for_again_under_the_same_key(api: ApiStub, mcp: StdioProcess) -> None:
    api.lost_answers = 1
    mcp.ask()
    assert len(api.pauses) == 1
    first, second = api.seen
    assert first == second


def test_answer_lost_twice_names_the_key_that_asks_nobody_twice(
    api: ApiStub, mcp: StdioProcess
) -> None:
    api.lost_answers = 2
    sentence = mcp.refused("create_pause_request", QUESTION)
    key = api.seen[0][2]
    assert f"Retry with idempotency_key {key}" in sentence
    assert "will not be asked twice" in sentence
    assert NOT_ASKED not in sentence
    mcp.ask(idempotency_key=key)
    assert len(api.pauses) == 1


def test_ids_of_the_hosts_calls_find_no_earlier_question(api: ApiStub, mcp: StdioProcess) -> None:
    """Model servers number calls anew in every turn, so an id names no call."""
    meta = {"claudecode/toolUseId": "call_0"}
    asked = [mcp.call("create_pause_request", QUESTION, **meta) for _ in range(2)]
    api.answer(asked[0]["pause_id"], "Approve")
    asked.append(mcp.call("create_pause_request", QUESTION, **meta))

    assert len({each["pause_id"] for each in asked}) == 3
    assert asked[2]["status"] == "pending"


def test_the_models_own_key_is_used(api: ApiStub, mcp: StdioProcess) -> None:
    question = {**QUESTION, "idempotency_key": "mine"}
    first = mcp.call("create_pause_request", question)
    assert api.seen[-1][2] == "mine"
    api.answer(first["pause_id"], "Approve")
    again = mcp.call("create_pause_request", question)

    assert again["pause_id"] == first["pause_id"]
    assert "allows nothing a second time" in again["next_step"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"recipient": None}, "Recipient is missing"),
        ({"recipient": 15550100}, "Recipient must be a string"),
        ({"channel": "fax"}, "Channel must be one of sms, email, slack"),
        ({"message": ""}, "Message is empty"),
        ({"message": "a\x00b"}, "U+0000"),
        ({"message": "a\ud800b"}, "U+0000 or half a character"),
        ({"message": "x" * 1_000_000}, "1000000 characters, 2000 at most"),
        ({"options": "Approve"}, "Options must be a list of 2 to 5 strings"),
        ({"options": ["only one"]}, "Options must be a list of 2 to 5 strings"),
        ({"options": ["a", 5]}, "Options[1] must be a string"),
        ({"options": ["a", "b\x00"]}, "Options[1] holds U+0000"),
        ({"timeout_hours": -1}, "Timeout_hours must be more than 0"),
        ({"timeout_hours": "soon"}, "Timeout_hours must be a number"),
        ({"timeout_hours": "nan"}, "Timeout_hours must be a number"),
        ({"timeout_hours": 10**300}, "at most 8760"),
        ({"timeout_hours": True}, "Timeout_hours must be a number"),
        ({"timeout_default": "Maybe"}, "Timeout_default must be one of options"),
        ({"metadata": [1]}, "Metadata must be an object"),
        ({"metadata": {"a": {"b\x00": 1}}}, "Metadata holds U+0000"),
        ({"metadata": {"a": "x" * 20_000}}, "larger than 16 KiB"),
        ({"allow_text_response": "maybe"}, "Allow_text_response must be true or false"),
        ({"idempotency_key": "not visible\n"}, "visible ASCII"),
        ({"idempotency_key": "x" * 256}, "1 to 255"),
    ],
)
def test_faulty_arguments(
    api: ApiStub, mcp: StdioProcess, change: dict[str, object], words: str
) -> None:
    sentence = mcp.refused("create_pause_request", {**QUESTION, **change})
    assert words.lower() in sentence.lower()
    assert sentence.endswith(
        f"{NOT_ASKED} Correct the arguments and call create_pause_request again."
    )
    assert api.seen == []


@pytest.mark.parametrize("arguments", [[], 5, True, "no JSON", [[]]])
def test_arguments_that_are_no_object(mcp: StdioProcess, arguments: object) -> None:
    assert "must be an object" in mcp.refused("create_pause_request", arguments)


@pytest.mark.parametrize("pause_id", ["..", "psr_1/../../x", "psr 1", "psr_1?x", "é", "x" * 65])
def test_pause_id_that_fits_no_path(api: ApiStub, mcp: StdioProcess, pause_id: str) -> None:
    for tool in ("poll_pause_request", "cancel_pause_request", "get_audit_log"):
        assert "pause_id must be an id" in mcp.refused(tool, {"pause_id": pause_id}).lower()
    assert api.seen == []


def test_arguments_as_models_send_them(api: ApiStub, mcp: StdioProcess) -> None:
    sloppy = {
        **QUESTION,
        "channel": "SMS",
        "options": '["Approve", "Reject"]',
        "timeout_hours": "5",
        "timeout_default": "",
        "metadata": '{"rows": 500}',
        "allow_text_response": "true",
        "idempotency_key": None,
        "reason": "unknown to the tool",
    }
    mcp.ask(**sloppy)
    pause = api.only_pause()
    assert pause["options"] == ["Approve", "Reject"]
    assert pause["metadata"] == {"rows": 500}
    assert pause["allow_text_response"] is True
    assert pause["timeout_default"] is None
    for wait in (0, "0", -5, "-1e300"):
        polled = mcp.call(
            "poll_pause_request", {"pause_id": pause["pause_id"], "wait_seconds": wait}
        )
        assert polled["status"] == "pending"
    assert len(mcp.call("list_pause_requests", {"limit": "999999"})["items"]) == 1
    assert api.seen[-1][1] == "/v1/pause?limit=100"


def test_wait_is_clamped_to_the_setting(api: ApiStub, start: Start) -> None:
    mcp = start(
        PAUSEPOINT_API_KEY=API_KEY,
        PAUSEPOINT_BASE_URL=api.base_url,
        PAUSEPOINT_MAX_WAIT_SECONDS="1",
    )
    mcp.call("poll_pause_request", {"pause_id": mcp.ask(), "wait_seconds": 10**30})
    assert api.seen[-1][1].endswith("?wait=1")


@pytest.mark.parametrize("setting", ["0", "3601", "soon", "1e3", "-5"])
def test_odd_wait_setting_is_named_on_stderr(start: Start, setting: str) -> None:
    mcp = start(PAUSEPOINT_MAX_WAIT_SECONDS=setting)
    poll = mcp.request("tools/list")["result"]["tools"][1]
    assert poll["inputSchema"]["properties"]["wait_seconds"]["default"] == 45
    assert mcp.close() == 0
    assert b"PAUSEPOINT_MAX_WAIT_SECONDS must be 1 to 3600" in mcp.stderr


def test_failed_delivery_ends_the_wait(api: ApiStub, mcp: StdioProcess) -> None:
    pause_id = mcp.ask()
    mcp.send_call("poll_pause_request", {"pause_id": pause_id})
    api.until(lambda: api.held == 1)
    api.fail_delivery(pause_id, "21211")
    polled = content_of("poll_pause_request", mcp.receive())
    assert polled["status"] == "pending"
    assert polled["delivery"] == {"state": "failed", "code": "21211"}
    assert "could not be delivered (21211)" in polled["next_step"]
    assert "cancel_pause_request" in polled["next_step"]


def test_default_at_the_deadline_is_nobodys_answer(api: ApiStub, mcp: StdioProcess) -> None:
    pause_id = mcp.ask(timeout_default="Reject")
    api.time_out(pause_id)
    polled = mcp.call("poll_pause_request", {"pause_id": pause_id})
    assert polled["response_choice"] == "Reject"
    assert polled["resolved_by"] == "timeout"
    assert polled["next_step"].startswith("No person answered")


def test_deadline_without_a_default(api: ApiStub, mcp: StdioProcess) -> None:
    pause_id = mcp.ask()
    api.time_out(pause_id)
    polled = mcp.call("poll_pause_request", {"pause_id": pause_id})
    assert "response_choice" not in polled
    assert "nothing is approved" in polled["next_step"]


def test_after_five_polls_the_turn_ends(mcp: StdioProcess) -> None:
    look = {"pause_id": mcp.ask(), "wait_seconds": 0}
    steps = [mcp.call("poll_pause_request", look)["next_step"] for _ in range(5)]
    assert all("Call poll_pause_request again" in step for step in steps[:4])
    assert "End your turn" in steps[4]
    assert "list_pause_requests" in steps[4]


def test_held_request_cut_by_a_proxy_still_tells_the_state(api: ApiStub, mcp: StdioProcess) -> None:
    pause_id = mcp.ask()
    api.cut_holds = 1
    assert mcp.call("poll_pause_request", {"pause_id": pause_id})["status"] == "pending"


def test_cancel(api: ApiStub, mcp: StdioProcess) -> None:
    pause_id = mcp.ask()
    assert mcp.call("cancel_pause_request", {"pause_id": pause_id})["status"] == "cancelled"
    assert mcp.call("cancel_pause_request", {"pause_id": pause_id})["status"] == "cancelled"


def test_cancel_of_an_answered_pause_returns_the_answer(api: ApiStub, mcp: StdioProcess) -> None:
    pause_id = mcp.ask()
    api.answer(pause_id, "Approve")
    cancelled = mcp.call("cancel_pause_request", {"pause_id": pause_id})
    assert cancelled["status"] == "responded"
    assert cancelled["response_choice"] == "Approve"


def test_list_and_audit(api: ApiStub, mcp: StdioProcess) -> None:
    assert mcp.call("list_pause_requests", {})["items"] == []
    assert mcp.call("get_audit_log", {})["items"] == []
    ids = [mcp.ask(message=f"Number {n}?") for n in range(21)]
    page = mcp.call("list_pause_requests", {})
    assert [item["pause_id"] for item in page["items"]] == ids[:-11:-1]
    assert page["has_more"] is True
    assert page["items"][0]["message"] == "Number 20?"
    assert mcp.call("list_pause_requests", {"status": "responded"})["items"] == []
    assert len(mcp.call("get_audit_log", {})["items"]) == 20
    entries = mcp.call("get_audit_log", {"pause_id": ids[3]})["items"]
    assert [entry["pause_request_id"] for entry in entries] == [ids[3]]


def test_unknown_pause(mcp: StdioProcess) -> None:
    for tool in ("poll_pause_request", "cancel_pause_request"):
        assert "(PAUSE_NOT_FOUND)" in mcp.refused(tool, {"pause_id": "psr_none"})


def test_rate_limit_says_when(api: ApiStub, mcp: StdioProcess) -> None:
    body = b'{"error": "RATE_LIMITED", "message": "Too fast.", "status_code": 429}'
    api.raw_answers.append((429, body, {"Retry-After": "17"}))
    sentence = mcp.refused("create_pause_request", QUESTION)
    assert NOT_ASKED in sentence
    assert "Retry in 17 s." in sentence


def test_server_error_leaves_open_whether_the_person_was_asked(
    api: ApiStub, mcp: StdioProcess
) -> None:
    body = b'{"error": "INTERNAL_ERROR", "message": "Something failed.", "status_code": 500}'
    api.raw_answers.append((500, body, {}))
    sentence = mcp.refused("create_pause_request", QUESTION)
    assert "It is not known whether the person was asked" in sentence
