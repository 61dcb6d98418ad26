"""An agent with a live key tries everything that a key can do, to learn the link that answers it.

All that comes back is kept: answers with their headers, webhooks, callbacks, the feed, tool results,
metrics, the log. In none of it may there be a response token, or a part of one.
"""

from __future__ import annotations

import itertools
import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from typing import Any, Final

import httpx2
import pytest

from pausepoint.domain.time import from_rfc3339
from pausepoint.mcp.tools import tool_table
from pausepoint.security.response_tokens import ResponseToken, issue
from pausepoint.web.endpoints import ENDPOINTS
from tests.e2e.api import QUESTION, Api, Json, eventually
from tests.e2e.follower import Follower
from tests.e2e.links import in_text
from tests.e2e.receiver import Receiver
from tests.e2e.server import SECRET, Server, free_port
from tests.e2e.vendors import ADDRESS, PHONE, Vendors, sms_settings
from tests.security.quoting import TAKEN, QuotingMailServer, QuotingSlack, QuotingTwilio

pytestmark = pytest.mark.e2e

PART: Final = 12
"""Characters. So much of a token is still a secret of 72 bits."""

WORDS: Final = (
    "Wire 8400 to Meridian {respond_url} {{ respond_url }} ${respond_url} %(respond_url)s?"
)
WEBHOOK_SECRET: Final = "a secret of the walk"
RULES: Final = "hooks: [{recipient: '+15550100', channel: sms, rules: [{tools: [Bash]}]}]"
EVENTS: Final = sorted({"pause.responded", "pause.timed_out", "pause.cancelled"})
JSON: Final = {"Content-Type": "application/json"}
UNDELIVERABLE: Final = "+15005550001"

PAGES: Final = {
    ("POST", "/mcp"),
    ("POST", "/v1/hooks/claude-code"),
    ("GET", "/respond/{token}"),
    ("POST", "/respond/{token}"),
    ("GET", "/static/{name}"),
    ("GET", "/openapi.json"),
    ("GET", "/docs"),
    ("GET", "/"),
}
"""What there is beside the table of endpoints."""


class Walk:
    """One agent, and all that it heard; `pauses` are those that it caused, by id."""

    def __init__(self, server: Server) -> None:
        self.heard: list[tuple[str, str]] = []
        self.walked: set[tuple[str, str]] = set()
        self.pauses: dict[str, Json] = {}
        self.person = Api(server.base_url, None)
        self._server = server
        self._ids = itertools.count(1)
        headers = {"Authorization": f"Bearer {server.api_key}"}
        self._http = httpx2.Client(
            base_url=server.base_url, headers=headers, timeout=60, trust_env=False
        )

    def close(self) -> None:
        self._http.close()
        self.person.http.close()

    def keep(self, what: str, text: str) -> None:
        self.heard.append((what, text))

    def call(
        self, method: str, pattern: str, values: dict[str, str] | None = None, **given: Any
    ) -> httpx2.Response:
        """`pattern` is the route's, filled with `values`."""
        response = self._http.request(method, pattern.format(**(values or {})), **given)
        self.walked.add((method, pattern))
        headers = "\n".join(f"{name}: {value}" for name, value in response.headers.items())
        self.keep(f"{method} {pattern} {response.status_code}", f"{headers}\n\n{response.text}")
        return response

    def ask(self, **fields: Any) -> str:
        body = QUESTION | {"message": WORDS, "metadata": {"to": WORDS}} | fields
        pause = self.call("POST", "/v1/pause", json=body).json()
        assert pause["respond_url"] is None
        self.pauses[pause["pause_id"]] = pause
        pause_id: str = pause["pause_id"]
        return pause_id

    def look(self, pause_id: str, wait: int = 0) -> Json:
        found: Json = self.call(
            "GET", "/v1/pause/{pause_id}", {"pause_id": pause_id}, params={"wait": wait}
        ).json()
        self.pauses[pause_id] = found
        return found

    def tool(self, name: str, arguments: Json) -> Json:
        asked = {"jsonrpc": "2.0", "id": next(self._ids), "method": "tools/call"}
        params = {"name": name, "arguments": arguments}
        answered = self.call("POST", "/mcp", json=asked | {"params": params}).json()
        result: Json = answered["result"]["structuredContent"]
        return result

    def wait_until_sent(self, pause_id: str) -> None:
        """A question that ends before that is sent to nobody."""
        eventually(lambda: self.look(pause_id)["delivery"]["state"] != "queued")

    def answer(self, pause_id: str, choice: str) -> None:
        """The person's part, which the agent does not hear."""
        told = self.person.respond(token_of(self.pauses[pause_id]), choice)
        assert told.status_code == 200, told.text


