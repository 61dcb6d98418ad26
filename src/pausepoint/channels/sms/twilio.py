"""SMS through Twilio: messages, what became of them, and its signed status callbacks.

Delivery is at least once: Twilio has no idempotency key, so a lost answer may mean a second SMS.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlencode

from pausepoint.channels.base import (
    ChannelError,
    HttpClient,
    InboundRequest,
    InboundStatus,
    Notification,
    Receipt,
    Reply,
    StatusReport,
    Transport,
    retry_after,
)
from pausepoint.channels.sms.message import Sms
from pausepoint.channels.sms.twilio_codes import TWILIO_CODES
from pausepoint.domain.delivery import DeliveryState
from pausepoint.domain.errors import InvalidSignature
from pausepoint.domain.time import Instant
from pausepoint.security.twilio_signature import verify_twilio_signature

BASE_URL: Final = "https://api.twilio.com"
_VALIDITY_LIMIT: Final = 36_000
"""Seconds, the most that Twilio takes."""

_TWILIOS_WORD: Final = re.compile(r"[0-9]{1,9}|[a-z_]{1,30}")
"""A code or a status. Anything else may quote the message, and the agent is shown the code."""


_STATES: Final = {
    "accepted": DeliveryState.SENT,
    "scheduled": DeliveryState.SENT,
    "queued": DeliveryState.SENT,
    "sending": DeliveryState.SENT,
    "sent": DeliveryState.SENT,
    "partially_delivered": DeliveryState.SENT,
    "delivered": DeliveryState.DELIVERED,
    "read": DeliveryState.DELIVERED,
    "undelivered": DeliveryState.FAILED,
    "failed": DeliveryState.FAILED,
    "canceled": DeliveryState.FAILED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TwilioSettings:
    """`from_` is a number, or the SID (MG…) of a messaging service.

    `status_callback_base` is the public URL, or None where Twilio cannot reach us by https.
    """

    account_sid: str
    auth_token: str = field(repr=False)
    from_: str
    base_url: str = BASE_URL
    status_callback_base: str | None = None


class TwilioTransport(Transport[Sms]):
    """SMS over Twilio's Messages resource, version 2010-04-01."""

    def __init__(self, settings: TwilioSettings, client: HttpClient) -> None:
        self._settings = settings
        self._client = client
        account = quote(settings.account_sid, safe="")
        self._messages = f"{settings.base_url.rstrip('/')}/2010-04-01/Accounts/{account}/Messages"
        credentials = f"{settings.account_sid}:{settings.auth_token}".encode()
        self._authorization = f"Basic {b64encode(credentials).decode()}"

    async def send(self, message: Sms, notification: Notification, now: Instant) -> Receipt:
        """A timeout or a lost connection is worth another attempt, though it may send twice."""
        reply = await self._client.request(
            "POST",
            f"{self._messages}.json",
            headers={
                "Authorization": self._authorization,
                "Content-Type": "application/x-www-form-urlencoded",
            },
            body=urlencode(self._fields(message, notification, now)).encode(),
        )
        answer = _json_object(reply.body)
        status, sid = _word(answer.get("status")), _text(answer.get("sid"))
        if not 200 <= reply.status < 300 or _STATES.get(status or "") is DeliveryState.FAILED:
            raise _refusal(reply, answer, now)
        # After any 2xx Twilio has the message: to fail here would send it again.
        return Receipt(
            provider_id=sid,
            code=status,
            facts={"encoding": message.encoding, "segments": message.segments},
            is_checkable=self._settings.status_callback_base is None and sid is not None,
        )

    async def fetch_status(self, provider_id: str) -> StatusReport | None:
        reply = await self._client.request(
            "GET",
            f"{self._messages}/{quote(provider_id, safe='')}.json",
            headers={"Authorization": self._authorization},
        )
        if reply.status != 200:
            return None
        answer = _json_object(reply.body)
        return status_report(_text(answer.get("status")) or "", answer.get("error_code"))

    def _fields(self, message: Sms, notification: Notification, now: Instant) -> dict[str, str]:
        seconds_left = (notification.expires_at - now) // 1000
        sender = "MessagingServiceSid" if self._settings.from_.startswith("MG") else "From"
        fields = {
            "To": message.to,
            sender: self._settings.from_,
            "Body": message.body,
            # No SMS may arrive after the deadline.
            "ValidityPeriod": str(max(1, min(_VALIDITY_LIMIT, seconds_left))),
        }
        base = self._settings.status_callback_base
        # A confirmation is sent once, and belongs to no delivery whose status could be recorded.
        if base is not None and not notification.is_confirmation:
            path = f"/v1/callbacks/twilio/{notification.delivery_id}"
            fields["StatusCallback"] = base.rstrip("/") + path
        return fields


class TwilioCallback:
    """Implements `CallbackReader`: the form that Twilio posts to StatusCallback."""

    def __init__(self, auth_token: str) -> None:
        self._auth_token = auth_token

    def read(self, request: InboundRequest) -> list[InboundStatus]:
        try:
            fields = parse_qsl(
                request.body.decode("ascii"), keep_blank_values=True, max_num_fields=100
            )
        except ValueError:
            raise InvalidSignature from None
        signature = request.headers.get("x-twilio-signature", "")
        if not verify_twilio_signature(request.url, fields, signature, self._auth_token):
            raise InvalidSignature
        values = dict(fields)
        report = status_report(values.get("MessageStatus", ""), values.get("ErrorCode"))
        delivery_id, provider_id = request.path["delivery_id"], values.get("MessageSid", "")
        return [InboundStatus(delivery_id, provider_id, report)]


def status_report(message_status: str, error_code: object) -> StatusReport | None:
    """Convert Twilio's MessageStatus and ErrorCode; None for an unknown status."""
    state = _STATES.get(message_status.lower())
    if state is None:
        return None
    return StatusReport(state, _word(error_code))


def _refusal(reply: Reply, answer: Mapping[str, Any], now: Instant) -> ChannelError:
    code = _word(answer.get("code") or answer.get("error_code")) or f"http_{reply.status}"
    is_passing = reply.status in (408, 425, 429) or not 400 <= reply.status < 500
    meaning, fault = TWILIO_CODES.get(code, ("Twilio refused the message.", None))
    return ChannelError(
        code,
        meaning,
        # A code we do not know: a refused request would be refused again, a failed one may pass.
        is_permanent=not is_passing if fault is None else fault.is_permanent,
        retry_after=retry_after(reply, now),
    )


def _json_object(body: bytes) -> Mapping[str, Any]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _text(value: object) -> str | None:
    return str(value) if isinstance(value, str | int) and value else None


def _word(value: object) -> str | None:
    text = _text(value)
    return text if text is not None and _TWILIOS_WORD.fullmatch(text) else None
