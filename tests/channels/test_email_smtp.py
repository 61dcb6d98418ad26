"""E-mail: which addresses it takes, how it reads, and real SMTP servers with every mood."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default as default_policy
from email.utils import parseaddr
from html.parser import HTMLParser
from typing import Any

import pytest
import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from hypothesis import given
from hypothesis import settings as settings_of_hypothesis

from pausepoint.channels.base import ChannelError, Receipt
from pausepoint.channels.email_smtp import EmailChannel, SmtpSettings, SmtpTransport
from pausepoint.domain.errors import InvalidRecipient
from tests.channels.samples import NOW, RESPOND_URL, hostile_text, notification

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
    deadline = "Answer by 18:00 UTC today (in 4 h). If you don't, Reject is chosen."
    for part in (mail.text, " ".join(Page(mail.html).words).replace("&#39;", "'")):
        assert "An AI agent of" in part
        assert deadline in part
        assert RESPOND_URL in part
        assert "To Meridian." in part
    assert "> Wire $8,400?\n> To Meridian.\n\n1. Approve\n2. Reject\n\n" in mail.text


def test_a_sender_cannot_pass_for_an_address() -> None:
    mail = CHANNEL.render(notification(recipient=ALICE, sender='"CEO" <ceo@example.org>, x'))
    assert mail.from_name == "AI agent of CEO ceo example.org x via PausePoint"
    assert '"CEO" <ceo@example.org>, x' in mail.text


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


# ── Real servers ──


class Relay:
    """Takes mail, or answers at one command with what a test wants."""

    def __init__(self, **answers: str) -> None:
        self.answers = answers
        self.envelopes: list[Envelope] = []
        self.was_encrypted: list[bool] = []

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if "rcpt" in self.answers:
            return self.answers["rcpt"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if "mail" in self.answers:
            return self.answers["mail"]
        envelope.mail_from = address
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.answers.get("data") == "drop":
            server.transport.abort()
            return "250 never arrives"
        self.envelopes.append(envelope)
        self.was_encrypted.append(session.ssl is not None)
        return self.answers.get("data", "250 OK")

    @property
    def mails(self) -> list[EmailMessage]:
        return [
            message_from_bytes(bytes(envelope.content or b""), policy=default_policy)
            for envelope in self.envelopes
        ]


def as_sent(relay: Relay) -> bytes:
    return bytes(relay.envelopes[0].content or b"")


Factory = Callable[[], asyncio.Protocol]


@asynccontextmanager
async def serving(factory: Factory, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(factory, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@asynccontextmanager
async def plain(relay: Relay, **options: Any) -> AsyncIterator[SmtpTransport]:
    async with serving(lambda: SMTP(relay, **options)) as port:
        yield SmtpTransport(settings("smtp", port))


def settings(scheme: str, port: int, credentials: str = "") -> SmtpSettings:
    return SmtpSettings.parse(f"{scheme}://{credentials}127.0.0.1:{port}", "asks@pp.example.com")


def send(over: SmtpTransport, **changes: Any) -> Awaitable[Receipt]:
    asked = notification(recipient=ALICE, **changes)
    return over.send(CHANNEL.render(asked), asked, NOW)


async def failure(over: SmtpTransport) -> ChannelError:
    with pytest.raises(ChannelError) as raised:
        await send(over)
    assert ALICE not in str(raised.value)
    assert raised.value.__suppress_context__
    return raised.value


@pytest.fixture(scope="module")
def contexts() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's TLS for 127.0.0.1, and a client's that trusts it."""
    authority = trustme.CA()
    server, client = (
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH),
        ssl.create_default_context(),
    )
    authority.issue_cert("127.0.0.1").configure_cert(server)
    authority.configure_trust(client)
    return server, client


@pytest.mark.anyio
async def test_what_arrives() -> None:
    relay = Relay()
    async with plain(relay) as over:
        receipt = await send(over, message="Überweise 8.400 € — heute?", sender="Müller & Söhne")
    [mail] = relay.mails
    assert receipt == Receipt(f"<{notification().delivery_id}@pp.example.com>", "250")
    assert mail["Message-ID"] == receipt.provider_id
    assert mail["From"].addresses[0].display_name == "AI agent of Müller & Söhne via PausePoint"
    assert mail["To"] == ALICE
    assert mail["Subject"] == "Action required: Überweise 8.400 € — heute?"
    assert mail["Date"] == "Sun, 22 Nov 2026 14:00:00 +0000"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content_type() == "multipart/alternative"
    text, page = mail.iter_parts()
    assert (text.get_content_type(), page.get_content_type()) == ("text/plain", "text/html")
    assert "> Überweise 8.400 € — heute?" in text.get_content()
    assert f"{RESPOND_URL}?o=1" in page.get_content()
    assert relay.envelopes[0].rcpt_tos == [ALICE]
    assert relay.envelopes[0].mail_from == "asks@pp.example.com"
    assert as_sent(relay).isascii()
    assert all(len(line) <= 78 for line in as_sent(relay).splitlines())


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("answers", "code", "is_permanent"),
    [
        ({"rcpt": "550 5.1.1 no such mailbox"}, "550", True),
        ({"rcpt": "451 4.7.1 try again later"}, "451", False),
        ({"mail": "553 5.7.1 sender not allowed"}, "553", True),
        ({"mail": "452 4.3.1 no space"}, "452", False),
        ({"data": "554 5.6.0 looks like spam"}, "554", True),
        ({"data": "421 4.3.2 shutting down"}, "421", False),
        ({"data": "drop"}, "connection_lost", False),
    ],
)
async def test_a_refusal(answers: dict[str, str], code: str, is_permanent: bool) -> None:
    async with plain(Relay(**answers)) as over:
        error = await failure(over)
    assert (error.code, error.is_permanent) == (code, is_permanent)


