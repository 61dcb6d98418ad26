"""The dev inbox: what it shows of each channel, the states, and what its script fetches."""

from __future__ import annotations

import pytest

from pausepoint.channels.base import AnyChannel, Notification
from pausepoint.channels.dev_inbox import InboxMessage
from pausepoint.channels.email import EmailChannel
from pausepoint.channels.slack import SlackChannel
from pausepoint.channels.slack.preview import slack_html
from pausepoint.channels.sms import SmsChannel
from pausepoint.domain.mode import Mode
from pausepoint.web.pages.dev_inbox import (
    inbox_update,
    mail_preview,
    render_inbox,
    render_messages,
)
from tests.web.pages.html_facts import facts
from tests.web.pages.samples import (
    ANSWERED,
    CANCELLED,
    LINK,
    NOW,
    TIMED_OUT,
    USUAL,
    email,
    pause_with,
    slack,
    sms,
)

CURL = (
    """curl http://127.0.0.1:8000/v1/pause -H "Authorization: Bearer pp_test_0" -d '{"a": "<b>"}'"""
)
HOSTILE = '"><script>alert(1)</script>'


def text_block(text: str) -> dict[str, object]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def test_an_empty_inbox_shows_the_command_that_fills_it() -> None:
    page = facts(render_inbox([], {}, NOW, curl=CURL))

    assert "Test inbox: nothing leaves this machine." in page.text
    assert [e.text for e in page.all("code") if e.attributes.get("id") == "curl"] == [CURL]
    assert page.all("button")[0].attributes["data-copy"] == "curl"


def test_the_newest_message_comes_first() -> None:
    page = facts(render_inbox([sms(1), email(2), sms(3)], {}, NOW, curl=CURL))

    ids = [e.attributes["id"] for e in page.all("article")]
    assert ids == ["message-3", "message-2", "message-1"]
    assert CURL not in page.text


def test_the_newest_message_is_open_and_the_others_are_rows() -> None:
    page = facts(render_inbox([sms(1), email(2)], {}, NOW, curl=CURL))

    assert ["open" in e.attributes for e in page.all("details")] == [True, False]
    assert {e.attributes["name"] for e in page.all("details")} == {"message"}


@pytest.mark.parametrize(
    ("search", "found"),
    [("", 3), ("wire", 3), ("JO@", 1), ("acme", 3), ("psr_", 3), ("sms", 2), ("<b>", 0)],
)
def test_a_search_shows_what_holds_the_text(search: str, found: int) -> None:
    messages = [sms(1), email(2), sms(3)]
    page = facts(render_inbox(messages, {}, NOW, curl=CURL, search=search))

    assert len(page.all("article")) == found
    [field] = [e for e in page.all("input") if e.attributes.get("name") == "q"]
    assert field.attributes["value"] == search
    assert ("No message has that text" in page.text) == (found == 0)


def test_a_live_keys_message_is_marked() -> None:
    messages = [sms(1), sms(2)]
    live = pause_with(pause_id=messages[0].notification.pause_id, mode=Mode.LIVE)
    test = pause_with(pause_id=messages[1].notification.pause_id, mode=Mode.TEST)
    states = {pause.pause_id: pause for pause in (live, test)}
    page = facts(render_messages(messages, states, NOW))

    assert ["Live key" in e.text for e in page.all("summary")] == [False, True]


def test_an_sms_shows_its_segments_its_encoding_and_its_one_link() -> None:
    body = f"[PausePoint] see https://example.com\n\nRespond here: {LINK}"
    page = facts(render_messages([sms(1, body)], {}, NOW))

    bubble = next(e for e in page.all("p") if e.attributes.get("class") == "bubble")
    assert bubble.text == body
    assert f"1 segment · GSM-7 · {len(body)} characters" in page.text
    assert [a.attributes["href"] for a in page.all("a")] == [LINK, LINK]
    assert [a.text for a in page.all("a")] == ["Open as the person", LINK]


def test_a_mail_is_framed_never_inlined() -> None:
    page = facts(render_messages([email(7, "<p id='mine'>Hello</p>")], {}, NOW))

    frame = page.all("iframe")[0].attributes
    assert frame["src"] == "/dev/inbox/mail/7"
    assert frame["sandbox"] == "allow-popups allow-popups-to-escape-sandbox"
    assert "mine" not in [e.attributes.get("id") for e in page.elements]
    assert [label.text for label in page.all("label")] == ["HTML", "Text", "Headers"]
    assert "Auto-Submitted: auto-generated" in page.text
    assert "Subject Action required: Wire $8,400?" in page.text


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        (
            "<html><head lang=en><title>a</title>",
            '<html><head lang=en><base target="_blank"><title>a</title>',
        ),
        ("<p>no head</p>", '<base target="_blank"><p>no head</p>'),
        ("<header>x</header>", '<base target="_blank"><header>x</header>'),
    ],
)
def test_links_of_a_mail_open_in_a_tab_of_their_own(html: str, shown: str) -> None:
    assert mail_preview(html) == shown


