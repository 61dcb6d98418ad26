"""E-mail as a channel: addresses, settings, and the SMTP server."""

from __future__ import annotations

from typing import ClassVar, Final

from pausepoint.channels.base import (
    AnyTransport,
    Channel,
    HttpClient,
    Notification,
    OperatorValues,
    Preview,
    template_beside,
)
from pausepoint.channels.email.mailbox import normalise_mailbox
from pausepoint.channels.email.message import render_email
from pausepoint.channels.email.mime import Email
from pausepoint.channels.email.smtp_settings import SmtpSettings
from pausepoint.channels.setting import Setting, text, url_characters
from pausepoint.domain.recipients import is_routed

_SETTINGS: Final = (
    Setting(
        "PAUSEPOINT_SMTP_URL",
        "smtp_url",
        url_characters,
        "unset",
        "E-mail: `smtp+starttls://user:password@host:587`, `smtps://…`, or `smtp://…` on this machine.",
        is_secret=True,
    ),
    Setting(
        "PAUSEPOINT_EMAIL_FROM",
        "email_from",
        text,
        "unset",
        "The address that e-mail comes from.",
    ),
)


class EmailChannel(Channel[Email]):
    """`from_address` gives the Message-ID its domain."""

    name: ClassVar = "email"
    reached_by: ClassVar = "by e-mail"
    address: ClassVar = "e-mail address"
    recipient_form: ClassVar = r"(?!https?://).*@.*"
    allowed_form: ClassVar = r"[!-+\--?A-~]+@(\*\.)?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+"
    allowed_example: ClassVar = "*@example.com"
    setup_hint: ClassVar = "PAUSEPOINT_SMTP_URL and PAUSEPOINT_EMAIL_FROM"
    settings: ClassVar = _SETTINGS

    def __init__(
        self, from_address: str = "pausepoint@localhost", smtp: SmtpSettings | None = None
    ) -> None:
        self._domain = from_address.rpartition("@")[2]
        self._smtp = smtp

    @classmethod
    def configure(cls, given: OperatorValues) -> EmailChannel:
        url, email_from = given.values.get("smtp_url"), given.values.get("email_from")
        if url is None and email_from is None:
            return cls()
        if url is None or email_from is None:
            raise ValueError("PAUSEPOINT_SMTP_URL and PAUSEPOINT_EMAIL_FROM must be set together")
        smtp = SmtpSettings.parse(url, email_from)
        return cls(smtp.from_address, smtp)

    @property
    def is_set_up(self) -> bool:
        return self._smtp is not None

    def normalise(self, recipient: str) -> str:
        return normalise_mailbox(recipient.strip())

    @classmethod
    def is_allowed_pattern(cls, pattern: str) -> bool:
        return super().is_allowed_pattern(pattern) and not is_routed(pattern)

    def render(self, notification: Notification) -> Email:
        return render_email(notification, self._domain)

    def preview(self, message: Email) -> Preview:
        return Preview(template_beside(__file__), {"message": message}, message.html)

    def transport(self, guarded: HttpClient, operator: HttpClient) -> AnyTransport:
        from pausepoint.channels.email.smtp import SmtpTransport  # noqa: PLC0415 - see pausepoint.channels

        assert self._smtp is not None
        return SmtpTransport(self._smtp)
