"""A keyed hash of a callback's destination: equal for one account and host, and reveals neither."""

from __future__ import annotations

import hmac
from typing import Final
from urllib.parse import urlsplit

_PURPOSE: Final = b"pausepoint.callback_target\0"
_CHARACTERS: Final = 32


def callback_target(secret_key: str, developer_id: str, url: str) -> str:
    """Return `cbk_` and a keyed hash of account and host; `url` is well formed."""
    place = f"{developer_id}\0{urlsplit(url).netloc.lower()}".encode()
    digest = hmac.digest(secret_key.encode(), _PURPOSE + place, "sha256")
    return f"cbk_{digest.hex()[:_CHARACTERS]}"
