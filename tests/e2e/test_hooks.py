"""A hook of an agent's over real HTTP: held while a person thinks, and denied when the server stops."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.e2e.api import Api, eventually
from tests.e2e.server import Server

pytestmark = pytest.mark.e2e

RULES = "hooks: [{recipient: '+15550100', channel: sms, rules: [{tools: [Bash]}]}]"
CALL: dict[str, Any] = {
    "hook_event_name": "PreToolUse",
    "session_id": "8a5f",
    "cwd": "/home/me/shop",
    "tool_name": "Bash",
    "tool_input": {"command": "rm -rf build"},
    "tool_use_id": "toolu_1",
}


def test_a_stop_denies_and_withdraws_what_is_held(tmp_path: Path) -> None:
    with Server(tmp_path, "dev", PAUSEPOINT_HOOKS=RULES) as server, ThreadPoolExecutor() as threads:
        with Api(server.base_url, server.test_api_key) as api:
            held = threads.submit(api.http.post, "/v1/hooks/claude-code", json=CALL)
            eventually(lambda: api.http.get("/v1/pause?status=pending").json()["items"], within=30)
            server.stop()
            output = held.result(timeout=30).json()["hookSpecificOutput"]
        assert output["permissionDecision"] == "deny"
        assert "PausePoint is stopping" in output["permissionDecisionReason"]

        server.start()
        with Api(server.base_url, server.test_api_key) as api:
            [listed] = api.http.get("/v1/pause").json()["items"]
            assert listed["status"] == "cancelled"


def test_a_large_body_is_answered_and_the_connection_goes_on(tmp_path: Path) -> None:
    with (
        Server(tmp_path, "dev", PAUSEPOINT_HOOKS=RULES) as server,
        Api(server.base_url, server.test_api_key) as api,
    ):
        call = CALL | {"tool_input": {"command": "x" * 9_000_000}}
        large: httpx2.Response = api.http.post("/v1/hooks/claude-code", json=call)
        after = api.http.get("/v1/pause")

        reason = large.json()["hookSpecificOutput"]["permissionDecisionReason"]
        assert (large.status_code, "at most 1048576 bytes" in reason) == (200, True)
        assert after.json()["items"] == []
