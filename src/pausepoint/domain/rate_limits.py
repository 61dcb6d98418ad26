"""Rate limits for a caller and for a recipient: the operator's settings. The defaults are the contract's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

WINDOW_SECONDS: Final = 60
HOUR_SECONDS: Final = 3600


@dataclass(frozen=True, slots=True)
class RateLimits:
    """Each a number a minute, unless it says otherwise."""

    key: int = 120
    """requests with one key"""
    address: int = 300
    """requests with keys from one address"""
    no_key: int = 100
    """requests without a key, or with a wrong one, from one address"""
    sign_in: int = 20
    """registrations and sign-ins from one address, and tries with one key's beginning"""
    held: int = 1000
    """requests of one key that wait at the same time"""
    answers: int = 10
    """answers to one question"""
    looks: int = 60
    """requests for one question's page"""
    recipient_messages: int = 30
    """messages an hour to one person, by the live keys of one account"""
    recipient_pending: int = 20
    """questions of one account that wait for one person at the same time"""
    confirmations: int = 20
    """confirmations an hour that one account has sent"""
    confirmations_to: int = 3
    """confirmations an hour that one person is sent, over all accounts"""
    test_records: int = 2000
    """pauses and recipients an hour that one account makes with test keys"""


USUAL: Final = RateLimits()
