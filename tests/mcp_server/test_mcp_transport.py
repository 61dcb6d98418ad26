"""The transport: many requests at once, cancelling, batches, broken input, the end of input."""

from __future__ import annotations

import json
import random
import subprocess
import sys

import pytest
from api_stub import API_KEY, QUESTION, ApiStub
from stdio_process import (
    SERVER,
    STATELESS_META,
    Start,
    StdioProcess,
    content_of,
    sentence_of,
)


def test_a_hundred_requests_at_once(api: ApiStub, mcp: StdioProcess) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    ids = [mcp.ask() for _ in range(50)]
    for number, pause_id in enumerate(ids):
        mcp.send_call("poll_pause_request", {"pause_id": pause_id}, number)
    for number in range(50, 100):
        mcp.send_call("list_pause_requests", {}, number)
    api.until(lambda: api.held == 50)
    quick = {mcp.receive()["id"] for _ in range(50)}
    assert quick == set(range(50, 100))
    random.Random(seed).shuffle(ids)
    for pause_id in ids:
        api.answer(pause_id, "Reject")
    answers = [mcp.receive() for _ in range(50)]
    assert {answer["id"] for answer in answers} == set(range(50))
    assert all(a["result"]["structuredContent"]["status"] == "responded" for a in answers)


def test_too_many_at_once_are_refused_not_queued(api: ApiStub, mcp: StdioProcess) -> None:
    pause_id = mcp.ask()
    for number in range(257):
        mcp.send_call("poll_pause_request", {"pause_id": pause_id}, number)
    refused = mcp.receive()
    assert refused["id"] == 256
    assert "256 calls are running" in sentence_of(refused)


def test_end_of_input_ends_a_wait(api: ApiStub, mcp: StdioProcess) -> None:
    mcp.send_call("poll_pause_request", {"pause_id": mcp.ask()})
    api.until(lambda: api.held == 1)
    assert mcp.process.stdin is not None
    mcp.process.stdin.close()
    # The wait is 45 s long; two seconds are generous and still no wait.
    assert mcp.process.wait(2) == 0
    mcp.close()


def test_cancelled_request_says_nothing_more(api: ApiStub, mcp: StdioProcess) -> None:
    pause_id = mcp.ask()
    mcp.send_call("poll_pause_request", {"pause_id": pause_id}, "waiting", progressToken="t")
    api.until(lambda: api.held == 1)
    mcp.send(
        {
            "jsonrpc": "2.0",
            "method": "notifications/cancelled",
            "params": {"requestId": "waiting", "reason": "The user pressed Escape"},
        }
    )
    assert mcp.request("ping", request_id="after")["result"] == {}
    api.answer(pause_id, "Approve")
    assert mcp.call("poll_pause_request", {"pause_id": pause_id}, "again")["status"] == "responded"
    assert mcp.close() == 0
    assert not any(b'"waiting"' in line or b'"t"' in line for line in mcp.lines)


def introduce(mcp: StdioProcess, name: str) -> None:
    info = {"name": name, "version": "1"}
    mcp.request("initialize", {"protocolVersion": "2025-06-18", "clientInfo": info})


@pytest.mark.parametrize(
    ("name", "settings", "seconds"),
    [
        ("mcp", {}, 4),
        ("google-adk", {}, 4),
        ("mcp", {"PAUSEPOINT_MAX_WAIT_SECONDS": "30"}, 30),
        ("claude-code", {}, 45),
    ],
)
def test_host_that_cuts_calls_early_is_offered_short_waits(
    api: ApiStub, start: Start, name: str, settings: dict[str, str], seconds: int
) -> None:
    """OpenAI Agents and Google ADK allow 5 seconds; a wait that one has set is kept."""
    mcp = start(PAUSEPOINT_API_KEY=API_KEY, PAUSEPOINT_BASE_URL=api.base_url, **settings)
    introduce(mcp, name)
    poll = mcp.request("tools/list")["result"]["tools"][1]["inputSchema"]["properties"]
    assert poll["wait_seconds"]["default"] == seconds
    assert poll["wait_seconds"]["maximum"] == seconds
    pause_id = mcp.ask()
    mcp.send_call("poll_pause_request", {"pause_id": pause_id, "wait_seconds": 3600}, 7)
    api.until(lambda: api.held == 1)
    assert api.seen[-1][1].endswith(f"?wait={seconds}")
    api.answer(pause_id, "Approve")
    assert mcp.receive()["result"]["structuredContent"]["response_choice"] == "Approve"


