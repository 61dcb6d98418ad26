"""Twilio's error codes as data: Twilio splits and moves them at times.

Source: Twilio's documentation, "Error and Warning Dictionary".
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Fault(StrEnum):
    RECIPIENT = "recipient"  # this number cannot be reached, now or later
    CONFIGURATION = "configuration"  # the operator must change something
    CONTENT = "content"  # this text is refused
    PASSING = "passing"  # the same message may pass later

    @property
    def is_permanent(self) -> bool:
        return self is not Fault.PASSING


_R, _C, _T, _P = Fault.RECIPIENT, Fault.CONFIGURATION, Fault.CONTENT, Fault.PASSING

TWILIO_CODES: Final[dict[str, tuple[str, Fault]]] = {
    "14107": ("Too many messages at once.", _P),
    "20003": ("Twilio did not accept the account or its token.", _C),
    "20005": ("The Twilio account is not active.", _C),
    "20404": ("Twilio does not know this account.", _C),
    "20429": ("Too many requests at once.", _P),
    "20500": ("Twilio has an internal error.", _P),
    "20503": ("Twilio is not available.", _P),
    "21211": ("The number is not valid.", _R),
    "21212": ("The sender's number is not valid.", _C),
    "21214": ("The number cannot be reached.", _R),
    "21217": ("The number is not valid.", _R),
    "21408": ("SMS to this country is not enabled in the Twilio account.", _C),
    "21602": ("The message is empty.", _T),
    "21606": ("The sender's number is not the account's, or cannot send SMS.", _C),
    "21608": ("A trial account sends to verified numbers only.", _C),
    "21609": ("Twilio cannot use the callback's URL; check PAUSEPOINT_PUBLIC_URL.", _C),
    "21610": ("The person has opted out of SMS from this sender (STOP).", _R),
    "21611": ("The sender's queue at Twilio is full.", _P),
    "21612": ("Twilio has no route from this sender to this number.", _C),
    "21614": ("The number is not a mobile number.", _R),
    "21617": ("The message is too long.", _T),
    "21659": ("The sender is not a number of the account.", _C),
    "21660": ("The sender does not belong to the account.", _C),
    "30001": ("The sender's queue overflowed.", _P),
    "30002": ("The Twilio account is suspended.", _C),
    "30003": ("The phone is switched off or out of reach.", _P),
    "30004": ("The number is blocked, or does not take such messages.", _R),
    "30005": ("The number is unknown.", _R),
    "30006": ("The number is a landline, or its carrier cannot be reached.", _R),
    "30007": ("The carrier filtered the message as spam.", _T),
    "30008": ("The carrier gave no reason.", _P),
    "30032": ("The toll-free sender is not verified.", _C),
    "30034": ("The sender is not registered for 10DLC.", _C),
}
