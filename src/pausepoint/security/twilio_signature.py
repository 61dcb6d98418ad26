"""Verification of Twilio's signature on status callbacks."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit, urlunsplit


def verify_twilio_signature(
    url: str, params: Sequence[tuple[str, str]], signature: str, auth_token: str
) -> bool:
    """True if `signature` (X-Twilio-Signature) is valid; malformed values are False.

    `url` is the one given to Twilio, `params` the decoded form fields. Source: Twilio's
    documentation, "Webhooks security: validating signatures".
    """
    if not signature.isascii():
        return False
    given = signature.encode("ascii")
    # Twilio has signed with and without the default port over the years.
    expected = [_sign(spelling, params, auth_token) for spelling in _spellings(url)]
    return any(hmac.compare_digest(given, one) for one in expected)


def _sign(url: str, params: Iterable[tuple[str, str]], auth_token: str) -> bytes:
    signed = url + "".join(name + value for name, value in sorted(set(params)))
    # SHA-1 is Twilio's choice; as an HMAC it still holds.
    digest = hmac.new(_bytes(auth_token), _bytes(signed), hashlib.sha1).digest()
    return b64encode(digest)


def _spellings(url: str) -> list[str]:
    """Return the URL as given, and with its default port added or removed."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return [url]
    default = {"https": 443, "http": 80}.get(parts.scheme)
    if default is None or port not in (None, default):
        return [url]
    bare = parts.netloc if port is None else parts.netloc.removesuffix(f":{port}")
    netlocs = (bare, f"{bare}:{default}")
    return [url, *(urlunsplit(parts._replace(netloc=netloc)) for netloc in netlocs)]


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
