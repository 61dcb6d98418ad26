"""PAUSEPOINT_SMTP_URL and PAUSEPOINT_EMAIL_FROM."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final, Literal
from urllib.parse import unquote, urlsplit

from pausepoint.channels.email.mailbox import normalise_mailbox
from pausepoint.domain.errors import InvalidRecipient


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSettings:
    """The mail server. TLS is implicit, required by STARTTLS, or off."""

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
            parts = urlsplit(url)
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
            from_address = normalise_mailbox(email_from)
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


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
