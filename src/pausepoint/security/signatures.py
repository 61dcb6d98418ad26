"""How webhooks are signed: the fixed header, and Standard Webhooks beside it against replay.

Source: the Standard Webhooks specification, "Signature scheme".
"""

from __future__ import annotations

import binascii
import hmac
from base64 import b64decode, b64encode
from typing import Final

from pausepoint.domain.time import Instant

_PREFIX: Final = "whsec_"


def webhook_headers(
    secret: str, event: str, event_id: str, now: Instant, body: bytes
) -> dict[str, str]:
    """Return all headers of one attempt. `event_id` is the same for all attempts of one event."""
    timestamp = now // 1000
    signed = f"{event_id}.{timestamp}.".encode() + body
    digest = hmac.digest(standard_key(secret), signed, "sha256")
    return {
        "content-type": "application/json",
        "x-pausepoint-event": event,
        "x-pausepoint-signature": simple_signature(secret, body),
        "webhook-id": event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": "v1," + b64encode(digest).decode(),
    }


def simple_signature(secret: str, body: bytes) -> str:
    """Return `sha256=` and the hex HMAC-SHA256 of the raw body, keyed with the secret's bytes."""
    return "sha256=" + hmac.digest(secret.encode(), body, "sha256").hex()


def standard_key(secret: str) -> bytes:
    """Return the Standard Webhooks key: `whsec_<base64>` decoded, any other secret as its bytes."""
    if secret.startswith(_PREFIX):
        try:
            return b64decode(secret[len(_PREFIX) :], validate=True)
        except (binascii.Error, ValueError):
            pass
    return secret.encode()