@pytest.mark.parametrize(
    ("pause", "words"),
    [
        (USUAL, "Pending until 18:00 UTC today"),
        (ANSWERED, "Answered Approve"),
        (
            pause_with(ANSWERED, content={"response_text": "only the <b>old</b> ones"}),
            "Answered Approve with the note only the <b>old</b> ones",
        ),
        (TIMED_OUT, "Timed out Reject by default"),
        (pause_with(TIMED_OUT, default_index=None), "Timed out"),
        (pause_with(expires_at=NOW), "Timed out Reject by default"),
        (CANCELLED, "Cancelled"),
        (None, "Unknown"),
    ],
)
def test_states(pause: object, words: str) -> None:
    message = sms(1)
    states = {message.notification.pause_id: pause} if pause else {}
    page = facts(render_messages([message], states, NOW))  # type: ignore[arg-type]

    line = next(e for e in page.all("p") if "data-pause" in e.attributes)
    assert " ".join(line.text.split()) == words
    assert line.attributes["data-pause"] == message.notification.pause_id


def test_an_update_holds_the_newer_messages_and_every_state() -> None:
    messages = [sms(1), sms(2), sms(3)]
    states = {message.notification.pause_id: USUAL for message in messages}
    update = inbox_update(messages, states, NOW, after=2)

    assert update["last"] == 3
    assert [e.attributes["id"] for e in facts(update["html"]).all("article")] == ["message-3"]
    assert update["states"].keys() == states.keys()
    assert inbox_update(messages, states, NOW, after=3)["html"] == ""
    assert inbox_update([], {}, NOW, after=3) == {"last": 0, "html": "", "states": {}}


def test_a_state_stays_the_same_text_while_nothing_happens() -> None:
    states = {"psr_1": USUAL}
    later = NOW + 60_000

    before, after = (inbox_update([], states, now, after=0)["states"] for now in (NOW, later))
    assert before == after


def test_slack_blocks_are_drawn() -> None:
    message = slack(
        1,
        {"type": "header", "text": {"type": "plain_text", "text": "Action required"}},
        text_block("&gt; Pay A &amp; B?\n&gt; *now*\nthen"),
        text_block("*Options:* Approve | `No` _maybe_ ~never~"),
        {"type": "divider"},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "Answer by 18:00"}]},
        text_block(f"<{LINK}|Respond Now> <https://example.com>"),
    )
    html = slack_html(message.message.payload)  # type: ignore[union-attr]
    page = facts(html)

    assert page.all("blockquote")[0].text == "Pay A & B?\nnow"
    assert [b.text for b in page.all("b")] == ["now", "Options:"]
    assert [a.text for a in page.all("a")] == ["Respond Now", "https://example.com"]
    assert page.all("a")[0].attributes["href"] == LINK
    assert [page.all(tag)[0].text for tag in ("code", "i", "s")] == ["No", "maybe", "never"]


def test_a_date_of_slacks_is_drawn_as_its_text() -> None:
    html = slack_html({"blocks": [text_block("By <!date^1795370400^{date_long}|Sun 22 Nov>.")]})
    assert facts(html).text == "By Sun 22 Nov."


def test_slack_rich_text_plain_sections_and_unknown_blocks_are_drawn_too() -> None:
    quote = {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_quote",
                "elements": [
                    {"type": "text", "text": "a *b* <c>", "style": {"bold": True}},
                    {"type": "link", "url": LINK, "text": "here"},
                    {"type": "link", "url": "javascript:alert(1)", "text": "there"},
                ],
            }
        ],
    }
    plain = {"type": "section", "text": {"type": "plain_text", "text": "> *as it is* <b>"}}
    page = facts(slack_html({"blocks": [quote, plain, {"type": "video"}]}))

    assert page.all("blockquote")[0].text == "a *b* <c>herethere"
    assert [a.text for a in page.all("a")] == ["here"]
    assert "> *as it is* <b>" in page.text
    assert '"type": "video"' in page.text
    assert facts(slack_html({"text": "Only &lt;this&gt;"})).text == "Only <this>"


@pytest.mark.parametrize(
    ("channel", "recipient"),
    [
        (SmsChannel(), "+15550100"),
        (EmailChannel(), "jo@example.com"),
        (SlackChannel(), "https://hooks.slack.com/services/T0/B0/x"),
    ],
    ids=["sms", "email", "slack"],
)
def test_what_the_channels_really_make_is_drawn(channel: AnyChannel, recipient: str) -> None:
    assert USUAL.content is not None
    asked = Notification(
        delivery_id="dlv_019ab000-0000-7000-8000-000000000001",
        pause_id=USUAL.pause_id,
        sender="Acme",
        recipient=recipient,
        message="Wire $8,400 to A & B <Ltd>?\nToday",
        options=USUAL.content.options,
        timeout_default="Reject",
        created_at=NOW,
        expires_at=USUAL.expires_at,
        respond_url=LINK,
    )
    rendered = channel.render(asked)
    kept = InboxMessage(1, channel.name, asked, rendered, NOW, channel.preview(rendered))
    page = facts(render_messages([kept], {}, NOW))

    assert "Wire $8,400 to A & B <Ltd>?" in page.text
    assert "&lt;" not in page.text
    assert LINK in [a.attributes["href"] for a in page.all("a")]


def test_nothing_in_a_message_can_run() -> None:
    hostile_pause = pause_with(ANSWERED, content={"options": (HOSTILE, "No")})
    messages = [
        sms(1, HOSTILE),
        email(2, HOSTILE),
        slack(3, text_block(HOSTILE + f" <https://x{HOSTILE}|{HOSTILE}>"), text=HOSTILE),
    ]
    states = {message.notification.pause_id: hostile_pause for message in messages}
    page = facts(render_inbox(messages, states, NOW, curl=HOSTILE))

    assert all(e.attributes["src"].startswith("/static/") for e in page.all("script"))
    assert "alert(1)" not in "".join(page.addresses())
