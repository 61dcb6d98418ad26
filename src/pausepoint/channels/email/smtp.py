"""E-mail leaves through the operator's SMTP server."""

from __future__ import annotations

import asyncio
import socket
import ssl
from contextlib import suppress
from datetime import timedelta
from functools import cache
from typing import Final

import aiosmtplib

from pausepoint.channels.base import ChannelError, Notification, Receipt, StatusReport
from pausepoint.channels.email.mime import Email, compose
from pausepoint.channels.email.smtp_settings import SmtpSettings
from pausepoint.domain.time import Instant

_FAREWELL_SECONDS: Final = 1


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
