"""Progress notifications of a wait, with a shorter time between two of them than the shipped 10 s."""

from __future__ import annotations

import itertools
import json
import os
import threading
from typing import BinaryIO

from api_stub import API_KEY, ApiStub

from pausepoint.mcp import core
from pausepoint.mcp.settings import Settings
from pausepoint.mcp.stdio import StdioServer

BODY = {"recipient": "a@example.com", "channel": "email", "message": "Go?", "options": ["A", "B"]}


def test_progress_grows_until_the_answer_and_then_stops(api: ApiStub) -> None:
    _, pause = api.create(BODY, "key")
    settings = Settings({"PAUSEPOINT_API_KEY": API_KEY, "PAUSEPOINT_BASE_URL": api.base_url})
    in_fd, to_server = os.pipe()
    from_server, out_fd = os.pipe()
    server = StdioServer(settings, out_fd, progress_seconds=0.02)
    with (
        os.fdopen(in_fd, "rb") as stream,
        os.fdopen(to_server, "wb", buffering=0) as requests,
        os.fdopen(from_server, "rb") as answers,
    ):
        serving = threading.Thread(target=server.serve, args=(stream,))
        serving.start()
        requests.write(_poll(pause["pause_id"]))
        notifications = [_next(answers) for _ in range(4)]
        api.answer(pause["pause_id"], "A")
        last = _next(answers)
        while "method" in last:
            notifications.append(last)
            last = _next(answers)
        requests.close()
        serving.join(20)
        os.close(out_fd)
        assert answers.read() == b""
    assert last["result"]["structuredContent"]["response_choice"] == "A"
    values = [one["params"]["progress"] for one in notifications]
    assert all(earlier < later for earlier, later in itertools.pairwise(values))
    for one in notifications:
        assert one["method"] == "notifications/progress"
        assert one["params"]["progressToken"] == "token"
        assert one["params"]["total"] == 45


def test_shipped_time_between_two_is_ten_seconds() -> None:
    assert core.PROGRESS_SECONDS == 10


def _poll(pause_id: str) -> bytes:
    params = {
        "name": "poll_pause_request",
        "arguments": {"pause_id": pause_id},
        "_meta": {"progressToken": "token"},
    }
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    return json.dumps(message).encode() + b"\n"


def _next(answers: BinaryIO) -> dict[str, dict[str, dict[str, float | str]]]:
    message: dict[str, dict[str, dict[str, float | str]]] = json.loads(answers.readline())
    return message
