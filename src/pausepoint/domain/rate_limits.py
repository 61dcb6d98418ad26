"""How much one caller may ask for: the operator's numbers. The contract's are the defaults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

WINDOW_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class RateLimits:
    """Each a number a minute, but `held`, which is how many at once."""

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
    """looks at one question"""


USUAL: Final = RateLimits()
