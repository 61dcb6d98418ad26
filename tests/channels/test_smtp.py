"""SMTP: real servers on loopback, with every mood."""

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
from typing import Any

import pytest
import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from hypothesis import given
from hypothesis import settings as settings_of_hypothesis

from pausepoint.channels.base import ChannelError, Receipt
from pausepoint.channels.email import EmailChannel, SmtpSettings
from pausepoint.channels.email.smtp import SmtpTransport
from tests.channels.samples import NOW, RESPOND_URL, hostile_text, notification

CHANNEL = EmailChannel("asks@pp.example.com")
ALICE = "alice@example.com"


class Relay:
    """Takes mail, or answers at one command with what a test wants; `refusals` each once, at MAIL."""

    def __init__(self, **answers: str) -> None:
        self.answers = answers
        self.refusals: list[str] = []
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
        if self.refusals:
            return self.refusals.pop()
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
    async with serving(lambda: SMTP(relay, **options)) as port, closing(port) as over:
        yield over


@asynccontextmanager
async def closing(port: int, **more: Any) -> AsyncIterator[SmtpTransport]:
    over = SmtpTransport(settings("smtp", port), **more)
    try:
        yield over
    finally:
        await over.close()


def settings(scheme: str, port: int, credentials: str = "") -> SmtpSettings:
    return SmtpSettings.parse(f"{scheme}://{credentials}127.0.0.1:{port}", "asks@pp.example.com")


def send(over: SmtpTransport, **changes: Any) -> Awaitable[Receipt]:
    asked = notification(recipient=ALICE, **changes)
    return over.send(CHANNEL.render(asked), asked, NOW)


async def send_once(over: SmtpTransport) -> None:
    await send(over)
    await over.close()


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
        await send_once(SmtpTransport(settings("smtp+starttls", port), client_tls))
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
        await send_once(SmtpTransport(settings("smtps", port), client_tls))
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
        await send_once(SmtpTransport(right, client_tls))
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


OURS = ["auto-submitted", "x-auto-response-suppress"]
MUTABLE = ["list-unsubscribe"]
MIME = ["mime-version", "content-type"]
HEADERS = sorted(["from", "to", "subject", "date", "message-id", *OURS, *MIME])


# ── Connections are reused ──


class Sessions:
    """Makes sessions for one relay; `opened` counts them, `ended` those that were ended by QUIT."""

    def __init__(self, relay: Relay) -> None:
        self.relay = relay
        self.opened: list[SMTP] = []
        self.ended = 0

    def __call__(self) -> SMTP:
        sessions = self

        class Counted(SMTP):
            async def smtp_QUIT(self, arg: str) -> None:
                sessions.ended += 1
                await super().smtp_QUIT(arg)

        self.opened.append(Counted(self.relay))
        return self.opened[-1]


@asynccontextmanager
async def counted(**more: Any) -> AsyncIterator[tuple[Sessions, SmtpTransport]]:
    sessions = Sessions(Relay())
    async with serving(sessions) as port, closing(port, **more) as over:
        yield sessions, over


@pytest.mark.anyio
async def test_mails_share_a_connection_and_it_is_ended_politely() -> None:
    async with counted() as (sessions, over):
        for _ in range(5):
            await send(over)
        assert len(sessions.relay.envelopes) == 5
        assert (len(sessions.opened), sessions.ended) == (1, 0)
    assert sessions.ended == 1


@pytest.mark.anyio
async def test_mails_at_once_have_connections_of_their_own_and_later_ones_reuse_them() -> None:
    async with counted() as (sessions, over):
        await asyncio.gather(*(send(over) for _ in range(4)))
        await asyncio.gather(*(send(over) for _ in range(4)))
        assert len(sessions.relay.envelopes) == 8
        assert len(sessions.opened) == 4
    assert sessions.ended == 4


@pytest.mark.anyio
async def test_a_connection_that_the_server_closed_costs_no_mail() -> None:
    async with counted() as (sessions, over):
        await send(over)
        sessions.opened[0].transport.abort()
        await send(over)
        assert len(sessions.relay.envelopes) == 2
        assert len(sessions.opened) == 2


@pytest.mark.anyio
async def test_a_server_that_ends_the_session_by_421_gets_the_mail_on_a_new_one() -> None:
    async with counted() as (sessions, over):
        await send(over)
        sessions.relay.refusals.append("421 Too many mails for one connection")
        await send(over)
        assert len(sessions.relay.envelopes) == 2
        assert len(sessions.opened) == 2


@pytest.mark.anyio
async def test_after_a_refusal_the_next_mail_begins_anew() -> None:
    async with counted() as (sessions, over):
        await send(over)
        sessions.relay.answers["rcpt"] = "550 No such user"
        assert (await failure(over)).is_permanent
        del sessions.relay.answers["rcpt"]
        await send(over)
        assert len(sessions.relay.envelopes) == 2
        assert len(sessions.opened) == 2


@pytest.mark.anyio
async def test_a_connection_takes_a_hundred_mails() -> None:
    async with counted() as (sessions, over):
        for _ in range(101):
            await send(over)
        assert len(sessions.relay.envelopes) == 101
        assert len(sessions.opened) == 2


@pytest.mark.anyio
async def test_an_idle_connection_is_ended() -> None:
    async with counted(idle=timedelta(0)) as (sessions, over):
        await send(over)
        while not sessions.ended:
            await asyncio.wait([asyncio.ensure_future(asyncio.to_thread(lambda: None))])
        await send(over)
        assert len(sessions.opened) == 2
