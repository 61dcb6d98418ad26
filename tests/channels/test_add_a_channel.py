"""The channel of docs/how-to/channels/add-a-channel.md, registered and driven through everything that knows channels."""

from __future__ import annotations

import hmac
import json
import queue
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pausepoint.channels.registry import CHANNELS
from pausepoint.channels.wording import client_module
from tests.docs.pages import ROOT, steps
from tests.doubles.server import Served
from tests.e2e.api import Api, eventually
from tests.e2e.server import Server, environment, free_port

pytestmark = pytest.mark.e2e

PAGE: Final = ROOT / "docs" / "how-to" / "channels" / "add-a-channel.md"
SECRET: Final = "only-for-tests"
NUMBER: Final = "5550100"
LAUNCHER: Final = """
import sys

sys.path[:0] = [sys.argv.pop(1), sys.argv.pop(1)]
from pager import PagerChannel
from pausepoint.channels.registry import CHANNELS, register
from pausepoint.channels.wording import client_module

register(PagerChannel)
# What `scripts/write_reference.py` would write.
import pausepoint.channel_list
import pausepoint.mcp.channels

for module in (pausepoint.channel_list, pausepoint.mcp.channels):
    imported = module.CHANNELS
    exec(client_module(CHANNELS.values()), module.__dict__)
    imported.update(module.CHANNELS)

from pausepoint.cli import main

main()
"""


class PagingService(Served):
    """Takes pages, and can say that one was shown."""

    def __init__(self) -> None:
        self.pages: queue.Queue[dict[str, Any]] = queue.Queue()
        super().__init__(Starlette(routes=[Route("/page", self._page, methods=["POST"])]))

    async def _page(self, request: Request) -> Response:
        self.pages.put(await request.json())
        return Response(status_code=202)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """The program with one channel more."""
    folder = tmp_path_factory.mktemp("pager")
    [block] = [step for step in steps(PAGE) if step.kind == "python"]
    (folder / "pager.py").write_text(block.text)
    (folder / "launch.py").write_text(LAUNCHER)
    return sys.executable, str(folder / "launch.py"), str(folder), str(ROOT)


@pytest.fixture(scope="module")
def service() -> Iterator[PagingService]:
    with PagingService() as started:
        yield started


