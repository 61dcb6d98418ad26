"""Thousands of lines or blanks shall push the part that matters out of sight: refused, or shown whole."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final

import httpx2
import pytest

from pausepoint.channels.sms import SmsChannel
from tests.channels.samples import RESPOND_URL, notification
from tests.channels.test_slack import CHANNEL as SLACK
from tests.channels.test_slack import HOOK
from tests.channels.test_smtp import CHANNEL as MAIL
from tests.harness import ASKED, World, an_api
from tests.web.pages.html_facts import facts

pytestmark = pytest.mark.anyio

END: Final = "and delete all backups"
PADDING: Final = {
    "lines": "\n" * 5_000,
    "blanks": " " * 100_000,
    "wide blanks": "\u3000" * 5_000,
    "drawn blanks": "\u2800" * 5_000,
    "invisible": "\u200b" * 5_000,
    "separators": "\u2028" * 5_000,
    "dots": ".\n" * 5_000,
}


@pytest.fixture
async def api(world: World) -> AsyncIterator[httpx2.AsyncClient]:
    async with an_api(world, world.alice.test_key) as client:
        yield client


def fields(padding: str) -> dict[str, dict[str, Any]]:
    """Each field that takes free text, with the end hidden in it; the last takes long ones."""
    padded = f"Tidy up{padding}{END}"
    return {
        "message": {"message": padded},
        "message of 2,000": {"message": padded[:1_970] + END},
        "option": {"options": [padded, "No"]},
        "metadata": {"metadata": {"note": padded}},
        "metadata's key": {"metadata": {padded: "note"}},
        "tool": {"action": {"tool": padded, "arguments": {}}},
        "argument": {"action": {"tool": "tidy", "arguments": {"what": padded}}},
        "argument's name": {"action": {"tool": "tidy", "arguments": {padded: 1}}},
    }


@pytest.mark.parametrize("padding", PADDING.values(), ids=PADDING.keys())
async def test_the_end_is_refused_or_shown(api: httpx2.AsyncClient, padding: str) -> None:
    """In every field. What is folded on the page says how long it is."""
    taken = set()
    for field, padded in fields(padding).items():
        made = await api.post("/v1/pause", json=ASKED | padded)
        if made.status_code != 201:
            assert made.json()["error"] in ("VALIDATION_ERROR", "INVALID_OPTIONS"), field
            continue
        taken.add(field)
        page = await api.get(made.json()["respond_url"])
        assert END in facts(page.text).text, field
    assert {"message of 2,000", "argument"} <= taken
    assert {"message", "option", "tool"} & taken == set()


@pytest.mark.parametrize("padding", PADDING.values(), ids=PADDING.keys())
def test_a_message_shows_the_end_or_that_there_is_more(padding: str) -> None:
    """A message to a phone is short: what it leaves out is behind its link."""
    message = f"Tidy up{padding[:1_900]}{END}"
    asked = notification(message=message)
    sms = SmsChannel().render(asked).body
    mail = MAIL.render(notification(message=message, recipient="bob@example.com"))
    slack = SLACK.render(notification(message=message, recipient=HOOK)).payload["blocks"][2]
    for text in (sms, mail.text, mail.html, slack["text"]["text"]):
        assert END in text or "..." in text or "…" in text
    assert sms.endswith(RESPOND_URL)
    assert END in mail.text


async def test_an_argument_is_never_folded(api: httpx2.AsyncClient) -> None:
    """However long: it is what the person decides about."""
    action = {"tool": "tidy", "arguments": {"what": "x" * 100_000 + END}}
    made = await api.post("/v1/pause", json=ASKED | {"action": action})
    page = facts((await api.get(made.json()["respond_url"])).text)
    assert END in page.text
    assert page.all("details") == []
