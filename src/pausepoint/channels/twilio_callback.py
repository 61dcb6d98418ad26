"""Twilio's status callback: believed if signed, then read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pausepoint.channels.base import StatusReport
from pausepoint.channels.sms import status_report
from pausepoint.security.twilio_signature import verify_twilio_signature


class TwilioCallback:
    """Implements `CallbackReader`."""

    def __init__(self, auth_token: str) -> None:
        self._auth_token = auth_token

    def is_genuine(self, url: str, fields: Sequence[tuple[str, str]], signature: str) -> bool:
        return verify_twilio_signature(url, list(fields), signature, self._auth_token)

    def read(self, fields: Mapping[str, str]) -> tuple[str, StatusReport | None]:
        report = status_report(fields.get("MessageStatus", ""), fields.get("ErrorCode"))
        return fields.get("MessageSid", ""), report
