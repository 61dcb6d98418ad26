"""E-mail, sent through an SMTP server."""

from pausepoint.channels.email.channel import EmailChannel
from pausepoint.channels.email.smtp_settings import SmtpSettings

__all__ = ["EmailChannel", "SmtpSettings"]
