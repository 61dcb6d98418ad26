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

from pausepoint.channels.base import ChannelError, Notification, Receipt, Transport
from pausepoint.channels.email.mime import Email, compose
from pausepoint.channels.email.smtp_settings import SmtpSettings
from pausepoint.domain.time import Instant

_FAREWELL_SECONDS: Final = 1
_MAILS_A_CONNECTION: Final = 100
"""Providers end a connection after some mails, and few of them say after how many."""


class SmtpTransport(Transport[Email]):
    """Connections are reused, so that a full outbox does not pay for TCP, TLS and AUTH per mail.

    `tls_context` is for a private CA. `idle` is how long a connection waits for the next mail; servers
    keep it for 5 minutes (RFC 5321, 4.5.3.2.7), but some count how many are open.
    """

    def __init__(
        self,
        settings: SmtpSettings,
        tls_context: ssl.SSLContext | None = None,
        timeout: timedelta = timedelta(seconds=15),
        idle: timedelta = timedelta(seconds=5),
    ) -> None:
        self._settings = settings
        self._tls_context = tls_context
        self._timeout = timeout.total_seconds()
        self._idle_seconds = idle.total_seconds()
        self._idle: dict[aiosmtplib.SMTP, asyncio.TimerHandle] = {}
        self._mails: dict[aiosmtplib.SMTP, int] = {}
        self._quitting: set[asyncio.Task[None]] = set()

    async def send(self, message: Email, notification: Notification, now: Instant) -> Receipt:
        """A connection that breaks after the text was sent may mean two mails, never none."""
        mail = compose(message, self._settings.from_address, now)
        try:
            async with asyncio.timeout(self._timeout):
                if not await self._send_over_idle(message.to, mail):
                    server = self._connection()
                    await self._send_over(server, message.to, mail, connects=True)
        except (aiosmtplib.SMTPException, OSError) as error:
            raise _as_channel_error(error) from None
        return Receipt(provider_id=message.message_id, code="250")

    async def close(self) -> None:
        for server in list(self._idle):
            self._quit(server)
        await asyncio.gather(*self._quitting)

    async def _send_over_idle(self, to: str, mail: bytes) -> bool:
        """Return False where no idle connection is left, or the server has given it up meanwhile.

        Servers close idle connections, or answer 421 to the next command (RFC 5321, 3.8).
        """
        if not self._idle:
            return False
        server, timer = self._idle.popitem()
        timer.cancel()
        try:
            await self._send_over(server, to, mail)
        except (aiosmtplib.SMTPServerDisconnected, ConnectionError):
            return False
        except aiosmtplib.SMTPResponseException as error:
            if error.code != aiosmtplib.SMTPStatus.domain_unavailable:
                raise
            return False
        return True

    async def _send_over(
        self, server: aiosmtplib.SMTP, to: str, mail: bytes, *, connects: bool = False
    ) -> None:
        try:
            if connects:
                await server.connect()
            await server.sendmail(self._settings.from_address, [to], mail)
        except BaseException:
            # What state the session is in is not known: a later mail must not depend on it.
            self._mails.pop(server, None)
            server.close()
            raise
        self._keep(server)

    def _keep(self, server: aiosmtplib.SMTP) -> None:
        self._mails[server] = self._mails.get(server, 0) + 1
        if self._mails[server] >= _MAILS_A_CONNECTION:
            self._quit(server)
            return
        loop = asyncio.get_running_loop()
        self._idle[server] = loop.call_later(self._idle_seconds, self._quit, server)

    def _quit(self, server: aiosmtplib.SMTP) -> None:
        if timer := self._idle.pop(server, None):
            timer.cancel()
        self._mails.pop(server, None)
        task = asyncio.create_task(_say_goodbye(server))
        self._quitting.add(task)
        task.add_done_callback(self._quitting.discard)

    def _connection(self) -> aiosmtplib.SMTP:
        settings = self._settings
        return aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            username=settings.username,
            password=settings.password,
            use_tls=settings.security == "tls",
            # Never "if the server offers it": a man in the middle could strip it.
            start_tls=settings.security == "starttls",
            tls_context=None if settings.security == "none" else self._context(),
            timeout=self._timeout,
            # Else it asks the system's name service for our own name at every mail.
            # The client's name in EHLO (RFC 5321, 4.1.1.1).
            local_hostname=socket.gethostname() or "localhost",
        )

    def _context(self) -> ssl.SSLContext:
        # One for all mails: reading the system's certificates takes tens of milliseconds.
        if self._tls_context is None:
            self._tls_context = ssl.create_default_context()
        return self._tls_context


async def _say_goodbye(server: aiosmtplib.SMTP) -> None:
    try:
        with suppress(aiosmtplib.SMTPException, OSError):
            async with asyncio.timeout(_FAREWELL_SECONDS):
                await server.quit()
    finally:
        server.close()


@cache
def _as_channel_error(error: Exception) -> ChannelError:
    match error:
        case aiosmtplib.SMTPRecipientsRefused(recipients=[refused, *_]):
            return _refusal(refused.code, "The mail server refused the recipient.")
        case aiosmtplib.SMTPAuthenticationError():
            return _refusal(error.code, "The mail server refused our user name or password.")
        case aiosmtplib.SMTPResponseException():
            return _refusal(error.code, "The mail server refused the mail.")
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


def _refusal(code: int, sentence: str) -> ChannelError:
    """RFC 5321, 4.2.1: 5yz comes again for the same mail, 4yz may not."""
    return ChannelError(str(code), sentence, is_permanent=500 <= code < 600)
