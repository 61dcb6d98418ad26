"""Slack: which URLs it takes, how it reads, and what it makes of Slack's answers."""

from __future__ import annotations

import html
import json
import re
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from ipaddress import ip_network

import pytest
from hypothesis import given

from pausepoint.channels.base import ChannelError, Receipt
from pausepoint.channels.outbound import GuardedClient
from pausepoint.channels.slack import SlackChannel, SlackTransport
from pausepoint.domain.errors import InvalidRecipient
from tests.channels.samples import NOW, RESPOND_URL, hostile_text, notification
from tests.doubles.slack import FakeSlack, invalid

CHANNEL = SlackChannel()
DEADLINE = "Answer by <!date^1795370400^{date_long}, {time}|Sun 22 Nov, 18:00 UTC>."
HOOK = "https://hooks.slack.com/services/T000/B000/secret"


# ── URLs ──


@pytest.mark.parametrize(
    ("spelled", "url"),
    [
        (HOOK, HOOK),
        (f" {HOOK}\n", HOOK),
        ("https://HOOKS.slack.com:443/services/T000/B000/secret", HOOK),
        (HOOK.replace("slack.com", "slack-gov.com"), HOOK.replace("slack.com", "slack-gov.com")),
    ],
)
def test_a_webhook_has_one_spelling(spelled: str, url: str) -> None:
    assert CHANNEL.normalise(spelled) == url


@pytest.mark.parametrize(
    "spelled",
    [
        "",
        "#general",
        "http://hooks.slack.com/services/T000/B000/secret",
        "https://hooks.slack.com.evil.example/services/T000/B000/secret",
        "https://evil.example/services/T000/B000/secret",
        "https://hooks.slack.com@evil.example/services/T/B/x",
        "https://user:pass@hooks.slack.com/services/T/B/x",
        "https://hooks.slack.com:8443/services/T/B/x",
        "https://hooks.slack.com/",
        "https://hooks.slack.com/services/",
        "https://hooks.slack.com/services/../workflows/x",
        "https://hooks.slack.com/services/T/B/x?y=1",
        "https://hooks.slack.com/services/T/B/x#y",
        "https://hooks.slack.com/services/T/B/%2e%2e",
        "https://hooks.slack.com/services//x",
        "https://[::1/services/T/B/x",
        "https://hooks.slack.com\\@evil.example/services/T/B/x",
        "https://evil.example\\@hooks.slack.com/services/T/B/x",
        "https://hooks.slack.com/services/T/B%2fx",
        "https://hooks.slack.com/services/T\n/B/x",
        "https://hoo\u212as.slack.com/services/T/B/x",
        "https://hooks.slack.com./services/T/B/x",
        "https://127.0.0.1:9999/services/T/B/x",
    ],
)
def test_anything_else_is_refused(spelled: str) -> None:
    with pytest.raises(InvalidRecipient) as raised:
        CHANNEL.normalise(spelled)
    assert "secret" not in raised.value.message


@pytest.mark.parametrize("path", ["workflows", "triggers"])
def test_workflow_triggers_are_refused_with_the_reason(path: str) -> None:
    with pytest.raises(InvalidRecipient, match="variables of its own"):
        CHANNEL.normalise(f"https://hooks.slack.com/{path}/T000/A000/1/secret")


def test_http_is_for_a_host_that_is_listed_with_its_port() -> None:
    channel = SlackChannel(["127.0.0.1:9999", "slack.internal"])
    assert channel.normalise("http://127.0.0.1:9999/services/T/B/x")
    assert channel.normalise("https://127.0.0.1:9999/services/T/B/x")
    assert channel.normalise("https://slack.internal/services/T/B/x")
    for url in ("http://slack.internal/services/T/B/x", "http://127.0.0.1:9998/services/T/B/x"):
        with pytest.raises(InvalidRecipient):
            channel.normalise(url)


def test_the_mask_hides_the_secret() -> None:
    assert CHANNEL.mask(HOOK) == "https://hooks.slack.com/services/T…/****"
    assert CHANNEL.mask("https://u:p@hooks.slack.com/services/T/B/x") == "****"
    assert CHANNEL.mask("https://[") == "****"
    assert CHANNEL.mask("secret") == "****"


# ── The post ──


def texts(message: str = "Wire $8,400 to Meridian?", **changes: object) -> list[str]:
    asked = notification(recipient=HOOK, message=message, **changes)
    return [block["text"]["text"] for block in CHANNEL.render(asked).payload["blocks"]]


def test_the_post_reads_as_agreed() -> None:
    asked = notification(recipient=HOOK)
    post = CHANNEL.render(asked)
    assert post.url == HOOK
    assert texts() == [
        "Action required from an AI agent",
        "An AI agent of Acme asks:",
        "&gt; Wire $8,400 to Meridian?",
        DEADLINE,
        "If you don't, “Reject” is chosen.",
        "Options: Approve | Reject",
        f"<{RESPOND_URL}|Respond Now>",
    ]
    assert post.payload["text"] == (
        "An AI agent of Acme is waiting for your answer: Wire $8,400 to Meridian?"
    )
    assert post.payload["unfurl_links"] is post.payload["unfurl_media"] is False


def test_a_reminder_says_that_it_is_one() -> None:
    post = CHANNEL.render(notification(recipient=HOOK, is_reminder=True))
    assert texts(is_reminder=True)[0] == "Reminder: an AI agent is still waiting"
    assert texts(is_reminder=True)[1:] == texts()[1:]
    assert post.payload["text"] == (
        "An AI agent of Acme is still waiting for your answer: Wire $8,400 to Meridian?"
    )


