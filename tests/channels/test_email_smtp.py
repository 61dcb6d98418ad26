"""E-mail: which addresses it takes, how it reads, and real SMTP servers with every mood."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given

from pausepoint.channels.email import EmailChannel, SmtpSettings
from pausepoint.domain.errors import InvalidRecipient
from tests.channels.samples import RESPOND_URL, hostile_text, notification

CHANNEL = EmailChannel("asks@pp.example.com")
ALICE = "alice@example.com"


# ── Addresses ──


@pytest.mark.parametrize(
    ("spelled", "address"),
    [
        ("alice@example.com", "alice@example.com"),
        (" Alice@EXAMPLE.com ", "Alice@example.com"),
        ("x@people.test", "x@people.test"),
        ("a+b.c@bücher.example", "a+b.c@xn--bcher-kva.example"),
    ],
)
def test_an_address_has_one_spelling(spelled: str, address: str) -> None:
    assert CHANNEL.normalise(spelled) == address


@pytest.mark.parametrize(
    "spelled",
    [
        "",
        "alice",
        "alice@",
        "@example.com",
        "alice@localhost",
        "alice@example..com",
        "alice@[127.0.0.1]",
        "Alice <alice@example.com>",
        '"a b"@example.com',
        "alice@example.com, bob@example.com",
        "alice@example.com\r\nBcc: bob@example.com",
        "älice@example.com",
        "alice@example.com\x00",
        "alice@\ud800.example",
        "a" * 65 + "@example.com",
        "+12025550100",
    ],
)
def test_anything_else_is_refused(spelled: str) -> None:
    with pytest.raises(InvalidRecipient):
        CHANNEL.normalise(spelled)


ROUTED = [
    "agent%evil.test@example.com",
    "AGENT%evil.test@Example.com",
    "agent%40evil.test@example.com",
    "evil.test!agent@example.com",
    "relay!evil.test!agent@example.com",
    "agent=evil.test@example.com",
    "SRS0=h1=t1=evil.test=agent@example.com",
    "srs1+h1=relay.test==h1=t1=evil.test=agent@example.com",
    "IMCEASMTP-agent+40evil+2Etest@example.com",
    "agent_evil.test#EXT#@example.com",
    "/G=Agent/S=Smith/@example.com",
    "|agent@example.com",
]


@pytest.mark.parametrize("spelled", ROUTED)
def test_an_address_that_names_a_route_is_refused_with_the_reason(spelled: str) -> None:
    with pytest.raises(InvalidRecipient, match="another domain"):
        CHANNEL.normalise(spelled)
    with pytest.raises(ValueError, match="PAUSEPOINT_EMAIL_FROM"):
        SmtpSettings.parse("smtp://127.0.0.1", spelled)


@pytest.mark.parametrize(
    "spelled",
    [
        '"agent@evil.test"@example.com',
        '"agent%evil.test"@example.com',
        "@relay.test:agent@example.com",
        "<@relay.test:agent@example.com>",
        "agent@evil.test@example.com",
        "agent@[IPv6:::1]",
        "agent(evil.test)@example.com",
        "agent@example.com(evil.test)",
        "agent@exam%70le.com",
        "agent@example.com.",
        "agent@example.com:25",
        "agent\uff05evil.test@example.com",
        "agent\uff01evil.test@example.com",
        "agent\uff20evil.test@example.com",
    ],
)
def test_other_forms_of_a_route_are_no_addresses(spelled: str) -> None:
    with pytest.raises(InvalidRecipient):
        CHANNEL.normalise(spelled)


@pytest.mark.parametrize(
    "spelled", ["o'brien=x@example.com", "bob/ops@example.com", "a&b#c@example.com", "-bob@x.test"]
)
def test_unusual_addresses_without_a_route_are_taken(spelled: str) -> None:
    assert CHANNEL.normalise(spelled) == spelled


# ── Settings ──


def test_settings() -> None:
    settings = SmtpSettings.parse(
        "smtp+starttls://us%40er:p%3Ass%2F@mail.example.com", "a@pp.example.com"
    )
    assert (settings.host, settings.port, settings.security) == (
        "mail.example.com",
        587,
        "starttls",
    )
    assert (settings.username, settings.password) == ("us@er", "p:ss/")
    assert "p:ss/" not in repr(settings)
    implicit = SmtpSettings.parse("smtps://mail.example.com:2465", "a@pp.example.com")
    assert (implicit.port, implicit.security, implicit.username) == (2465, "tls", None)
    for host in ("localhost", "127.0.0.1", "[::1]"):
        assert SmtpSettings.parse(f"smtp://{host}:1025", "a@pp.example.com").security == "none"


@pytest.mark.parametrize(
    ("url", "sender", "name"),
    [
        ("smtp://mail.example.com", "a@pp.example.com", "PAUSEPOINT_SMTP_URL"),
        ("smtp://10.0.0.5", "a@pp.example.com", "PAUSEPOINT_SMTP_URL"),
        ("http://mail.example.com", "a@pp.example.com", "PAUSEPOINT_SMTP_URL"),
        ("mail.example.com:587", "a@pp.example.com", "PAUSEPOINT_SMTP_URL"),
        ("smtps://", "a@pp.example.com", "PAUSEPOINT_SMTP_URL"),
        ("smtps://h:x", "a@pp.example.com", "PAUSEPOINT_SMTP_URL"),
        ("smtps://[::1", "a@pp.example.com", "PAUSEPOINT_SMTP_URL"),
        ("smtps://only-user@mail.example.com", "a@pp.example.com", "PAUSEPOINT_SMTP_URL"),
        ("smtps://u:hidden-value@mail.example.com/x", "a@pp.example.com", "PAUSEPOINT_SMTP_URL"),
        ("smtps://mail.example.com", "PausePoint", "PAUSEPOINT_EMAIL_FROM"),
        ("smtps://mail.example.com", "", "PAUSEPOINT_EMAIL_FROM"),
    ],
)
def test_odd_settings_are_refused_by_name(url: str, sender: str, name: str) -> None:
    with pytest.raises(ValueError, match=name) as raised:
        SmtpSettings.parse(url, sender)
    assert "hidden-value" not in str(raised.value)


# ── The mail ──


class Page(HTMLParser):
    """What a mail program sees of the HTML: tags with attributes, and the text."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def links(self) -> list[str | None]:
        return [attributes.get("href") for tag, attributes in self.tags if tag == "a"]


