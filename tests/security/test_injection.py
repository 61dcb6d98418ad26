"""One hostile text in every field that an agent or a person can fill, looked for in every message and
on every page: it stays text, it hides nothing, and it becomes nobody's header, link or markup.
"""

from __future__ import annotations

import html
import json
import re
from collections import Counter
from collections.abc import AsyncIterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as default_policy
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from pausepoint.channels.email.mime import compose
from pausepoint.domain.errors import ValidationFailed
from pausepoint.operations.register_developer import Registered, register_developer
from pausepoint.security.display_safe import hides_something
from tests.channels.test_smtp import HEADERS, MUTABLE
from tests.doubles.slack import invalid
from tests.harness import World, a_world, an_api
from tests.web.pages.html_facts import Facts, facts

pytestmark = pytest.mark.anyio

PAYLOADS: Final = {
    "script": "<script>alert(1)</script>",
    "attribute": "\" autofocus onfocus='alert(1)' x=\"",
    "breaking out": "</textarea></title></style><svg/onload=alert(1)>",
    "image": "![x](https://evil.example/?c) <img src=https://evil.example/x onerror=alert(1)>",
    "Markdown link": "[https://bank.example](https://evil.example)",
    "Slack mrkdwn": "<!channel> <@U012345> <https://evil.example|Approve> *bold* :skull:",
    "template": "{{ 7*7 }} {% raw %} ${7*7} #{7} %(url)s {respond_url}",
    "mail header": "x\r\nBcc: victim@example.com\r\nContent-Type: text/html\r\n\r\n<b>body</b>",
    "encoded word": "=?utf-8?q?a=0d=0aBcc:_victim@example.com?=",
    "SMTP": "x\r\n.\r\nQUIT\r\n",
    "our own words": "ok\n\nAnswer here:\nhttps://evil.example/respond/x\n\n1. Approve",
    "right to left": "Pay \u202eevil\u202c \u2066x\u2069 now",
    "zero width": "Ap\u200bpr\u2060ove\ufeff \u00ad",
    "filler": "a\u3164\u115f\uffa0\u034f\ufe0f\U000e0041\U000e0100b",
    "terminal": "\x1b]0;owned\x07\x1b[2J\x9b31m\x7f",
    "separators": "one\u2028two\u2029three\x85four\x0bfive",
}
MARKS: Final = {"span", "p", "strong", "bdi", "br", "details", "summary", "div", "pre"}


class Seen(NamedTuple):
    """All that people are shown of three questions, one a channel."""

    world: World
    links: list[str]
    pages: list[Facts]
    mail: EmailMessage
    mail_html: Facts
    mail_text: str
    from_name: str
    slack: dict[str, Any]
    sms: str


async def registered(world: World, name: str) -> Registered:
    """An account of this name, if it may have it: one that hides something may not."""
    email, password = "eve@example.com", "correct horse"
    try:
        return await register_developer(world.services, email, name, password)
    except ValidationFailed:
        has_sentences = re.search(r"[!?;:.]\s+\S", name) is not None
        assert not name.isprintable() or hides_something(name) or has_sentences
        return await register_developer(world.services, email, "Eve", password)


async def shown(folder: Path, payload: str) -> AsyncIterator[Seen]:
    async with a_world(folder) as world:
        account = await registered(world, payload[:200])
        option = " ".join(payload.split())[:90]
        links: list[str] = []
        async with an_api(world, account.test_key) as api:
            for channel, recipient in RECIPIENTS.items():
                made = await api.post(
                    "/v1/pause",
                    json={
                        "channel": channel,
                        "recipient": recipient,
                        "message": payload,
                        "options": [option, "No"],
                        "timeout_default": option,
                        "allow_text_response": True,
                        "metadata": {payload: payload, "deep": {"x": [payload]}},
                        "action": {"tool": payload[:200], "arguments": {payload: [payload]}},
                    },
                )
                assert made.status_code == 201, made.text
                links.append(made.json()["respond_url"])
                assert await world.deliver_due() == 1
            sms, mail, slack = (entry.message for entry in world.running.inbox.messages())
            texts = [(await api.get(path)).text for path in ("/dev/inbox", *links)]
            texts.append((await api.get(f"{links[0]}?o=1")).text)
            update = (await api.get("/dev/inbox/messages?after=0")).json()
            texts += [update["html"], *update["states"].values()]
            answered = await api.post(links[0], data={"choice": option, "text": payload})
            assert answered.status_code == 303, answered.text
            texts += [(await api.get(path)).text for path in (links[0], "/dev/inbox")]
        raw = compose(mail, "asks@pp.example.com", world.clock.now())
        parsed = message_from_bytes(raw, policy=default_policy)
        text, page = parsed.iter_parts()
        yield Seen(
            world=world,
            links=links,
            pages=[facts(each) for each in texts],
            mail=parsed,
            mail_html=facts(page.get_content()),
            mail_text=text.get_content(),
            from_name=parsed["From"].addresses[0].display_name,
            slack=slack.payload,
            sms=sms.body,
        )