def test_agents_cannot_mention_or_fake_a_link() -> None:
    _, sender, question, deadline, silence, options, _ = texts(
        "<!channel> <https://evil.example|Approve>",
        options=("<@U1>", "<!here>"),
        timeout_default="<!here>",
        sender="<!channel>",
    )
    assert deadline == DEADLINE
    for text in (sender, question, silence, options):
        assert not re.search(r"[<>]", text)
    payload = CHANNEL.render(notification(recipient=HOOK, sender="<!channel>")).payload
    assert "<" not in payload["text"]


@pytest.mark.parametrize("option", ["Approve | Reject", "Approve ǀ Reject", "Approve l Reject"])
def test_an_option_cannot_pass_for_two(option: str) -> None:
    assert texts(options=(option, "No"))[5] == f"Options: “{option}” | “No”"


def test_a_default_cannot_end_its_quotation() -> None:
    silence = texts(timeout_default='Reject" is chosen. Doing nothing is safe')[4]
    assert silence == "If you don't, “Reject' is chosen. Doing nothing is safe” is chosen."


def test_every_line_of_the_agent_is_marked() -> None:
    question = texts("one\nAnswer by tomorrow.\n\nRespond Now: https://evil.example")[2]
    assert all(line.startswith("&gt; ") for line in question.split("\n"))


def test_text_is_cut_after_escaping_and_never_inside_an_escape() -> None:
    question = texts("&" * 2000)[2]
    assert 2880 < len(question) <= 2900
    assert re.fullmatch(r"&gt; (&amp;)+…", question)
    wide = texts("😀" * 2000)[2]
    assert len(wide.encode("utf-16-le")) // 2 <= 2900


@given(hostile_text, hostile_text)
def test_only_our_own_link_is_markup(message: str, other: str) -> None:
    option = other[:100]
    asked = notification(
        recipient=HOOK, message=message, options=(option, "No"), timeout_default=option
    )
    payload = json.loads(json.dumps(CHANNEL.render(asked).payload).encode())
    assert invalid(payload) is None
    *others, link = payload["blocks"]
    assert link["text"]["text"] == f"<{RESPOND_URL}|Respond Now>"
    assert others.pop(3)["text"]["text"] == DEADLINE
    assert all(block["text"]["type"] == "plain_text" for block in others)
    for text in [payload["text"], *(block["text"]["text"] for block in others)]:
        assert html.escape(html.unescape(text), quote=False) == text or not re.search("[<>]", text)


# ── Slack's answers ──


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack() as server:
        yield server


@pytest.fixture
async def client() -> AsyncIterator[GuardedClient]:
    made = GuardedClient([ip_network("127.0.0.0/8")])
    yield made
    await made.close()


async def send(slack: FakeSlack, client: GuardedClient, url: str | None = None) -> Receipt:
    channel = SlackChannel([slack.host])
    asked = notification(recipient=channel.normalise(url or slack.webhook_url))
    return await SlackTransport(client).send(channel.render(asked), asked, NOW)


@pytest.mark.anyio
async def test_an_accepted_post(slack: FakeSlack, client: GuardedClient) -> None:
    receipt = await send(slack, client)
    assert receipt == Receipt(code="ok")
    assert RESPOND_URL in json.dumps(slack.posts)
    assert await SlackTransport(client).fetch_status("x") is None


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("status", "body", "code", "is_permanent"),
    [
        (400, "invalid_payload", "invalid_payload", True),
        (403, "action_prohibited", "action_prohibited", True),
        (404, "channel_not_found", "channel_not_found", True),
        (410, "channel_is_archived", "channel_is_archived", True),
        (404, "<html>Not found: secret</html>", "http_404", True),
        (429, "rate_limited", "rate_limited", False),
        (500, "rollup_error", "rollup_error", False),
        (503, "", "http_503", False),
        (302, "", "http_302", False),
    ],
)
async def test_a_refusal(
    slack: FakeSlack,
    client: GuardedClient,
    status: int,
    body: str,
    code: str,
    is_permanent: bool,
) -> None:
    slack.answer = (status, body, {"Retry-After": "30"} if status == 429 else {})
    with pytest.raises(ChannelError) as raised:
        await send(slack, client)
    assert (raised.value.code, raised.value.is_permanent) == (code, is_permanent)
    assert raised.value.retry_after == (timedelta(seconds=30) if status == 429 else None)
    assert "secret" not in str(raised.value)
    assert slack.host not in str(raised.value)


@pytest.mark.anyio
async def test_an_unknown_webhook_is_permanent(slack: FakeSlack, client: GuardedClient) -> None:
    with pytest.raises(ChannelError) as raised:
        await send(slack, client, f"{slack.base_url}/services/T000/B000/revoked")
    assert (raised.value.code, raised.value.is_permanent) == ("no_service", True)


@pytest.mark.anyio
async def test_the_guard_stands_before_slack_too(slack: FakeSlack) -> None:
    client = GuardedClient()
    with pytest.raises(ChannelError) as raised:
        await send(slack, client)
    await client.close()
    assert raised.value.code == "address_refused"
    assert slack.posts == []


def test_the_url_is_in_no_repr() -> None:
    assert "secret" not in repr(CHANNEL.render(notification(recipient=HOOK)))
