"""API keys: `pp_live_` or `pp_test_` and 48 lower-case hex characters, kept only as SHA-256."""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import Final

from pausepoint.domain.mode import Mode

PREFIX_LENGTH: Final = 16
"""How much of a key stays readable: the mode and 8 characters."""

_FORM = re.compile(r"pp_(live|test)_[0-9a-f]{48}")


def new_api_key(mode: Mode) -> str:
    return f"pp_{mode}_{secrets.token_hex(24)}"


def is_well_formed(key: str) -> bool:
    return _FORM.fullmatch(key) is not None


def hash_api_key(key: str) -> str:
    """Return SHA-256 as 64 hex characters. A key has 192 random bits, so a fast hash is enough."""
    return hashlib.sha256(key.encode()).hexdigest()


def key_prefix(key: str) -> str:
    return key[:PREFIX_LENGTH]
