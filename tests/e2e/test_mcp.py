"""MCP with the shipped program behind it: over HTTP, over stdio, and while the server is restarted."""

from __future__ import annotations

import html
import json
import re
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "mcp_server"))  # for the clients there

from official_client import RUNS, expected, report_of
from stdio_process import StdioProcess

from tests.e2e.api import QUESTION, Api, Json, eventually, token_of
from tests.e2e.server import Server, StartServer
from tests.web.mcp.client import events, message, tool

pytestmark = pytest.mark.e2e

EVENTS = {"Accept": "application/json, text/event-stream"}
POST_MCP = '"route":"/mcp"'
_LINK = re.compile(r"/respond/([A-Za-z0-9_-]{54})")


@pytest.fixture
def server(start_server: StartServer) -> Server:
    return start_server("dev")


@pytest.fixture
def http(server: Server) -> Iterator[httpx2.Client]:
    with Api(server.base_url, server.test_api_key) as api:
        yield api.http


def ask(server: Server) -> Json:
    with Api(server.base_url, server.test_api_key) as api:
        return api.create()


def answer(server: Server, pause: Json) -> None:
    with Api(server.base_url, None) as person:
        assert person.respond(token_of(pause["respond_url"]), "Approve").status_code == 200


@pytest.mark.parametrize(("script", "mode", "protocol"), RUNS)
def test_official_client_over_http(
    server: Server, script: str, mode: list[str], protocol: str
) -> None:
    def answer_the_first_question() -> None:
        with Api(server.base_url, None) as person:
            # The client's environment may have to be downloaded first.
            found = eventually(
                lambda: _LINK.findall(person.http.get("/dev/inbox").text), within=300
            )
            assert person.respond(found[0], "Approve").status_code == 200

    target = {"url": f"{server.base_url}/mcp", "key": server.test_api_key}
    report = report_of(script, mode, target, answer_the_first_question)
    assert report["audited"] >= 2
    assert report == expected(protocol, audited=report["audited"])


def poll(pause: Json, **meta: object) -> Json:
    return tool("poll_pause_request", {"pause_id": pause["pause_id"]}, **meta)


class Poll:
    """A poll by HTTP in a thread of its own; `answer()` is the one message that answers."""

    def __init__(self, server: Server, pause: Json, *, streams: bool) -> None:
        self._server = server
        self._asked = poll(pause, progressToken=1) if streams else poll(pause)
        self._streams = streams
        self._text = ""
        self._thread = threading.Thread(target=self._run)
        before = server.peers()
        self._thread.start()
        eventually(lambda: server.peers() - before)
        with Api(server.base_url, server.test_api_key) as api:
            # What the server has read before this, it has begun when this is answered.
            assert api.pause(pause["pause_id"])["status"] == "pending"

    def _run(self) -> None:
        with Api(self._server.base_url, self._server.test_api_key) as api:
            self._text = api.http.post("/mcp", json=self._asked, headers=EVENTS).text

    def answer(self) -> Json:
        self._thread.join(30)
        answered = events(self._text)[-1] if self._streams else json.loads(self._text)
        content: Json = answered["result"]["structuredContent"]
        return content


@pytest.mark.parametrize("streams", [False, True])
def test_wait_ends_with_the_answer(server: Server, streams: bool) -> None:
    pause = ask(server)
    waiting = Poll(server, pause, streams=streams)
    answer(server, pause)
    assert waiting.answer()["response_choice"] == "Approve"


def test_what_was_erased_is_told_without_its_words_over_stdio(
    server: Server, http: httpx2.Client
) -> None:
    pause = ask(server)
    answer(server, pause)
    assert http.delete(f"/v1/pause/{pause['pause_id']}/content").status_code == 200
    process = StdioProcess(
        PAUSEPOINT_API_KEY=server.test_api_key, PAUSEPOINT_BASE_URL=server.base_url
    )
    try:
        polled = process.call("poll_pause_request", {"pause_id": pause["pause_id"]})
        [listed] = process.call("list_pause_requests", {})["items"]
        audited = process.call("get_audit_log", {"pause_id": pause["pause_id"]})["items"]
    finally:
        assert process.close() == 0

    assert "has been erased since" in polled["next_step"]
    for seen in (polled, listed):
        assert seen["status"] == "responded"
        assert not {"message", "options", "recipient", "response_choice"} & seen.keys()
    assert audited[0]["event_type"] == "pause.erased"


@pytest.mark.parametrize("streams", [False, True])
def test_restart_in_the_middle(server: Server, http: httpx2.Client, streams: bool) -> None:
    pause = ask(server)
    waiting = Poll(server, pause, streams=streams)
    server.restart()
    assert waiting.answer()["status"] == "pending"
    answer(server, pause)
    again = http.post("/mcp", json=poll(pause)).json()
    assert again["result"]["structuredContent"]["response_choice"] == "Approve"


