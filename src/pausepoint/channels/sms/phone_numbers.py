"""Premium-rate and shared-cost phone numbers. The only file that imports phonenumbers.

The library holds every country's numbering plan; it is loaded with the first number:
3 MB, 25 ms, then 36 µs a number.
"""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=10_000)
def is_premium(number: str) -> bool:
    """`number` is in E.164. False for one that no plan knows."""
    import phonenumbers  # noqa: PLC0415 - imported on first use

    try:
        kind = phonenumbers.number_type(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return False
    return kind in (
        phonenumbers.PhoneNumberType.PREMIUM_RATE,
        phonenumbers.PhoneNumberType.SHARED_COST,
    )
