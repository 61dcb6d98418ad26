"""The whole story, with nothing faked but the vendor: an agent asks, a person answers, it goes on."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from hmac import new as hmac
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from standardwebhooks import Webhook

from doubles.twilio import MAGIC_NUMBERS
from tests.e2e.api import Api, eventually
from tests.e2e.receiver import Received, Receiver
from tests.e2e.server import Server
from tests.e2e.vendors import CHANNELS, Vendors

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
MCP_SERVER = ROOT / "mcp_server" / "server.py"
AGENT = Path(__file__).parent / "clients" / "ask_and_wait.py"
SECRET = "a secret that nobody guesses"
AGENT_WITHIN = 300
"""Its environment may have to be downloaded first."""


class Agent:
    """The official SDK's client, which starts the MCP server and uses its tools."""

    def __init__(self, server: Server, question: dict[str, Any]) -> None:
        settings = {"PAUSEPOINT_API_KEY": server.api_key, "PAUSEPOINT_BASE_URL": server.base_url}
        uv = shutil.which("uv") or str(ROOT / ".tools" / "uv" / "bin" / "uv")
        command = [uv, "run", "--quiet", "--locked", "--script", str(AGENT)]
        arguments = [sys.executable, str(MCP_SERVER), json.dumps(settings), json.dumps(question)]
        self.process = subprocess.Popen(
            [*command, *arguments], stdout=subprocess.PIPE, text=True, start_new_session=True
        )

    def asked(self) -> dict[str, Any]:
        """What the create tool returned, as soon as it has."""
        assert self.process.stdout is not None
        is_there, _, _ = select.select([self.process.stdout], [], [], AGENT_WITHIN)
        line = self.process.stdout.readline() if is_there else ""
        assert line, "the agent could not ask"
        asked: dict[str, Any] = json.loads(line)
        return asked

    def polled(self) -> dict[str, Any]:
        """What the poll tool returned in the end."""
        output, _ = self.process.communicate(timeout=AGENT_WITHIN)
        assert self.process.returncode == 0
        polled: dict[str, Any] = json.loads(output)
        return polled

    def end(self) -> None:
        # uv's own child has the pipe too.
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as ready:
        yield ready


@pytest.fixture
def api(production_server: Server, receiver: Receiver) -> Iterator[Api]:
    """The developer's own client, with a webhook for the time of the test."""
    with Api(production_server.base_url, production_server.api_key) as client:
        webhook_id = client.add_webhook(
            receiver.url, SECRET, ["pause.responded", "pause.undeliverable"]
        )
        yield client
        assert client.http.delete(f"/v1/webhooks/{webhook_id}").status_code == 204


@pytest.mark.parametrize("channel", CHANNELS)
def test_an_agent_asks_a_person_and_goes_on_with_the_answer(
    channel: str,
    production_server: Server,
    vendors: Vendors,
    api: Api,
    receiver: Receiver,
    browser: Browser,
) -> None:
    """The SDK's client, MCP server, API, vendor, browser without JavaScript, poll, webhook, audit."""
    question = {
        "recipient": vendors.recipient(channel),
        "channel": channel,
        "message": "Delete 500 records?",
        "options": ["Approve", "Reject"],
        "metadata": {"table": "customers"},
    }
    agent = Agent(production_server, question)
    try:
        asked = agent.asked()
        answer_in_browser(browser, vendors.next_links(channel))
        polled = agent.polled()
    finally:
        agent.end()
    assert (polled["pause_id"], polled["status"]) == (asked["pause_id"], "responded")
    assert (polled["response_choice"], polled["resolved_by"]) == ("Approve", "human")
    assert "/respond/" not in json.dumps([asked, polled])
    (event,) = receiver.wait_for(bool)
    check_event(event, asked["pause_id"])
    check_audit(api, asked["pause_id"], channel)


def test_an_agent_learns_at_once_that_the_person_cannot_be_reached(
    api: Api, receiver: Receiver
) -> None:
    """The vendor's own code is kept, the long poll returns, the log and the webhook tell of it."""
    number, (code, _) = next(iter(MAGIC_NUMBERS.items()))
    pause_id = api.create(recipient=number)["pause_id"]
    pause = api.pause(pause_id, wait=60)
    assert (pause["status"], pause["delivery"]["state"]) == ("pending", "failed")
    assert [attempt["code"] for attempt in pause["delivery"]["attempts"]] == [str(code)]
    (event,) = receiver.wait_for(bool)
    assert event.json["event"] == "pause.undeliverable"
    told = [entry["event_type"] for entry in api.audit(pause_id=pause_id)]
    assert told[:2] == ["pause.created", "notification.failed"]


def answer_in_browser(browser: Browser, links: dict[str, str]) -> None:
    """Opens the mail's own button where there is one, else the message's only link."""
    context = browser.new_context(java_script_enabled=False)
    try:
        page = context.new_page()
        if "Approve" in links:
            assert links["Approve"].endswith("?o=1")
            page.goto(links["Approve"])
            page.get_by_role("button", name="Confirm: Approve").click()
        else:
            (link,) = links.values()
            page.goto(link)
            page.get_by_role("button", name="Approve").click()
        expect(page.get_by_role("heading", name="Answered")).to_be_visible()
        expect(page.get_by_text("You answered Approve")).to_be_visible()
    finally:
        context.close()


def check_event(received: Received, pause_id: str) -> None:
    """Both signatures hold over the bytes that came."""
    plain = hmac(SECRET.encode(), received.body, sha256).hexdigest()
    assert received.headers["x-pausepoint-signature"] == f"sha256={plain}"
    assert received.headers["x-pausepoint-event"] == "pause.responded"
    official = Webhook("whsec_" + b64encode(SECRET.encode()).decode())
    assert official.verify(received.body, received.headers) == received.json
    event = received.json
    assert (event["event"], event["pause_id"]) == ("pause.responded", pause_id)
    assert event["data"]["choice"] == "Approve"
    assert event["data"]["metadata"] == {"table": "customers"}


def check_audit(api: Api, pause_id: str, channel: str) -> None:
    """The log tells what happened, in order, and by whom."""
    story = [
        ("pause.created", "developer"),
        ("notification.sent", "system"),
        ("pause.responded", "human"),
        ("webhook.delivered", "system"),
    ]
    # The last entry is written once the receiver's answer has come back.
    entries = eventually(lambda: (log := api.audit(pause_id=pause_id)) and len(log) >= 4 and log)
    assert [(entry["event_type"], entry["actor"]) for entry in entries] == story
    assert entries[0]["detail"]["channel"] == channel
    assert entries[2]["detail"] == {"choice": "Approve", "has_text": False}
