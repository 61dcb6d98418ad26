"""SMS: the question and the link in as few segments as it takes, sent through Twilio.

Delivery is at least once: Twilio has no idempotency key, so a lost answer may mean a second SMS.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlencode

from pausepoint.channels import gsm7
from pausepoint.channels.base import (
    ChannelError,
    HttpClient,
    Notification,
    Receipt,
    Reply,
    StatusReport,
    retry_after,
)
from pausepoint.channels.twilio_codes import TWILIO_CODES
from pausepoint.domain.delivery import DeliveryState
from pausepoint.domain.errors import InvalidRecipient
from pausepoint.domain.time import Instant
from pausepoint.domain.words import absolute
from pausepoint.security.display_safe import cut_to_fit, display_safe, quoted

_SEPARATORS: Final = re.compile(r"[\s.()\[\]\-‐‑‒–—]")
_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_TWILIO_BODY_LIMIT: Final = 1600
_VALIDITY_LIMIT: Final = 36_000
_TWILIOS_WORD: Final = re.compile(r"[0-9]{1,9}|[a-z_]{1,30}")
"""A code or a status. Anything else may quote the message, and the agent is shown the code."""

_NAME_LIMIT: Final = 60
_OPTION_LIMIT: Final = 120
_LEAST_SHOWN: Final = 40
"""Of a question, before our lines are cut short."""

_ELLIPSIS: Final = "..."  # "…" is not in GSM-7

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


@dataclass(frozen=True, slots=True)
class Sms:
    """`to` is E.164; `encoding` and `segments` are what `body` takes."""

    to: str
    body: str
    encoding: gsm7.Encoding
    segments: int


class SmsChannel:
    """Implements `Channel[Sms]`."""

    name = "sms"

    def __init__(self, max_segments: int = 3) -> None:
        self._max_segments = max_segments

    def normalise(self, recipient: str) -> str:
        number = _SEPARATORS.sub("", recipient)
        if not _E164.fullmatch(number):
            raise InvalidRecipient(
                "An SMS goes to a phone number in international form, such as +12025550100."
            )
        return number

    def mask(self, recipient: str) -> str:
        return recipient

    def render(self, notification: Notification) -> Sms:
        """The whole question if it fits, else its beginning; the link is never cut.

        Between them stand lines of ours, so that nothing of the agent's is below the link. Where
        the segments run out, the account's name is left out first, then the deadline, and only then
        is the question cut. That the agent wrote it, and what silence means, always stay.
        """
        text, url = display_safe(notification.message).strip(), notification.respond_url
        if notification.is_reminder:
            text = f"Reminder: {text}"

        def body(beginning: str, ours: str) -> str:
            return gsm7.fold(f"[PausePoint] {beginning}\n\n{ours}Respond here: {url}")

        variants = [""] if notification.is_confirmation else _our_lines(notification)
        *_, short, shortest = ("", *variants)
        ours = next((each for each in variants if self._fits(body(text, each))), None)
        if ours is None:
            ours = short if self._fits(body(text[:_LEAST_SHOWN], short)) else shortest
        fitting = body(
            cut_to_fit(text, lambda beginning: self._fits(body(beginning, ours)), _ELLIPSIS), ours
        )
        size = gsm7.measure(fitting)
        return Sms(notification.recipient, fitting, size.encoding, size.segments)

    def _fits(self, body: str) -> bool:
        return len(body) <= _TWILIO_BODY_LIMIT and gsm7.measure(body).segments <= self._max_segments


def _our_lines(notification: Notification) -> list[str]:
    """Who asks, by when, and what silence means: all of it, then less and less."""
    default = notification.timeout_default
    account = f"The text above is by an AI agent of {quoted(notification.sender, _NAME_LIMIT)}."
    agent = "The text above is by an AI agent."
    deadline = f"Answer by {absolute(notification.expires_at, notification.created_at)}."
    if default is None:
        silence, short = f"{deadline} If you don't, the agent is told so.", ""
    else:
        short = f"If you don't answer, {quoted(default, _OPTION_LIMIT)} is chosen."
        silence = f"{deadline} {short}"
    shortest = "" if default is None else f" No answer: {quoted(default, _OPTION_LIMIT)}."
    variants = [
        (account, silence),
        (agent, silence),
        (agent, short),
        (f"By an AI agent.{shortest}",),
    ]
    return ["\n".join(filter(None, lines)) + "\n\n" for lines in variants]


@dataclass(frozen=True, slots=True, kw_only=True)
class TwilioSettings:
    """`from_` is a number, or the SID (MG…) of a messaging service.

    `status_callback_base` is the public URL, or None where Twilio cannot reach us by https.
    """

    account_sid: str
    auth_token: str = field(repr=False)
    from_: str
    base_url: str = "https://api.twilio.com"
    status_callback_base: str | None = None


class TwilioTransport:
    """Implements `Transport[Sms]` over Twilio's Messages resource, version 2010-04-01."""

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
            raise _refused(reply, answer, now)
        # Whatever else a 2xx says, Twilio took the message: to fail here would send it again.
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
        # A confirmation is sent once, and belongs to no delivery that could be told.
        if base is not None and not notification.is_confirmation:
            path = f"/v1/callbacks/twilio/{notification.delivery_id}"
            fields["StatusCallback"] = base.rstrip("/") + path
        return fields


def status_report(message_status: str, error_code: object) -> StatusReport | None:
    """What Twilio's MessageStatus and ErrorCode say; None for a status it has not told us of."""
    state = _STATES.get(message_status.lower())
    if state is None:
        return None
    return StatusReport(state, _word(error_code))


def _refused(reply: Reply, answer: Mapping[str, Any], now: Instant) -> ChannelError:
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
