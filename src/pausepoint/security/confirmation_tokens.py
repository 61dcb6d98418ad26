"""The signed token in the link that asks a person to confirm: for which recipient, and until when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pausepoint.domain.ids import RECIPIENT, id_bytes, id_from_bytes
from pausepoint.domain.record import record
from pausepoint.domain.time import Instant
from pausepoint.security.signed_ids import read, sign

_PURPOSE: Final = "confirmation_token"


@record(frozen=True, slots=True)
class ConfirmationToken:
    recipient_id: str
    expires_at: Instant


def issue_confirmation(token: ConfirmationToken, secret_key: str) -> str:
    raw_id = id_bytes(RECIPIENT, token.recipient_id)
    return sign(raw_id, token.expires_at, secret_key, _PURPOSE)


def verify_confirmation(text: str, secret_keys: Sequence[str]) -> ConfirmationToken | None:
    """Return the token's content, None if we did not sign it. The caller checks the expiry."""
    found = read(text, secret_keys, _PURPOSE)
    return ConfirmationToken(id_from_bytes(RECIPIENT, found[0]), found[1]) if found else None
