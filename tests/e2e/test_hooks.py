"""A hook of an agent's over real HTTP: held while a person thinks, and denied when the server stops."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest

from pausepoint.domain.time import from_rfc3339
from pausepoint.security.response_tokens import ResponseToken, issue
from tests.doubles.postgres import PostgresServer
from tests.e2e.api import Api, answer, eventually
from tests.e2e.server import SECRET, Server

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


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_a_repeated_call_id_is_asked_about_again_after_a_restart(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    settings = {"PAUSEPOINT_HOOKS": RULES, "PAUSEPOINT_SECRET_KEY": SECRET}
    if engine == "postgres":
        database: PostgresServer = request.getfixturevalue("postgres")
        settings["PAUSEPOINT_DATABASE_URL"] = database.url(database.create_database())
    asked: list[str] = []
    with Server(tmp_path, "dev", **settings) as server, ThreadPoolExecutor() as threads:
        for is_restarted in (False, False, True, True):
            if is_restarted:
                server.restart()
            with Api(server.base_url, server.test_api_key) as api:
                held = threads.submit(api.http.post, "/v1/hooks/claude-code", json=CALL)
                [pause] = eventually(
                    lambda api=api: api.http.get("/v1/pause?status=pending").json()["items"]
                )
                assert not held.done()
                asked.append(pause["pause_id"])
                deadline = from_rfc3339(pause["expires_at"])
                token = issue(ResponseToken(pause["pause_id"], deadline), SECRET)
                answer(api.respond(token, "Allow"))
                output = held.result(timeout=30).json()["hookSpecificOutput"]
                assert output["permissionDecision"] == "allow"
    assert len(set(asked)) == len(asked)


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
