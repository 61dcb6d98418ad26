"""SMS as a channel: phone numbers, settings, and what is wired to Twilio."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar, Final

from pausepoint.channels.base import (
    CallbackReader,
    Channel,
    HttpClient,
    Notification,
    OperatorValues,
    Preview,
    template_beside,
)
from pausepoint.channels.setting import Setting, api_url, ascii_text, listed, whole
from pausepoint.channels.sms.message import Sms, render_sms
from pausepoint.channels.sms.phone_numbers import is_premium
from pausepoint.channels.sms.twilio import BASE_URL, TwilioCallback, TwilioSettings, TwilioTransport
from pausepoint.domain.errors import InvalidRecipient

_SEPARATORS: Final = re.compile(r"[\s.()\[\]\-‐‑‒–—]")
_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")


def _account_sid(value: str) -> str:
    if not re.fullmatch(r"AC[0-9a-zA-Z]{1,64}", value):
        raise ValueError("must be Twilio's account SID, which begins with AC")
    return value


def _sender(value: str) -> str:
    if not re.fullmatch(r"\+[1-9]\d{6,14}|MG[0-9a-zA-Z]{1,64}|[0-9A-Za-z ]{1,11}", value):
        raise ValueError("must be a phone number such as +15550100199, a sender name, or MG…")
    return value


def _countries(value: str) -> tuple[str, ...]:
    beginnings = listed(value)
    if not beginnings or not all(re.fullmatch(r"\+[1-9][0-9]{0,14}", one) for one in beginnings):
        raise ValueError("must be beginnings of phone numbers, such as +1,+44")
    return beginnings


_SETTINGS: Final = (
    Setting(
        "PAUSEPOINT_TWILIO_ACCOUNT_SID",
        "twilio_account_sid",
        _account_sid,
        "unset",
        "SMS by Twilio.",
    ),
    Setting(
        "PAUSEPOINT_TWILIO_AUTH_TOKEN",
        "twilio_auth_token",
        ascii_text,
        "unset",
        "Twilio's token for the account.",
        is_secret=True,
    ),
    Setting(
        "PAUSEPOINT_TWILIO_FROM",
        "twilio_from",
        _sender,
        "unset",
        "The number or messaging service (`MG…`) that sends.",
    ),
    Setting(
        "PAUSEPOINT_TWILIO_BASE_URL",
        "twilio_base_url",
        api_url,
        BASE_URL,
        "Where Twilio's API is.",
    ),
    Setting(
        "PAUSEPOINT_SMS_MAX_SEGMENTS",
        "sms_max_segments",
        whole(1, 10),
        "3",
        "How many segments an SMS may cost; longer questions are cut, the link never.",
    ),
    Setting(
        "PAUSEPOINT_SMS_COUNTRIES",
        "sms_countries",
        _countries,
        "any",
        "With what a number must begin to be sent an SMS, such as `+1,+44`.",
    ),
)


class SmsChannel(Channel[Sms]):
    """`countries` are beginnings of the phone numbers that may be asked; None for any."""

    name: ClassVar = "sms"
    reached_by: ClassVar = "by SMS"
    address: ClassVar = "phone number"
    recipient_form: ClassVar = r"[ (]*\+[^@]*"
    allowed_form: ClassVar = r"\+[1-9][0-9]{0,14}\*?"
    allowed_example: ClassVar = "+44*"
    setup_hint: ClassVar = "PAUSEPOINT_TWILIO_ACCOUNT_SID, _AUTH_TOKEN and _FROM"
    settings: ClassVar = _SETTINGS
    callbacks: ClassVar = {"twilio/{delivery_id}": "Twilio's status callback"}

    def __init__(
        self,
        max_segments: int = 3,
        twilio: TwilioSettings | None = None,
        countries: Sequence[str] | None = None,
    ) -> None:
        self._max_segments = max_segments
        self._twilio = twilio
        self._countries = countries

    @classmethod
    def configure(cls, given: OperatorValues) -> SmsChannel:
        return cls(
            given.values.get("sms_max_segments", 3),
            _twilio_settings(given),
            given.values.get("sms_countries"),
        )

    @property
    def is_set_up(self) -> bool:
        return self._twilio is not None

    def normalise(self, recipient: str) -> str:
        number = _SEPARATORS.sub("", recipient)
        if not _E164.fullmatch(number):
            raise InvalidRecipient(
                "An SMS goes to a phone number in international form, such as +12025550100."
            )
        return number

    def forbids(self, recipient: str) -> str | None:
        if self._countries is not None and not recipient.startswith(tuple(self._countries)):
            return (
                "This server sends SMS to some countries only, and this number is in none of them."
                " Ask its operator."
            )
        if is_premium(recipient):
            return "This is a premium-rate or shared-cost number, and no person is asked there."
        return None

    def render(self, notification: Notification) -> Sms:
        return render_sms(notification, self._max_segments)

    def preview(self, message: Sms) -> Preview:
        return Preview(template_beside(__file__), {"message": message})

    def transport(self, guarded: HttpClient, operator: HttpClient) -> TwilioTransport:
        assert self._twilio is not None
        return TwilioTransport(self._twilio, operator)

    def callback_reader(self, path: str) -> CallbackReader | None:
        return TwilioCallback(self._twilio.auth_token) if self._twilio is not None else None


def _twilio_settings(given: OperatorValues) -> TwilioSettings | None:
    required = ("twilio_account_sid", "twilio_auth_token", "twilio_from")
    missing = [name for name in required if name not in given.values]
    if len(missing) == len(required):
        return None
    if missing:
        names = ", ".join(f"PAUSEPOINT_{name.upper()}" for name in missing)
        raise ValueError(f"{names} must be set too, or SMS cannot be sent")
    is_reachable = given.public_url.startswith("https://")
    return TwilioSettings(
        account_sid=given.values["twilio_account_sid"],
        auth_token=given.values["twilio_auth_token"],
        from_=given.values["twilio_from"],
        base_url=given.values.get("twilio_base_url", BASE_URL),
        status_callback_base=given.public_url if is_reachable else None,
    )