def test_cancelled_notification_of_nothing_is_ignored(mcp: StdioProcess) -> None:
    for request_id in (99, None, [], {}, True):
        mcp.send(
            {
                "jsonrpc": "2.0",
                "method": "notifications/cancelled",
                "params": {"requestId": request_id},
            }
        )
    mcp.request("ping")


def test_id_in_use(api: ApiStub, mcp: StdioProcess) -> None:
    pause_id = mcp.ask()
    mcp.send_call("poll_pause_request", {"pause_id": pause_id}, 7)
    mcp.send_call("poll_pause_request", {"pause_id": pause_id}, 7)
    assert mcp.receive()["error"]["code"] == -32600


def test_batch_is_answered_as_one_list(api: ApiStub, mcp: StdioProcess) -> None:
    pause_id = mcp.ask()
    params = {"name": "poll_pause_request", "arguments": {"pause_id": pause_id}}
    mcp.send(
        [
            {"jsonrpc": "2.0", "id": "slow", "method": "tools/call", "params": params},
            {"jsonrpc": "2.0", "method": "notifications/initialized"},
            {"jsonrpc": "2.0", "id": "ping", "method": "ping"},
            5,
        ]
    )
    api.until(lambda: api.held == 1)
    api.answer(pause_id, "Reject")
    answers = {answer["id"]: answer for answer in mcp.receive()}
    assert set(answers) == {"slow", "ping", None}
    assert answers["slow"]["result"]["structuredContent"]["response_choice"] == "Reject"


def test_batches_of_nothing(mcp: StdioProcess) -> None:
    mcp.send([])
    assert mcp.receive()["error"]["code"] == -32600
    mcp.send([{"jsonrpc": "2.0", "method": "notifications/initialized"}])
    mcp.request("ping")


@pytest.mark.parametrize(
    "line",
    [b"{", b"no JSON", b"\xff\xfe", b'{"a": NaN}', b"[" * 100_000, b'{"a":"\x00"}'],
)
def test_parse_error(mcp: StdioProcess, line: bytes) -> None:
    mcp.send_line(line)
    answer = mcp.receive()
    assert answer["error"]["code"] == -32700
    assert answer["id"] is None
    mcp.request("ping")


def test_huge_line_is_refused_and_forgotten(mcp: StdioProcess) -> None:
    mcp.send_line(b'"' + b"x" * (9 * 1024 * 1024) + b'"')
    assert mcp.receive()["error"]["code"] == -32700
    mcp.request("ping")


def test_blank_lines_are_ignored(mcp: StdioProcess) -> None:
    mcp.send_line(b"")
    mcp.send_line(b"  \r")
    mcp.request("ping")


def test_stateless_era_over_stdio(api: ApiStub, mcp: StdioProcess) -> None:
    found = mcp.request("server/discover", {"_meta": STATELESS_META})["result"]
    assert found["supportedVersions"] == ["2026-07-28"]
    mcp.send_call("create_pause_request", QUESTION, **STATELESS_META)
    answer = mcp.receive()
    assert content_of("create_pause_request", answer)["status"] == "pending"
    assert answer["result"]["resultType"] == "complete"


def test_ends_when_nobody_reads(start: Start) -> None:
    process = subprocess.Popen(
        [sys.executable, str(SERVER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdout.close()
    with process:
        process.stdin.write(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "ping"}).encode())
        process.stdin.write(b"\n")
        process.stdin.flush()
        assert process.wait(30) == 0