@pytest.mark.parametrize("streams", [False, True])
def test_client_that_goes_is_forgotten(server: Server, streams: bool) -> None:
    asked = poll(ask(server), progressToken=1) if streams else poll(ask(server))
    body = json.dumps(asked).encode()
    ended = server.log().count(POST_MCP)
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(
            b"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            b"Accept: application/json, text/event-stream\r\n"
            b"Authorization: Bearer " + server.test_api_key.encode() + b"\r\n"
            b"Content-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body
        )
        if streams:
            assert connection.recv(12) == b"HTTP/1.1 200"
        else:
            eventually(lambda: server.connections() == 1)
    eventually(lambda: server.log().count(POST_MCP) > ended)


def test_waits_hold_no_threads(server: Server) -> None:
    pause = ask(server)
    before = threads_of(server)
    waiting = [Poll(server, pause, streams=bool(number % 2)) for number in range(20)]
    assert threads_of(server) <= before + 2
    answer(server, pause)
    assert {poll.answer()["response_choice"] for poll in waiting} == {"Approve"}


def threads_of(server: Server) -> int:
    status = Path(f"/proc/{server.pid}/status").read_text("ascii")
    return int(status.split("Threads:")[1].split()[0])


def test_nothing_of_a_call_is_logged(server: Server, http: httpx2.Client) -> None:
    http.post("/mcp", json=tool("create_pause_request", {**QUESTION, "message": "Very secret?"}))
    http.post("/mcp", json=message("tools/call", {"name": "Very secret?"}))
    log = eventually(lambda: log if (log := server.log()).count(POST_MCP) == 2 else "")
    assert "Very secret" not in log
    assert server.test_api_key not in log


def on_stdio(server: Server, **settings: str) -> StdioProcess:
    """The MCP server as a host runs it, beside the real API."""
    return StdioProcess(
        PAUSEPOINT_API_KEY=server.test_api_key, PAUSEPOINT_BASE_URL=server.base_url, **settings
    )


def test_restart_in_the_middle_over_stdio(server: Server) -> None:
    pause = ask(server)
    stdio = on_stdio(server)
    look = {"pause_id": pause["pause_id"]}
    before = server.peers()
    stdio.send_call("poll_pause_request", look)
    eventually(lambda: server.peers() - before)
    server.restart()
    content = stdio.receive()["result"]["structuredContent"]
    assert content["status"] == "pending"
    answer(server, pause)
    assert stdio.call("poll_pause_request", look)["response_choice"] == "Approve"
    assert stdio.close() == 0


def test_kill_in_the_middle_over_stdio(server: Server) -> None:
    pause = ask(server)
    stdio = on_stdio(server)
    look = {"pause_id": pause["pause_id"]}
    before = server.peers()
    stdio.send_call("poll_pause_request", look)
    eventually(lambda: server.peers() - before)
    server.kill()
    sentence = stdio.receive()["result"]["content"][0]["text"]
    assert sentence.startswith(f"Cannot reach PausePoint at {server.base_url} (")
    server.start()
    answer(server, pause)
    assert stdio.call("poll_pause_request", look)["response_choice"] == "Approve"
    assert stdio.close() == 0


@pytest.mark.parametrize(
    ("given", "decision"),
    [
        ({"choice": "Allow"}, {"behavior": "allow"}),
        (
            {"choice": "Deny", "text": "Not on a Friday."},
            {
                "behavior": "deny",
                "message": 'A person denied this with the note: "Not on a Friday."',
            },
        ),
    ],
)
def test_person_sees_the_whole_input_and_decides(
    server: Server, given: Json, decision: Json
) -> None:
    content = "\n".join(f"line {number} <b>of</b> many" for number in range(300))
    stdio = on_stdio(
        server,
        PAUSEPOINT_PERMISSION_RECIPIENT="+15550100",
        PAUSEPOINT_PERMISSION_CHANNEL="sms",
    )
    written = {"file_path": "/srv/app/deploy.sh", "content": content}
    stdio.send_call("permission_prompt", {"tool_name": "Write", "input": written})
    with Api(server.base_url, None) as person:
        (token,) = set(eventually(lambda: _LINK.findall(person.http.get("/dev/inbox").text)))
        page = person.http.get(f"/respond/{token}").text
        assert "May the agent use Write?" in page
        assert "/srv/app/deploy.sh" in page
        assert html.escape(content) in page
        assert person.http.post(f"/v1/respond/{token}", json=given).status_code == 200
    (block,) = stdio.receive()["result"]["content"]
    # Claude Code up to 2.1.173 runs nothing without it.
    echoed = {"updatedInput": written} if decision["behavior"] == "allow" else {}
    assert json.loads(block["text"]) == decision | echoed
    assert stdio.close() == 0
