"""What a newcomer does with an installed package: start it, ask, press the button; by HTTP and both ways of MCP."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.e2e.api import QUESTION, Api, eventually
from tests.e2e.server import Server, environment

Json = dict[str, Any]
Call = Callable[[str, Json], Json]
"""A tool's name and arguments to its structured result."""

_LINK = re.compile(r"/respond/[A-Za-z0-9_-]{54}")


def play(programs: Path, folder: Path) -> None:
    """`programs` is the `bin` of an environment that has `pausepoint[server]`."""
    server = Server(folder, "dev")
    server.program = (str(programs / "pausepoint"),)
    with server, Api(server.base_url, server.test_api_key) as agent:
        asked = agent.create()
        _press(agent, asked["respond_url"])
        assert agent.pause(asked["pause_id"], wait=10)["response_choice"] == "Approve"
        _ask_by_mcp(agent, _by_http(agent))
        _ask_by_mcp(agent, _by_stdio(programs, folder, server))


def _press(agent: Api, link: str) -> None:
    pressed = agent.http.post(link, data={"choice": "Approve"})
    assert pressed.status_code == 303, pressed.text


def _ask_by_mcp(agent: Api, call: Call) -> None:
    """The link is not in the tool's result: it is in the inbox, as the person sees it."""
    before = _links(agent)
    asked = call("create_pause_request", QUESTION)
    [link] = eventually(lambda: _links(agent) - before)
    _press(agent, link)
    polled = call("poll_pause_request", {"pause_id": asked["pause_id"]})
    assert polled["response_choice"] == "Approve"


def _links(agent: Api) -> set[str]:
    return set(_LINK.findall(agent.http.get("/dev/inbox").text))


def _request(name: str, arguments: Json) -> Json:
    params = {"name": name, "arguments": arguments}
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}


def _by_http(agent: Api) -> Call:
    def call(name: str, arguments: Json) -> Json:
        answer = agent.http.post("/mcp", json=_request(name, arguments))
        return _result(answer.text)

    return call


def _by_stdio(programs: Path, folder: Path, server: Server) -> Call:
    settings = environment(
        folder, PAUSEPOINT_API_KEY=server.test_api_key, PAUSEPOINT_BASE_URL=server.base_url
    )

    def call(name: str, arguments: Json) -> Json:
        with subprocess.Popen(
            [str(programs / "pausepoint"), "mcp"],
            env=settings,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(json.dumps(_request(name, arguments)) + "\n")
            process.stdin.flush()
            # At the end of its input it leaves calls behind: it stays open until the answer is here.
            return _result(process.stdout.readline())

    return call


def _result(text: str) -> Json:
    result: Json = json.loads(text)["result"]
    assert not result.get("isError"), result
    content: Json = result["structuredContent"]
    return content
