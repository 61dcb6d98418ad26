"""The server's channels. Made by scripts/write_reference.py from pausepoint.channels.registry."""

from __future__ import annotations

CHANNELS = {
    "sms": r"[ (]*\+[^@]*",
    "email": r"(?!https?://).*@.*",
    "slack": r"https?://.*",
}
"""What the recipients of each look like, as regular expressions for the whole text."""

NOUNS = "SMS, e-mail or Slack"
RECIPIENTS = "phone number, e-mail address or Slack webhook URL"
