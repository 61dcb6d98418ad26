"""E-mail: the question as text and HTML, sent through the operator's SMTP server."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from ipaddress import ip_address
from typing import Final, Literal
from urllib.parse import unquote, urlsplit

import aiosmtplib
import jinja2
from email_validator import EmailNotValidError, validate_email

from pausepoint.channels.base import ChannelError, Notification, Receipt, StatusReport
from pausepoint.channels.email_mime import Email, compose
from pausepoint.domain.errors import InvalidRecipient
from pausepoint.domain.recipients import ROUTED_ADDRESS, is_routed
from pausepoint.domain.time import Instant
from pausepoint.domain.words import deadline_sentence, silence_sentence
from pausepoint.security.display_safe import (
    account_name,
    display_safe,
    quoted,
    segments,
    single_line,
)

_FAREWELL_SECONDS: Final = 1
_SUBJECT_LIMIT: Final = 78
_NAME_LIMIT: Final = 60
_PREHEADER_LIMIT: Final = 120
_OPTION_LIMIT: Final = 1000
_TOOL_LIMIT: Final = 200
_SPECIALS: Final = str.maketrans(dict.fromkeys('()<>[]:;@\\,"', " "))

# RFC 3834, and Exchange's own word for it: no out-of-office answer may come back.
_HEADERS: Final = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}


class EmailChannel:
    """Implements `Channel[Email]`. `from_address` gives the Message-ID its domain."""

    name = "email"

    def __init__(self, from_address: str = "pausepoint@localhost") -> None:
        self._domain = from_address.rpartition("@")[2]

    def normalise(self, recipient: str) -> str:
        return _address(recipient.strip())

    def mask(self, recipient: str) -> str:
        return recipient

    def render(self, notification: Notification) -> Email:
        """The deadline reads as of one instant, so that every attempt is the same mail."""
        if notification.is_confirmation:
            return self._confirmation(notification)
        default = notification.timeout_default
        chosen = None if default is None else quoted(default, _OPTION_LIMIT)
        created_at, expires_at = notification.created_at, notification.expires_at
        words = {
            "sender": account_name(notification.sender, _NAME_LIMIT),
            "preheader": single_line(notification.message, _PREHEADER_LIMIT),
            "question": display_safe(notification.message).strip(),
            "segments": segments(notification.message.strip()),
            "options": [single_line(option, _OPTION_LIMIT) for option in notification.options],
            "deadline": deadline_sentence(expires_at, created_at, chosen),
            "silence": silence_sentence(expires_at, created_at, chosen),
            "recipient": notification.recipient,
            "is_reminder": notification.is_reminder,
            "tool": quoted(notification.tool, _TOOL_LIMIT) if notification.tool else None,
            "url": notification.respond_url,
            "mute_url": notification.mute_url,
        }
        return Email(
            to=notification.recipient,
            subject=f"{_purpose(notification)}: {_header_text(notification.message, _SUBJECT_LIMIT)}",
            from_name=f"AI agent of {_name(notification.sender)} via PausePoint",
            text=_templates().get_template("message.txt").render(words),
            html=_templates().get_template("message.html").render(words),
            message_id=f"<{notification.delivery_id}@{self._domain}>",
            headers=_headers(notification.mute_url),
        )

    def _confirmation(self, notification: Notification) -> Email:
        words = {
            "sender": account_name(notification.sender, _NAME_LIMIT),
            "message": notification.message,
            "recipient": notification.recipient,
            "url": notification.respond_url,
        }
        return Email(
            to=notification.recipient,
            subject="May AI agents ask you for decisions?",
            from_name="PausePoint",
            text=_templates().get_template("confirmation.txt").render(words),
            html=_templates().get_template("confirmation.html").render(words),
            message_id=f"<{notification.delivery_id}@{self._domain}>",
            headers=_headers(notification.respond_url),
        )


def _headers(mute_url: str | None) -> Mapping[str, str]:
    """`List-Unsubscribe` (RFC 2369) leads to a page on which a person mutes the agents.

    Never with `List-Unsubscribe-Post` (RFC 8058): mail programs and scanners act on it by themselves.
    """
    return _HEADERS if mute_url is None else {**_HEADERS, "List-Unsubscribe": f"<{mute_url}>"}


def _purpose(notification: Notification) -> str:
    return "Reminder, action required" if notification.is_reminder else "Action required"


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSettings:
    """Where mail is handed in. TLS is either there from the start, demanded, or not needed."""

    host: str
    port: int
    security: Literal["tls", "starttls", "none"]
    from_address: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, url: str, email_from: str) -> SmtpSettings:
        """From PAUSEPOINT_SMTP_URL and PAUSEPOINT_EMAIL_FROM; ValueError says which is wrong."""
        try:
            parts = urlsplit(url.strip())
            port, host = parts.port, parts.hostname
        except ValueError:
            raise ValueError("PAUSEPOINT_SMTP_URL cannot be read as a URL.") from None
        if parts.scheme not in _SCHEMES:
            raise ValueError(
                "PAUSEPOINT_SMTP_URL must begin with smtp+starttls://, smtps:// or smtp://."
            )
        if not host or parts.path.strip("/") or parts.query or parts.fragment:
            raise ValueError("PAUSEPOINT_SMTP_URL must be scheme://user:password@host:port.")
        if (parts.username is None) != (parts.password is None):
            raise ValueError("PAUSEPOINT_SMTP_URL must hold both a user name and a password.")
        security, default_port = _SCHEMES[parts.scheme]
        if security == "none" and not _is_loopback(host):
            raise ValueError(
                "PAUSEPOINT_SMTP_URL may use smtp:// for a loopback host only: it is not encrypted."
            )
        try:
            from_address = _address(email_from.strip())
        except InvalidRecipient:
            raise ValueError(
                "PAUSEPOINT_EMAIL_FROM must be an e-mail address, without a route such as % or !."
            ) from None
        return cls(
            host=host,
            port=port or default_port,
            security=security,
            from_address=from_address,
            username=None if parts.username is None else unquote(parts.username),
            password=None if parts.password is None else unquote(parts.password),
        )


_SCHEMES: Final[dict[str, tuple[Literal["tls", "starttls", "none"], int]]] = {
    "smtp+starttls": ("starttls", 587),
    "smtps": ("tls", 465),
    "smtp": ("none", 25),
}


class SmtpTransport:
    """Implements `Transport[Email]`: one connection a message. `tls_context` is for a private CA."""

    def __init__(
        self,
        settings: SmtpSettings,
        tls_context: ssl.SSLContext | None = None,
        timeout: timedelta = timedelta(seconds=15),
    ) -> None:
        self._settings = settings
        self._tls_context = tls_context
        self._timeout = timeout.total_seconds()

    async def send(self, message: Email, notification: Notification, now: Instant) -> Receipt:
        """A connection that breaks after the text was sent may mean two mails, never none."""
        mail = compose(message, self._settings.from_address, now)
        server = self._connection()
        try:
            async with asyncio.timeout(self._timeout):
                await server.connect()
                await server.sendmail(self._settings.from_address, [message.to], mail)
        except (aiosmtplib.SMTPException, OSError) as error:
            raise _as_channel_error(error) from None
        else:
            # The server has the mail: no clumsy farewell may make it look unsent.
            with suppress(aiosmtplib.SMTPException, OSError):
                async with asyncio.timeout(_FAREWELL_SECONDS):
                    await server.quit()
        finally:
            server.close()
        return Receipt(provider_id=message.message_id, code="250")

    async def fetch_status(self, provider_id: str) -> StatusReport | None:
        """SMTP tells no more once the server has taken the mail."""
        return None

    def _connection(self) -> aiosmtplib.SMTP:
        settings = self._settings
        return aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            username=settings.username,
            password=settings.password,
            use_tls=settings.security == "tls",
            # Never "if the server offers it": that would let anybody between strip it.
            start_tls=settings.security == "starttls",
            tls_context=None if settings.security == "none" else self._context(),
            timeout=self._timeout,
            # Else it asks the system's name service for our own name at every mail.
            local_hostname=_own_name(),
        )

    def _context(self) -> ssl.SSLContext:
        # One for all mails: reading the system's certificates takes tens of milliseconds.
        if self._tls_context is None:
            self._tls_context = ssl.create_default_context()
        return self._tls_context


@cache
def _own_name() -> str:
    """What we call ourselves in EHLO (RFC 5321, 4.1.1.1)."""
    return socket.gethostname() or "localhost"


def _as_channel_error(error: Exception) -> ChannelError:
    match error:
        case aiosmtplib.SMTPRecipientsRefused(recipients=[refused, *_]):
            return _refused(refused.code, "The mail server refused the recipient.")
        case aiosmtplib.SMTPAuthenticationError():
            return _refused(error.code, "The mail server refused our user name or password.")
        case aiosmtplib.SMTPResponseException():
            return _refused(error.code, "The mail server refused the mail.")
        case _ if type(error) in (aiosmtplib.SMTPException, aiosmtplib.SMTPNotSupported):
            return ChannelError(
                "smtp_unsupported",
                "The mail server lacks STARTTLS or the sign-in that the settings ask for.",
                is_permanent=True,
            )
        case TimeoutError():
            code, sentence = "timeout", "The mail server did not answer in time."
        case _ if isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError):
            code, sentence = "tls_failed", "TLS with the mail server failed."
        case aiosmtplib.SMTPConnectError():
            code, sentence = "connect_failed", "The mail server could not be reached."
        case _:
            code, sentence = "connection_lost", "The connection to the mail server broke."
    return ChannelError(code, sentence, is_permanent=False)


def _refused(code: int, sentence: str) -> ChannelError:
    """RFC 5321, 4.2.1: 5yz comes again for the same mail, 4yz may not."""
    return ChannelError(str(code), sentence, is_permanent=500 <= code < 600)


def _header_text(text: str, limit: int) -> str:
    """The first line, safe for a header, where mail programs would decode `=?…?=`."""
    return single_line(text, limit).replace("=?", "= ?")


def _name(text: str) -> str:
    """A display name without what has a meaning in addresses (RFC 5322, 3.2.3).

    Quoting would do for a good parser. Others take an address inside for the sender's.
    """
    return _header_text(text.translate(_SPECIALS), _NAME_LIMIT)


def _address(spelled: str) -> str:
    """Return the normalised address, its domain in ASCII. Raises InvalidRecipient. Asks no DNS."""
    try:
        checked = validate_email(
            spelled,
            check_deliverability=False,
            strict=True,
            allow_smtputf8=False,
            test_environment=True,  # .test is for trying out (RFC 6761)
        )
    except EmailNotValidError:
        raise InvalidRecipient("This is not an e-mail address.") from None
    if is_routed(spelled):
        raise InvalidRecipient(ROUTED_ADDRESS)
    return checked.ascii_email or checked.normalized


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@cache
def _templates() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("pausepoint.channels", "templates/email"),
        autoescape=jinja2.select_autoescape(["html"]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
