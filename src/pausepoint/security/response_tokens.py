"""The signed tokens in a person's links: whose pause, which of its people, and its deadline.

The one in a respond_url decides; the one in a mail's mute link can only mute.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pausepoint.domain.ids import pause_id_bytes, pause_id_from_bytes
from pausepoint.domain.record import record
from pausepoint.domain.time import Instant
from pausepoint.security.signed_ids import LENGTH, read, sign

__all__ = ["LENGTH", "ResponseToken", "issue", "issue_mute", "verify", "verify_mute"]

_PURPOSE: Final = "response_token"
_MUTE: Final = "mute_token"
_PLACE: Final = 56
"""An instant takes 7 of its 8 bytes; the first is the recipient's place."""


@record(frozen=True, slots=True)
class ResponseToken:
    """`recipient_index` is 0 for the pause's recipient, from 1 on a place in the fallback."""

    pause_id: str
    expires_at: Instant
    recipient_index: int = 0


def issue(token: ResponseToken, secret_key: str) -> str:
    return _issue(token, secret_key, _PURPOSE)


def issue_mute(token: ResponseToken, secret_key: str) -> str:
    return _issue(token, secret_key, _MUTE)


def verify(text: str, secret_keys: Sequence[str]) -> ResponseToken | None:
    """Return the content of a token that one of the keys signed; None for anything else."""
    return _verify(text, secret_keys, _PURPOSE)


def verify_mute(text: str, secret_keys: Sequence[str]) -> ResponseToken | None:
    """Return the content of a mute link's token as `verify` does."""
    return _verify(text, secret_keys, _MUTE)


def _issue(token: ResponseToken, secret_key: str, purpose: str) -> str:
    number = token.expires_at | token.recipient_index << _PLACE
    return sign(pause_id_bytes(token.pause_id), number, secret_key, purpose)


def _verify(text: str, secret_keys: Sequence[str], purpose: str) -> ResponseToken | None:
    found = read(text, secret_keys, purpose)
    if found is None:
        return None
    raw_id, number = found
    return ResponseToken(pause_id_from_bytes(raw_id), number & (1 << _PLACE) - 1, number >> _PLACE)