def token_of(pause: Json) -> str:
    """What only the server and the person know."""
    return issue(ResponseToken(pause["pause_id"], from_rfc3339(pause["expires_at"])), SECRET)


def parts_of(token: str) -> set[str]:
    """Every stretch of it, as it is written in a link and as bytes are otherwise written."""
    secret = urlsafe_b64decode(token + "==")[24:]
    spellings = [token, token.replace("-", "+").replace("_", "/"), secret.hex(), token[::-1]]
    return {
        spelled[start : start + PART]
        for spelled in spellings
        for start in range(len(spelled) - PART + 1)
    }


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with Receiver() as ready:
        yield ready


@pytest.fixture(scope="module")
def walk(
    vendors: Vendors, receiver: Receiver, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Walk]:
    """Everything once, with real deliveries and persons who answer; then it is looked through."""
    metrics = f"127.0.0.1:{free_port()}"
    settings = vendors.settings | {"PAUSEPOINT_METRICS_ADDRESS": metrics, "PAUSEPOINT_HOOKS": RULES}
    directory = tmp_path_factory.mktemp("walk")
    with Server(directory, "serve", **settings) as server, ExitStack() as stack:
        agent = Walk(server)
        stack.callback(agent.close)
        with Follower(server.base_url, server.api_key) as follower:
            follower.wait_until_heard()
            hooks = add_webhook(agent, receiver)
            questions(agent, receiver, vendors)
            tools(agent)
            hook(agent)
            endings(agent, receiver)
            told_again(agent, hooks, receiver)
            mistakes(agent)
            everything_else(agent, server)
            agent.keep("GET /v1/events", json.dumps(follower.wait_for(len)))
        feed(agent)
        for one in receiver.received:
            agent.keep("webhook", f"{one.headers}\n{one.body.decode()}")
        agent.keep("metrics", httpx2.get(f"http://{metrics}/metrics", trust_env=False).text)
        raw_http(agent, server)
        agent.keep("log", server.log(1_000_000))
        yield agent


def add_webhook(agent: Walk, receiver: Receiver) -> str:
    body = {"url": receiver.url, "secret": WEBHOOK_SECRET, "events": EVENTS}
    made = agent.call("POST", "/v1/webhooks", json=body)
    agent.call("GET", "/v1/webhooks")
    webhook_id: str = made.json()["webhook_id"]
    return webhook_id


def questions(agent: Walk, receiver: Receiver, vendors: Vendors) -> None:
    for channel in ("sms", "email", "slack"):
        agent.ask(channel=channel, recipient=vendors.recipient(channel), allow_text_response=True)
    agent.ask(
        callback_url=receiver.url,
        callback_secret=WEBHOOK_SECRET,
        remind_after_hours=1,
        fallback=[{"channel": "email", "recipient": ADDRESS}],
        action={"tool": "wire", "arguments": {"to": WORDS}},
    )
    bounced = agent.ask(recipient=UNDELIVERABLE)
    eventually(lambda: agent.look(bounced)["delivery"]["state"] == "failed")
    for _ in range(2):
        headers = {"Idempotency-Key": "once"}
        replayed = agent.call("POST", "/v1/pause", json=QUESTION, headers=headers).json()
    agent.pauses[replayed["pause_id"]] = replayed
    agent.call("POST", "/v1/pause", json=QUESTION | {"message": "?"}, headers=headers)


def tools(agent: Walk) -> None:
    for method in ("initialize", "tools/list", "ping", "server/discover"):
        params = {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "walk", "version": "1"},
        }
        asked = {"jsonrpc": "2.0", "id": 0, "method": method, "params": params}
        agent.call("POST", "/mcp", json=asked)
    pause = agent.tool("create_pause_request", QUESTION | {"message": WORDS})
    pause_id = pause["pause_id"]
    agent.wait_until_sent(pause_id)
    arguments = {
        "poll_pause_request": {"pause_id": pause_id, "wait_seconds": 0},
        "list_pause_requests": {},
        "get_audit_log": {"pause_id": pause_id},
        "cancel_pause_request": {"pause_id": pause_id},
    }
    assert {"create_pause_request", *arguments} == {one["name"] for one in tool_table(45)}
    for name, given in arguments.items():
        agent.tool(name, given)


def hook(agent: Walk) -> None:
    call = {
        "hook_event_name": "PreToolUse",
        "session_id": "8a5f",
        "cwd": "/home/me",
        "tool_name": "Bash",
        "tool_input": {"command": WORDS},
        "tool_use_id": "toolu_1",
    }
    before = set(agent.pauses)
    with ThreadPoolExecutor(1) as thread:
        held = thread.submit(agent.call, "POST", "/v1/hooks/claude-code", json=call)
        newest = eventually(
            lambda: [
                one
                for one in agent.call("GET", "/v1/pause").json()["items"]
                if one["pause_id"] not in before and one["options"] == ["Allow", "Deny"]
            ]
        )[0]
        agent.wait_until_sent(newest["pause_id"])
        agent.answer(newest["pause_id"], "Allow")
        assert "allowed" in held.result().text
    agent.call("POST", "/v1/hooks/claude-code", content=b"{", headers=JSON)


