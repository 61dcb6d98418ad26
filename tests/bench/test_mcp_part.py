"""What the MCP part reckons with: a whole conversation, and processes that answer and end."""

from __future__ import annotations

import json
import sys

import pytest
from bench.mcp_process import McpProcess
from bench.parts import mcp

SERVER = [sys.executable, str(mcp._SERVER)]


def test_conversation_ends_with_the_answer_after_ten_minutes() -> None:
    asked, heard = mcp._conversation()
    contents = [json.loads(content) for content in heard]

    assert len(asked) == len(heard)
    assert sum(content["waited_seconds"] for content in contents) == mcp.WAIT
    assert [content["status"] for content in contents[:-1]] == ["pending"] * (len(asked) - 1)
    assert contents[-1]["response_choice"] == "Approve"


def test_process_is_timed_weighed_and_ended() -> None:
    with McpProcess(SERVER) as process:
        assert process.seconds_to_tools() > 0
        assert process.resident_mib > 1
        assert process.seconds_to_end() > 0


def test_process_that_is_no_server_is_said_to_be_none() -> None:
    with McpProcess([sys.executable, "-c", "input()"]) as process, pytest.raises(RuntimeError):
        process.seconds_to_tools()
