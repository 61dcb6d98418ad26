"""Verify the signature of a webhook request, and decode its event.

Source: the Standard Webhooks specification, "Signature scheme".
"""

from __future__ import annotations

import binascii
import hmac
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NoReturn

import msgspec
from msgspec import Struct

from pausepoint.client.environment import now
from pausepoint.client.errors import InvalidSignature

TOLERANCE = timedelta(minutes=5)

_STANDARD = ("webhook-id", "webhook-timestamp", "webhook-signature")
_SIMPLE = "x-pausepoint-signature"
_PREFIX = "whsec_"
_SECONDS = re.compile(r"[0-9]{1,12}")


class EventData(Struct, frozen=True, kw_only=True):
    """The answer, as in the event; all None where there is none.

    `test` is true for a pause that was made with a test key: its answer may be a simulated person's.
    It is None where the server is too old to say.
    """

    choice: str | None = None
    text: str | None = None
    response_at: datetime | None = None
    metadata: dict[str, Any] | None = None
    resolved_by: str | None = None
    test: bool | None = None

    def __repr__(self) -> str:
        return f"EventData(resolved_by={self.resolved_by!r}, test={self.test!r})"


class WebhookEvent(Struct, frozen=True, kw_only=True):
    """`webhook_id` is the same each time this event is sent: remember it, and skip what came before.

    It is None where the sender gave only the simple signature, which has no timestamp.
    """

    event: str
    pause_id: str
    developer_id: str
    timestamp: datetime
    data: EventData
    webhook_id: str | None = None

    @property
    def by_human(self) -> bool:
        """True if a person chose `data.choice`, False if the time-out's default applied.

        Also true for a simulated person, who answers test keys: check `data.test`.
        """
        return self.data.resolved_by == "human"


def verify_webhook(
    body: bytes | str,
    headers: Mapping[str, str],
    secret: str,
    *,
    tolerance: timedelta = TOLERANCE,
    at: float | None = None,
) -> WebhookEvent:
    """Verify and decode an event signed with `secret`. Raises InvalidSignature, and nothing else.

    `body` is the raw body, before any parser. The headers of Standard Webhooks are checked, with
    their time; where all of them are absent, X-PausePoint-Signature is, which has none. `at` is
    the time to check against, in seconds since 1970: now, unless given.
    """
    try:
        raw = body.encode() if isinstance(body, str) else bytes(memoryview(body))
        given = {name.lower(): value for name, value in headers.items()}
        key = secret.encode()
        limit = tolerance.total_seconds()
    except (AttributeError, TypeError, ValueError):
        _refuse("The body, headers or secret are not of the right kind.")
    if not key:
        _refuse("There is no secret to check with.")
    if any(name in given for name in _STANDARD):
        return _event(raw, _standard(raw, given, secret, limit, now() if at is None else at))
    _check_simple(raw, given.get(_SIMPLE), key)
    return _event(raw, None)


def _standard(raw: bytes, headers: Mapping[str, str], secret: str, limit: float, at: float) -> str:
    """Verify a Standard Webhooks signature and return the event's id. Raises InvalidSignature."""
    event_id, seconds, signatures = (str(headers.get(name, "")) for name in _STANDARD)
    if not _SECONDS.fullmatch(seconds):
        _refuse("A header of Standard Webhooks is missing or malformed.")
    if not abs(at - int(seconds)) <= limit:
        _refuse("The event is too old, or the clocks differ.")
    signed = f"{event_id}.{seconds}.".encode(errors="replace") + raw
    digest = b64encode(hmac.digest(_standard_key(secret), signed, "sha256"))
    expected = b"v1," + digest
    if not any(_same(expected, signature) for signature in signatures.split(" ")):
        _refuse("The signature is wrong.")
    return event_id


def _check_simple(raw: bytes, signature: object, key: bytes) -> None:
    expected = b"sha256=" + hmac.digest(key, raw, "sha256").hex().encode()
    if not _same(expected, str(signature or "")):
        _refuse("The signature is missing or wrong.")


def _standard_key(secret: str) -> bytes:
    """Return the signing key: `whsec_<base64>` decoded, any other secret as its bytes."""
    if secret.startswith(_PREFIX):
        try:
            return b64decode(secret[len(_PREFIX) :], validate=True)
        except (binascii.Error, ValueError):
            pass
    return secret.encode()


def _same(expected: bytes, given: str) -> bool:
    return hmac.compare_digest(expected, given.encode(errors="replace"))


def _event(raw: bytes, webhook_id: str | None) -> WebhookEvent:
    try:
        event = msgspec.json.decode(raw, type=WebhookEvent)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        _refuse("It is signed, but it is no event of PausePoint.")
    return msgspec.structs.replace(event, webhook_id=webhook_id)


def _refuse(sentence: str) -> NoReturn:
    raise InvalidSignature(sentence) from None
