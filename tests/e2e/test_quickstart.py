"""The quickstart with curl, as one types it into a shell: from the account to the audit log."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.api import Api, eventually, token_of
from tests.e2e.receiver import Receiver
from tests.e2e.server import Server, environment

pytestmark = pytest.mark.e2e

REGISTER = """
curl -sS -X POST $BASE/v1/auth/register \\
  -H 'Content-Type: application/json' \\
  -d '{"email": "you@example.com", "name": "Acme", "password": "correct horse"}'
"""
WEBHOOK = """
curl -sS -X POST $BASE/v1/webhooks \\
  -H "Authorization: Bearer $KEY" \\
  -H 'Content-Type: application/json' \\
  -d '{"url": "'$HOOK'", "events": ["pause.responded"], "secret": "at-least-16-characters"}'
"""
CREATE = """
curl -sS -X POST $BASE/v1/pause \\
  -H "Authorization: Bearer $KEY" \\
  -H 'Content-Type: application/json' \\
  -d '{"recipient": "+15550100", "channel": "sms", "message": "Delete 500 records?",
       "options": ["Approve", "Reject"], "timeout_hours": 1, "metadata": {"job": 7}}'
"""
QUESTION = "curl -sS $BASE/v1/respond/$TOKEN"
RESPOND = """
curl -sS -X POST $BASE/v1/respond/$TOKEN \\
  -H 'Content-Type: application/json' \\
  -d '{"choice": "Approve"}'
"""
POLL = 'curl -sS $BASE/v1/pause/$PAUSE -H "Authorization: Bearer $KEY"'
AUDIT = 'curl -sS "$BASE/v1/audit?pause_id=$PAUSE" -H "Authorization: Bearer $KEY"'


class Shell:
    """A shell in which variables stay set, as a person's does."""

    def __init__(self, server: Server) -> None:
        self.variables = {"BASE": server.base_url}
        self._server = server

    def run(self, command: str) -> dict[str, Any]:
        done = subprocess.run(
            ["sh", "-c", command],
            env=environment(self._server.directory, **self.variables),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        printed: dict[str, Any] = json.loads(done.stdout)
        return printed


@pytest.fixture
def shell(dev_server: Server) -> Shell:
    return Shell(dev_server)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as ready:
        yield ready


def test_the_quickstart_with_curl(shell: Shell, receiver: Receiver) -> None:
    """Register, create, look as the person, answer, and learn of it by webhook, poll and audit."""
    account = shell.run(REGISTER)
    assert account["api_key"].startswith("pp_live_")
    shell.variables |= {"KEY": account["test_api_key"], "HOOK": receiver.url}
    assert shell.run(WEBHOOK)["url"] == receiver.url

    pause = shell.run(CREATE)
    assert pause["status"] == "pending"
    shell.variables |= {"PAUSE": pause["pause_id"], "TOKEN": token_of(pause["respond_url"])}
    asked = shell.run(QUESTION)
    assert (asked["message"], asked["options"]) == ("Delete 500 records?", ["Approve", "Reject"])

    assert shell.run(RESPOND)["status"] == "responded"
    assert shell.run(RESPOND)["error"] == "TOKEN_USED"
    polled = shell.run(POLL)
    assert (polled["status"], polled["response_choice"]) == ("responded", "Approve")

    (event,) = receiver.wait_for(bool)
    assert event.json["data"]["metadata"] == {"job": 7}
    assert [entry["event_type"] for entry in story(shell)] == [
        "webhook.delivered",
        "pause.responded",
        "notification.sent",
        "pause.created",
    ]


def test_the_message_of_a_test_key_is_in_the_inbox(dev_server: Server) -> None:
    """Nobody outside is asked: the message appears on the inbox's page, with its link."""
    with Api(dev_server.base_url, dev_server.test_api_key) as api:
        pause = api.create(message="May I read the inbox?")
        eventually(lambda: api.pause(pause["pause_id"])["delivery"]["state"] == "sent")
        page = api.http.get("/dev/inbox").text
    assert "May I read the inbox?" in page
    assert pause["respond_url"] in page


def story(shell: Shell) -> list[dict[str, Any]]:
    """The audit log, once the webhook's own entry is in it."""

    def told() -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = shell.run(AUDIT)["items"]
        return entries if len(entries) >= 4 else []

    return eventually(told)
