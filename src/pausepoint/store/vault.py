"""The data key, wrapped by the secret key, in the database's one-row table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pausepoint.security.sealed import CannotUnseal, Seal, new_data_key, unwrap, wrap
from pausepoint.store.base import CannotOpen
from pausepoint.store.statements import Query, Statement, scalar


class WrongSecretKey(CannotOpen):
    """The database was made under another secret key; the message says what to do."""

    def __init__(self) -> None:
        super().__init__(
            "This database was made under another PAUSEPOINT_SECRET_KEY. Start with that key; to"
            " change it, list the new key first and the old one after it, separated by a comma."
        )


GET: Final = Query("vault", "SELECT wrapped_key FROM vault", scalar)
PUT: Final = Statement(
    "put_vault",
    "INSERT INTO vault (vault_id, wrapped_key) VALUES (1, ?)"
    " ON CONFLICT (vault_id) DO UPDATE SET wrapped_key = excluded.wrapped_key",
)


def open_seal(wrapped: bytes | None, secret_keys: Sequence[str]) -> tuple[Seal, bytes | None]:
    """Return the seal of a database that keeps `wrapped`, and the bytes to keep there instead, if any.

    Makes a data key if there is none; rewraps it if the first key is new. Raises WrongSecretKey.
    """
    if wrapped is None:
        data_key = new_data_key()
        return Seal(data_key), wrap(data_key, secret_keys[0])
    data_key, is_current = unwrap_with(wrapped, secret_keys)
    return Seal(data_key), None if is_current else wrap(data_key, secret_keys[0])


def unwrap_with(wrapped: bytes, secret_keys: Sequence[str]) -> tuple[bytes, bool]:
    """Return the data key, and whether the first of the keys wraps it. Raises WrongSecretKey."""
    for position, secret_key in enumerate(secret_keys):
        try:
            return unwrap(wrapped, secret_key), position == 0
        except CannotUnseal:
            continue
    raise WrongSecretKey
