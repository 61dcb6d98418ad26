"""An id and a number that we signed for one purpose, short enough for an SMS: 54 characters of base64url.

16 bytes id, 8 bytes number, and HMAC-SHA256 cut to 16 bytes. Truncation to half: RFC 2104 §5.
"""

from __future__ import annotations

import binascii
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from functools import cache
from typing import Final

LENGTH: Final = 54
_PAYLOAD_BYTES: Final = 24


def sign(raw_id: bytes, number: int, secret_key: str, purpose: str) -> str:
    payload = raw_id + number.to_bytes(8, "big")
    signed = payload + _signature(payload, secret_key, purpose)
    return urlsafe_b64encode(signed).decode().rstrip("=")


def read(text: str, secret_keys: Sequence[str], purpose: str) -> tuple[bytes, int] | None:
    """Return the content if one of the keys signed it for this purpose; None for anything else."""
    if len(text) != LENGTH or not text.isascii():
        return None
    try:
        raw = urlsafe_b64decode(text + "==")
    except (binascii.Error, ValueError):
        return None
    # Lenient decoders take several spellings of the same bytes: only the one we wrote is ours.
    if urlsafe_b64encode(raw).decode().rstrip("=") != text:
        return None
    payload, signature = raw[:_PAYLOAD_BYTES], raw[_PAYLOAD_BYTES:]
    if not any(
        hmac.compare_digest(signature, _signature(payload, key, purpose)) for key in secret_keys
    ):
        return None
    return payload[:16], int.from_bytes(payload[16:], "big")


def _signature(payload: bytes, secret_key: str, purpose: str) -> bytes:
    signing = _keyed(secret_key, purpose).copy()
    signing.update(payload)
    return signing.digest()[:16]


@cache
def _keyed(secret_key: str, purpose: str) -> hmac.HMAC:
    return hmac.new(secret_key.encode(), f"pausepoint.{purpose}\0".encode(), "sha256")