def endings(agent: Walk, receiver: Receiver) -> None:
    pending = [
        pause_id
        for pause_id, pause in agent.pauses.items()
        if agent.look(pause_id)["status"] == "pending" and pause["recipient"] != UNDELIVERABLE
    ]
    for pause_id in pending:
        agent.wait_until_sent(pause_id)
    cancelled, *answered = pending
    agent.call("DELETE", "/v1/pause/{pause_id}", {"pause_id": cancelled})
    for pause_id in answered:
        agent.answer(pause_id, "Approve")
        assert agent.look(pause_id, wait=10)["resolved_by"] == "human"
    short = agent.ask(timeout_hours=1 / 3_600_000, timeout_default="Approve")
    assert agent.look(short, wait=10)["resolved_by"] == "timeout"
    receiver.wait_for(lambda received: len({one.event_id for one in received}) > len(answered))
    for pause_id in [*agent.pauses]:
        agent.look(pause_id)


def told_again(agent: Walk, webhook_id: str, receiver: Receiver) -> None:
    at = {"webhook_id": webhook_id}
    made = agent.call("GET", "/v1/webhooks/{webhook_id}/deliveries", at).json()["items"]
    again = "/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver"
    agent.call("POST", again, at | {"delivery_id": made[0]["delivery_id"]})
    for pause_id in agent.pauses:
        found = agent.call("GET", "/v1/pause/{pause_id}/callbacks", {"pause_id": pause_id})
        for delivery in found.json()["items"]:
            agent.call(
                "POST",
                "/v1/pause/{pause_id}/callbacks/{delivery_id}/redeliver",
                {"pause_id": pause_id, "delivery_id": delivery["delivery_id"]},
            )
            agent.call(
                "POST",
                "/v1/callbacks/twilio/{delivery_id}",
                {"delivery_id": delivery["delivery_id"]},
                headers={"X-Twilio-Signature": "forged"},
            )
    agent.call("DELETE", "/v1/webhooks/{webhook_id}", at)


def mistakes(agent: Walk) -> None:
    """What it may guess from all that it was told, and every way to ask wrongly."""
    pause = next(iter(agent.pauses.values()))
    guesses = [
        pause["pause_id"],
        issue(ResponseToken(pause["pause_id"], from_rfc3339(pause["expires_at"])), "a guess"),
        token_of(pause)[:32] + "A" * 22,
    ]
    for guess in guesses:
        for method in ("GET", "POST"):
            assert agent.call(method, "/v1/respond/{token}", {"token": guess}, json={}).is_error
            assert agent.call(method, "/respond/{token}", {"token": guess}).is_error
    assert agent.call("GET", "/dev/inbox").status_code == 404
    for body in (b"", b"{", b"[]", b'{"recipient": 1}', b"\xff", b"null"):
        agent.call("POST", "/v1/pause", content=body, headers=JSON)
    for channel in ("sms", "email", "slack", "fax"):
        agent.call("POST", "/v1/pause", json=QUESTION | {"channel": channel, "recipient": WORDS})
    agent.call("PUT", "/v1/pause")
    agent.call("GET", "/v1/pause", params={"limit": "x"})
    agent.call("POST", "/v1/auth/register", json={})


def everything_else(agent: Walk, server: Server) -> None:
    for path in ("/", "/docs", "/openapi.json", "/health", "/health/live", "/health/ready"):
        agent.call("GET", path)
    agent.call("GET", "/static/{name}", {"name": "none.js"})
    for event in (None, *EVENTS):
        agent.call(
            "GET", "/v1/audit", params={"limit": 100, **({"event_type": event} if event else {})}
        )
    agent.call("GET", "/v1/pause", params={"limit": 100})
    made = agent.call("POST", "/v1/keys", json={"name": "one more", "scopes": ["keys:write"]})
    agent.call("GET", "/v1/keys")
    agent.call("DELETE", "/v1/keys/{key_id}", {"key_id": made.json()["key_id"]})
    agent.call("GET", "/v1/auth/me")
    added = agent.call("POST", "/v1/recipients", json={"recipient": ADDRESS, "channel": "email"})
    one = {"recipient_id": added.json()["recipient_id"]}
    agent.call("GET", "/v1/recipients")
    agent.call("GET", "/v1/recipients/{recipient_id}", one)
    agent.call("POST", "/v1/recipients/{recipient_id}/verification", one)
    agent.call("DELETE", "/v1/recipients/{recipient_id}", one)
    ended = agent.ask(timeout_hours=1)
    agent.call("DELETE", "/v1/pause/{pause_id}", {"pause_id": ended})
    agent.call("DELETE", "/v1/pause/{pause_id}/content", {"pause_id": ended})