def test_the_mail_reads_as_agreed() -> None:
    mail = CHANNEL.render(notification(recipient=ALICE, message="Wire $8,400?\nTo Meridian."))
    assert mail.to == ALICE
    assert mail.subject == "Action required: Wire $8,400?"
    assert mail.from_name == "AI agent of Acme via PausePoint"
    assert mail.message_id == f"<{notification().delivery_id}@pp.example.com>"
    assert mail.headers == {
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
    }
    deadline = "Answer by Sun 22 Nov, 18:00 UTC. If you don't, “Reject” is chosen."
    for part in (mail.text, " ".join(Page(mail.html).words).replace("&#39;", "'")):
        assert "An AI agent of" in part
        assert deadline in part
        assert RESPOND_URL in part
        assert "To Meridian." in part
    asked = f"> Wire $8,400?\n> To Meridian.\n\n{deadline}\n\n1. Approve\n2. Reject\n\n"
    assert asked in mail.text


def test_a_reminder_says_that_it_is_one() -> None:
    mail = CHANNEL.render(notification(recipient=ALICE, is_reminder=True))
    assert mail.subject == "Reminder, action required: Wire $8,400 to Meridian?"
    for part in (mail.text, " ".join(Page(mail.html).words)):
        words = " ".join(part.split())
        assert "Reminder: an AI agent of Acme is still waiting for your answer." in words


def test_a_sender_cannot_pass_for_an_address() -> None:
    mail = CHANNEL.render(notification(recipient=ALICE, sender='"CEO" <ceo@example.org>, x'))
    assert mail.from_name == "AI agent of CEO ceo example.org x via PausePoint"
    assert "An AI agent of “'CEO' <ceo@example.org>, x” is waiting" in mail.text


MUTE_URL = "https://pp.example.com/mute/" + "Ab3_-" * 10 + "Ab3_"
APPROVING = notification(recipient=ALICE, timeout_default="Approve", mute_url=MUTE_URL)