RECIPIENTS: Final = {
    "sms": "+15550100",
    "email": "bob@example.com",
    "slack": "https://hooks.slack.com/services/T0/B0/x",
}


@pytest.fixture(params=PAYLOADS.values(), ids=PAYLOADS.keys())
async def seen(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Seen]:
    async for each in shown(tmp_path, request.param):
        yield each


@pytest.fixture(scope="module")
async def usual(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Seen]:
    async for each in shown(tmp_path_factory.mktemp("usual"), "Wire it?"):
        yield each


async def test_a_hostile_text_stays_text(seen: Seen, usual: Seen) -> None:
    check_pages(seen, usual)
    check_mail(seen, usual)
    check_slack(seen)
    check_sms(seen)


def check_pages(seen: Seen, usual: Seen) -> None:
    """As many scripts, links, forms and the like as on the pages of an ordinary question."""
    for page, its_usual in zip(seen.pages, usual.pages, strict=True):
        assert tags(page) == tags(its_usual)
        assert [e for e in page.elements if any(n.startswith("on") for n in e.attributes)] == []
        assert [a for a in page.addresses() if not is_ours(a, seen)] == []
        assert not hides_something(page.text)


def tags(page: Facts) -> Counter[str]:
    """Without those that mark what was hidden, folded, or broken into lines, or lead past it."""
    return Counter(
        element.tag
        for element in page.elements
        if element.tag not in MARKS and element.attributes.get("class") != "jump"
    )


def is_ours(address: str, seen: Seen) -> bool:
    if address in ("#content", "#answer", "/"):
        return True
    return address.startswith(("/static/", "/respond/", "/dev/inbox", "/docs", *seen.links))


def check_mail(seen: Seen, usual: Seen) -> None:
    _, link, _ = seen.links
    assert seen.mail.defects == []
    assert sorted(name.lower() for name in seen.mail) == sorted([*HEADERS, *MUTABLE])
    assert str(seen.mail["To"]) == "bob@example.com"
    assert [one.addr_spec for one in seen.mail["From"].addresses] == ["asks@pp.example.com"]
    mute = str(seen.mail["List-Unsubscribe"]).strip("<>")
    assert set(seen.mail_html.addresses()) == {link, f"{link}?o=1", f"{link}?o=2", mute}
    assert tags(seen.mail_html) == tags(usual.mail_html)
    for words in (str(seen.mail["Subject"]), seen.from_name, seen.mail_text, seen.mail_html.text):
        assert not hides_something(words)
    # Ours is the one line that is a link and is not marked as the agent's.
    lines = seen.mail_text.splitlines()
    assert [line for line in lines if line.startswith("http")] == [link, mute]
    assert lines.count("Answer here:") == 1


def check_slack(seen: Seen) -> None:
    assert invalid(json.loads(json.dumps(seen.slack))) is None
    *others, last = seen.slack["blocks"]
    assert last["text"]["text"] == f"<{seen.links[2]}|Respond Now>"
    deadline = others.pop(3)["text"]["text"]
    assert re.fullmatch(r"Answer by <!date\^\d+\^\{date_long\}, \{time\}\|[\w :,]+>\.", deadline)
    for text in [seen.slack["text"], *(block["text"]["text"] for block in others)]:
        assert not re.search("[<>]", text)
        assert not hides_something(html.unescape(text))
    assert all(block["text"]["type"] == "plain_text" for block in others)


def check_sms(seen: Seen) -> None:
    """Ours is the last line, whatever stands above it."""
    assert seen.sms.startswith("[PausePoint] ")
    assert seen.sms.endswith(f"\n\nRespond here: {seen.links[0]}")
    assert seen.sms.count(seen.links[0]) == 1
    assert not hides_something(seen.sms)
