"""The data key, wrapped by the secret key, in the database's one-row table."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from pausepoint.security.sealed import CannotUnseal, Seal, new_data_key, unwrap, wrap


class WrongSecretKey(Exception):
    """The database was made under another secret key; the message says what to do."""

    def __init__(self) -> None:
        super().__init__(
            "This database was made under another PAUSEPOINT_SECRET_KEY. Start with that key; to"
            " change it, list the new key first and the old one after it, separated by a comma."
        )


def open_vault(connection: sqlite3.Connection, secret_keys: Sequence[str]) -> Seal:
    """The seal of this database: made when there is none, rewrapped when the first key is new."""
    row = connection.execute("SELECT wrapped_key FROM vault").fetchone()
    if row is None:
        data_key = new_data_key()
        connection.execute("INSERT INTO vault VALUES (1, ?)", (wrap(data_key, secret_keys[0]),))
        return Seal(data_key)
    data_key, is_current = unwrap_with(row[0], secret_keys)
    if not is_current:
        connection.execute("UPDATE vault SET wrapped_key = ?", (wrap(data_key, secret_keys[0]),))
    return Seal(data_key)


def unwrap_with(wrapped: bytes, secret_keys: Sequence[str]) -> tuple[bytes, bool]:
    """The data key, and whether the first of the keys wraps it. Raises WrongSecretKey."""
    for position, secret_key in enumerate(secret_keys):
        try:
            return unwrap(wrapped, secret_key), position == 0
        except CannotUnseal:
            continue
    raise WrongSecretKey