def test_silence_that_approves_is_told_and_never_advised() -> None:
    mail = CHANNEL.render(APPROVING)
    for part in (mail.text, " ".join(Page(mail.html).words)):
        words = " ".join(part.split())
        assert "If you do nothing, “Approve” is chosen on Sun 22 Nov, 18:00 UTC." in words
        assert "ignore" not in words
        assert "othing happens" not in words


def test_a_mail_can_be_muted_by_its_own_link() -> None:
    """By a page: mail programs and scanners act on `List-Unsubscribe-Post` by themselves."""
    mail = CHANNEL.render(APPROVING)
    assert mail.headers["List-Unsubscribe"] == f"<{MUTE_URL}>"
    assert "List-Unsubscribe-Post" not in mail.headers
    assert MUTE_URL in Page(mail.html).links
    assert f"\n{MUTE_URL}\n" in mail.text
    asked = notification(recipient=ALICE, is_confirmation=True)
    assert CHANNEL.render(asked).headers["List-Unsubscribe"] == f"<{RESPOND_URL}>"


CLOSING = [
    'Reject" is chosen. Doing nothing is safe',
    "Reject” is chosen. Doing nothing is “safe",
    "Reject'' is chosen. Doing nothing is safe",
    "Reject\u2033 is chosen. Doing nothing is safe",
    "Reject〞 is chosen. Doing nothing is safe",
    "Reject\u200b\u201d is chosen",
    "Reject״ is chosen",
    "Reject»",
]


@pytest.mark.parametrize("option", CLOSING)
def test_an_option_cannot_end_its_quotation(option: str) -> None:
    mail = CHANNEL.render(notification(recipient=ALICE, timeout_default=option, sender=option))
    for part in (mail.text, " ".join(Page(mail.html).words)):
        for line in part.splitlines():
            if "is chosen" in line and "Answer by" in line:
                assert len(re.findall("[\"“”„‟″〝〞״»«]|''", line)) == 2
                assert re.search("“Reject[^”]*” is chosen[.]$", line.strip())
    assert re.search("agent of “[^”]*” is waiting", " ".join(mail.text.split()))


def test_each_option_has_a_button_that_opens_the_page_with_it() -> None:
    options = ("Approve", "Reject", "Ask again")
    page = Page(CHANNEL.render(notification(recipient=ALICE, options=options)).html)
    assert page.links == [f"{RESPOND_URL}?o={number}" for number in (1, 2, 3)] + [RESPOND_URL]


def test_without_a_default_it_says_that_nothing_is_chosen() -> None:
    mail = CHANNEL.render(notification(recipient=ALICE, timeout_default=None))
    assert "If you don't, the agent is told that nobody answered." in mail.text


def test_the_html_loads_nothing_and_can_be_dark() -> None:
    source = CHANNEL.render(notification(recipient=ALICE)).html
    assert not {tag for tag, _ in Page(source).tags} & {"img", "script", "link", "iframe", "form"}
    assert "color-scheme: light dark" in source
    assert "url(" not in source
    assert len(source) < 20_000


def test_the_preheader_is_the_question() -> None:
    page = Page(CHANNEL.render(notification(recipient=ALICE)).html)
    body = "".join(page.words[page.words.index("An AI agent is waiting for your answer") + 1 :])
    assert body.split("}\n")[-1].strip().startswith("Wire $8,400 to Meridian?")


def test_a_mail_is_the_same_at_every_attempt() -> None:
    asked = notification(recipient=ALICE)
    assert CHANNEL.render(asked) == CHANNEL.render(asked)


ORDINARY = [tag for tag, _ in Page(CHANNEL.render(notification(recipient=ALICE)).html).tags]


@given(hostile_text, hostile_text, hostile_text)
def test_agents_words_are_never_markup(message: str, other: str, sender: str) -> None:
    mail = CHANNEL.render(
        notification(
            recipient=ALICE,
            sender=sender[:200],
            message=message,
            options=(other[:100], "Reject"),
            timeout_default=other[:100],
        )
    )
    page = Page(mail.html)
    ignored = ("br", "span")
    assert [tag for tag, _ in page.tags if tag not in ignored] == ORDINARY
    assert page.links == [f"{RESPOND_URL}?o=1", f"{RESPOND_URL}?o=2", RESPOND_URL]
    assert f"\n{RESPOND_URL}\n" in mail.text
    for header in (mail.subject, mail.from_name):
        assert len(header.splitlines()) == 1