@pytest.mark.anyio
async def test_starttls(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    relay, (server_tls, client_tls) = Relay(), contexts
    async with serving(lambda: SMTP(relay, tls_context=server_tls, require_starttls=True)) as port:
        await send(SmtpTransport(settings("smtp+starttls", port), client_tls))
        distrusting = SmtpTransport(settings("smtp+starttls", port))
        assert (await failure(distrusting)).code == "tls_failed"
    assert relay.was_encrypted == [True]


@pytest.mark.anyio
async def test_starttls_that_is_missing_is_not_done_without() -> None:
    relay = Relay()
    async with serving(lambda: SMTP(relay)) as port:
        error = await failure(SmtpTransport(settings("smtp+starttls", port)))
    assert (error.code, error.is_permanent) == ("smtp_unsupported", True)
    assert relay.envelopes == []


@pytest.mark.anyio
async def test_tls_from_the_start(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    relay, (server_tls, client_tls) = Relay(), contexts
    async with serving(lambda: SMTP(relay), server_tls) as port:
        await send(SmtpTransport(settings("smtps", port), client_tls))
        assert (await failure(SmtpTransport(settings("smtps", port)))).code == "tls_failed"
    assert len(relay.envelopes) == 1


@pytest.mark.anyio
async def test_signing_in(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    relay, (server_tls, client_tls) = Relay(), contexts

    def authenticate(
        server: Any, session: Any, envelope: Any, mechanism: str, data: Any
    ) -> AuthResult:
        is_right = (data.login, data.password) == (b"us@er", b"p:ss/")
        return AuthResult(success=is_right, handled=False)

    def server() -> SMTP:
        return SMTP(relay, tls_context=server_tls, auth_required=True, authenticator=authenticate)

    async with serving(server) as port:
        right = settings("smtp+starttls", port, "us%40er:p%3Ass%2F@")
        await send(SmtpTransport(right, client_tls))
        wrong = settings("smtp+starttls", port, "us%40er:wrong@")
        error = await failure(SmtpTransport(wrong, client_tls))
        assert (error.code, error.is_permanent) == ("535", True)
        nobody = settings("smtp+starttls", port)
        error = await failure(SmtpTransport(nobody, client_tls))
        assert (error.code, error.is_permanent) == ("530", True)
    assert len(relay.envelopes) == 1


@pytest.mark.anyio
async def test_a_server_that_is_not_there_or_hangs_up() -> None:
    async with serving(lambda: SMTP(Relay())) as port:
        pass
    error = await failure(SmtpTransport(settings("smtp", port)))
    assert (error.code, error.is_permanent) == ("connect_failed", False)

    class HangsUp(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            transport.close()

    async with serving(HangsUp) as port:
        error = await failure(SmtpTransport(settings("smtp", port)))
    assert error.code in ("connect_failed", "connection_lost")
    assert not error.is_permanent


@pytest.mark.anyio
async def test_a_server_that_never_answers() -> None:
    async with serving(asyncio.Protocol) as port:
        impatient = timedelta(seconds=0.2)
        error = await failure(SmtpTransport(settings("smtp", port), timeout=impatient))
    assert (error.code, error.is_permanent) == ("timeout", False)


@pytest.mark.anyio
async def test_a_rude_farewell_does_not_unsend_a_mail() -> None:
    class Rude(Relay):
        async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:
            server.transport.abort()
            return "221 never arrives"

    relay = Rude()
    async with plain(relay) as over:
        await send(over)
    assert len(relay.envelopes) == 1


@pytest.mark.anyio
async def test_nothing_can_be_asked_later() -> None:
    async with plain(Relay()) as over:
        assert await over.fetch_status("<x@pp.example.com>") is None


def test_no_header_can_be_injected() -> None:
    """Over a real server, all hostile words at once: one connection each would be slow."""

    @settings_of_hypothesis(max_examples=60)
    @given(hostile_text, hostile_text)
    def check(message: str, sender: str) -> None:
        asyncio.run(deliver(message, sender[:200]))

    async def deliver(message: str, sender: str) -> None:
        relay = Relay()
        async with plain(relay) as over:
            await send(over, message=message, sender=sender)
        [mail] = relay.mails
        assert mail.defects == []
        assert sorted(name.lower() for name in mail) == HEADERS
        rendered = CHANNEL.render(notification(message=message, sender=sender))
        assert mail["Subject"] == rendered.subject
        name, address = parseaddr("".join(message_from_bytes(as_sent(relay))["From"].splitlines()))
        assert str(make_header(decode_header(name))) == rendered.from_name
        assert address == "asks@pp.example.com"
        assert relay.envelopes[0].rcpt_tos == [ALICE]
        text, _ = mail.iter_parts()
        assert RESPOND_URL in text.get_content().splitlines()

    check()


HEADERS = sorted(
    [
        "from",
        "to",
        "subject",
        "date",
        "message-id",
        "auto-submitted",
        "x-auto-response-suppress",
        "mime-version",
        "content-type",
    ]
)