@pytest.fixture(scope="module")
def server(
    program: tuple[str, ...], service: PagingService, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    made = Server(
        tmp_path_factory.mktemp("server"),
        "dev",
        PAUSEPOINT_PAGER_URL=f"{service.base_url}/page",
        PAUSEPOINT_PAGER_SECRET=SECRET,
        PAUSEPOINT_PLANS="team=*:sms+pager",
    )
    made.program = program
    with made:
        yield made


def run(
    program: tuple[str, ...], folder: Path, *arguments: str, **settings: str
) -> subprocess.CompletedProcess[str]:
    given = environment(folder, PAUSEPOINT_PORT=str(free_port()), **settings)
    return subprocess.run(
        [*program, *arguments],
        cwd=folder,
        env=given,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def asked(api: Api, **fields: Any) -> dict[str, Any]:
    return api.create(recipient=NUMBER, channel="pager", **fields)


def test_a_page_leaves_and_its_signed_status_is_believed(
    server: Server, service: PagingService
) -> None:
    with Api(server.base_url, server.api_key) as api:
        pause = asked(api)
        page = service.pages.get(timeout=30)
        assert (page["to"], page["text"].split()[0]) == (NUMBER, "Delete")
        body = json.dumps({"ref": page["ref"], "shown": True}).encode()
        forged = httpx2.post(f"{server.base_url}/v1/callbacks/pager", content=body)
        assert forged.json()["error"] == "INVALID_SIGNATURE"
        signature = hmac.digest(SECRET.encode(), body, "sha256").hex()
        told = httpx2.post(
            f"{server.base_url}/v1/callbacks/pager",
            content=body,
            headers={"X-Pager-Signature": signature},
        )
        assert told.status_code == 204
        eventually(lambda: api.pause(pause["pause_id"])["delivery"]["state"] == "delivered")


def test_the_test_inbox_draws_it(server: Server) -> None:
    with Api(server.base_url, server.test_api_key) as api:
        asked(api, message="Is it drawn?")
        eventually(lambda: "Is it drawn?" in httpx2.get(f"{server.base_url}/dev/inbox").text)
    assert "Pager <span" in httpx2.get(f"{server.base_url}/dev/inbox").text


def test_the_persons_page_names_it(server: Server) -> None:
    with Api(server.base_url, server.test_api_key) as api:
        link = asked(api)["respond_url"]
    assert "by pager" in httpx2.get(f"{link}/mute").text


def test_the_api_describes_it_and_names_it_in_errors(server: Server) -> None:
    document = httpx2.get(f"{server.base_url}/openapi.json")
    assert "sms, email, slack or pager." in document.text
    assert "by SMS, e-mail, Slack or pager" in document.text
    assert "e-mail address, Slack webhook URL or pager number" in document.text
    assert "/v1/callbacks/pager" in document.json()["paths"]
    with Api(server.base_url, server.test_api_key) as api:
        refused = api.http.post(
            "/v1/pause",
            json={"recipient": "1", "channel": "fax", "message": "?", "options": ["A", "B"]},
        )
    assert refused.json()["message"] == "Unknown channel. Use one of: sms, email, slack, pager."


def test_mcp_offers_it(server: Server) -> None:
    with Api(server.base_url, server.test_api_key) as api:
        listed = api.http.post(
            "/mcp",
            json={"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}},
            headers={"Accept": "application/json, text/event-stream"},
        )
    tools = {tool["name"]: tool for tool in listed.json()["result"]["tools"]}
    create = tools["create_pause_request"]
    assert create["inputSchema"]["properties"]["channel"]["enum"] == [
        *("sms", "email", "slack", "pager")
    ]
    assert "Slack or pager" in create["description"]


def test_commands_take_it_and_tell_it_from_a_recipient(
    program: tuple[str, ...], server: Server, tmp_path: Path
) -> None:
    reached = {"PAUSEPOINT_BASE_URL": server.base_url, "PAUSEPOINT_API_KEY": server.test_api_key}
    question = ("Guessed?", "Yes", "No", "--to", NUMBER, "--timeout", "1s", "--json")
    made = run(program, tmp_path, "ask", *question, **reached)
    with Api(server.base_url, server.test_api_key) as api:
        assert api.pause(json.loads(made.stdout)["pause_id"])["channel"] == "pager"
    helped = run(program, tmp_path, "recipients", "add", "--help")
    assert "[sms|email|slack|pager]" in helped.stdout


def test_doctor_and_the_settings_know_it(program: tuple[str, ...], tmp_path: Path) -> None:
    found = run(program, tmp_path, "doctor", "--dev", "--json")
    findings = {each["subject"]: each["sentence"] for each in json.loads(found.stdout)}
    assert findings["pager"] == "Not set up: set PAUSEPOINT_PAGER_URL and _SECRET to use it."
    half = run(program, tmp_path, "doctor", "--dev", PAUSEPOINT_PAGER_URL="http://127.0.0.1:1")
    assert "PAUSEPOINT_PAGER_URL and PAUSEPOINT_PAGER_SECRET go together" in half.stdout
    wrong = run(program, tmp_path, "doctor", "--dev", PAUSEPOINT_PLANS="team=*:fax")
    assert "there are sms, email, slack, pager" in wrong.stdout
    allowed = run(program, tmp_path, "doctor", "--dev", PAUSEPOINT_RECIPIENTS_ALLOWED="555*")
    assert "PAUSEPOINT_RECIPIENTS_ALLOWED" not in allowed.stdout
    refused = run(program, tmp_path, "doctor", "--dev", PAUSEPOINT_RECIPIENTS_ALLOWED="fax:1")
    assert "555*" in refused.stdout


def test_the_hooks_file_knows_it(program: tuple[str, ...], tmp_path: Path) -> None:
    rules = "hooks: [{channel: pager, recipient: '%s', rules: [{tools: [Bash]}]}]"
    right = run(program, tmp_path, "doctor", "--dev", PAUSEPOINT_HOOKS=rules % NUMBER)
    assert "PAUSEPOINT_HOOKS" not in right.stdout
    wrong = run(program, tmp_path, "doctor", "--dev", PAUSEPOINT_HOOKS=rules % "+1")
    assert "PAUSEPOINT_HOOKS line 1: A pager's number has 4 to 10 digits." in wrong.stdout
    other = run(
        program,
        tmp_path,
        "doctor",
        "--dev",
        PAUSEPOINT_HOOKS=rules.replace("pager", "fax") % NUMBER,
    )
    assert "there are sms, email, slack, pager" in other.stdout


def test_the_clients_lists_are_those_of_the_registry() -> None:
    written = client_module(CHANNELS.values())
    assert (ROOT / "mcp_server" / "channels.py").read_text() == written
    assert (ROOT / "src" / "pausepoint" / "channel_list.py").read_text() == written