def feed(agent: Walk) -> None:
    """The feed refuses what it does not know; its events were followed all along."""
    headers = {"Last-Event-ID": "none"}
    assert agent.call("GET", "/v1/events", headers=headers).status_code == 422
    agent.call("POST", "/v1/auth/keys/rotate")


def raw_http(agent: Walk, server: Server) -> None:
    with httpx2.Client(trust_env=False) as anybody:
        for path in ("/%00", "/respond/%00", "/" + "a" * 9000):
            agent.keep(path[:20], anybody.get(server.base_url + path).text)


# ── What is found in it ──


def test_everything_was_tried(walk: Walk) -> None:
    """An endpoint that is added later joins the walk."""
    there = {(endpoint.method, endpoint.path) for endpoint in ENDPOINTS} | PAGES
    assert there - walk.walked == set()
    assert {what for what, _ in walk.heard} >= {"webhook", "metrics", "log", "GET /v1/events"}


def test_the_tokens_are_those_that_people_were_sent(walk: Walk, vendors: Vendors) -> None:
    """Else the search below would look for nothing."""

    def tokens() -> set[str]:
        return {
            url.rpartition("/")[2]
            for message in vendors.twilio.messages
            for url in in_text(message.fields["Body"])
        }

    sent = eventually(tokens, until=lambda found: len(found) >= 5)
    assert sent <= {token_of(pause) for pause in walk.pauses.values()}


def test_no_answer_holds_a_token_or_a_part_of_one(walk: Walk) -> None:
    parts = set().union(*(parts_of(token_of(pause)) for pause in walk.pauses.values()))
    assert len(walk.pauses) >= 8
    found = [
        (what, part)
        for what, text in walk.heard
        for part in parts & {text[at : at + PART] for at in range(len(text) - PART + 1)}
    ]
    # A guess that begins as the token does was the agent's own: the page may not even repeat it.
    assert found == []


def test_log_and_metrics_hold_no_key_secret_address_or_message(walk: Walk) -> None:
    """And tell of every request by its route's pattern."""
    keys = re.compile(r"pp_(live|test)_[0-9a-f]{48}")
    secrets = [
        WEBHOOK_SECRET,
        SECRET,
        "+15550100",
        ADDRESS,
        "Meridian",
        "/services/T000",
        "agents@",
    ]
    for what, text in walk.heard:
        if what in ("log", "metrics"):
            assert keys.search(text) is None
            assert [secret for secret in secrets if secret in text] == []
            assert "/v1/respond/{token}" in text


@pytest.fixture(scope="module")
def quoted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Walk, list[str]]]:
    """A walk among vendors that quote, and the tokens that they quoted."""
    with QuotingTwilio() as twilio, QuotingSlack() as slack, QuotingMailServer() as mail:
        settings = {
            **sms_settings(twilio),
            "PAUSEPOINT_SLACK_HOSTS": slack.host,
            "PAUSEPOINT_OUTBOUND_ALLOW": "127.0.0.0/8",
            "PAUSEPOINT_SMTP_URL": mail.url,
            "PAUSEPOINT_EMAIL_FROM": "asks@pp.example.com",
        }
        with Server(tmp_path_factory.mktemp("quoting"), **settings) as server, ExitStack() as stack:
            agent = Walk(server)
            stack.callback(agent.close)
            agent.ask(channel="sms", recipient=PHONE)
            agent.ask(channel="sms", recipient=TAKEN)
            agent.ask(channel="slack", recipient=slack.webhook_url)
            agent.ask(channel="email", recipient=ADDRESS)
            for pause_id in list(agent.pauses):
                has_news = partial(lambda one: agent.look(one)["delivery"]["attempts"], pause_id)
                eventually(has_news)
                agent.call("GET", "/v1/audit", params={"pause_id": pause_id})
            agent.keep("log", server.log(1_000_000))
            yield agent, [token for vendor in (twilio, slack, mail) for token in vendor.quoted]


def test_a_vendor_that_quotes_the_message_tells_the_agent_nothing(
    quoted: tuple[Walk, list[str]],
) -> None:
    """Relays and gateways put what they refuse into their errors: only a code may get through."""
    agent, tokens = quoted
    assert {token_of(pause) for pause in agent.pauses.values()} <= set(tokens)
    parts = set().union(*map(parts_of, tokens))
    assert [what for what, text in agent.heard if any(part in text for part in parts)] == []
