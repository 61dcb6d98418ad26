"""The signed token in a respond_url: whose pause, until when, and our signature over both.

base64url of 16 bytes id, 8 bytes expiry (epoch milliseconds), and HMAC-SHA256 cut to 16 bytes:
54 characters, so that a link fits an SMS. Truncation to half: RFC 2104 §5.
"""

from __future__ import annotations

import binascii
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from functools import cache
from typing import Final

from pausepoint.domain.ids import pause_id_bytes, pause_id_from_bytes
from pausepoint.domain.record import record
from pausepoint.domain.time import Instant

LENGTH: Final = 54
_PAYLOAD_BYTES: Final = 24
_PURPOSE: Final = b"pausepoint.response_token\0"


@record(frozen=True, slots=True)
class ResponseToken:
    pause_id: str
    expires_at: Instant


def issue(token: ResponseToken, secret_key: str) -> str:
    payload = pause_id_bytes(token.pause_id) + token.expires_at.to_bytes(8, "big")
    return urlsafe_b64encode(payload + _signature(payload, secret_key)).decode().rstrip("=")


def verify(text: str, secret_keys: Sequence[str]) -> ResponseToken | None:
    """What the token says, if one of the keys signed it; None for anything else whatever."""
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
    if not any(hmac.compare_digest(signature, _signature(payload, key)) for key in secret_keys):
        return None
    return ResponseToken(pause_id_from_bytes(payload[:16]), int.from_bytes(payload[16:], "big"))


def _signature(payload: bytes, secret_key: str) -> bytes:
    signing = _keyed(secret_key).copy()
    signing.update(payload)
    return signing.digest()[:16]


@cache
def _keyed(secret_key: str) -> hmac.HMAC:
    return hmac.new(secret_key.encode(), _PURPOSE, "sha256")
