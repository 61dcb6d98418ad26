"""Encryption at rest: content is sealed under a random data key, itself wrapped by the secret key.

What must be looked up has a blind index beside it. The only file that imports cryptography.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from hashlib import blake2b
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pausepoint.domain.randomness import BYTES, random_bytes

_VERSION: Final = b"\x01"
_SALT_BYTES: Final = BYTES
# Each row has a key of its own, from a fresh salt, so the nonce may stay the same: this removes
# the limit of 2^32 random nonces under one key (NIST SP 800-38D §8.3).
_NONCE: Final = bytes(12)


class CannotUnseal(Exception):
    """The bytes were sealed under another key, for another row, or were changed."""


class Seal:
    """Seals and unseals bytes, and indexes values blindly, under one data key of 32 bytes."""

    def __init__(self, data_key: bytes) -> None:
        self._content_key = _derive(data_key, b"content")
        self._index_key = _derive(data_key, b"index")

    def seal(self, plain: bytes, row: str) -> bytes:
        """Encrypt bytes for one row (associated data): they cannot be unsealed for another."""
        salt = random_bytes()
        cipher = AESGCM(self._row_key(salt))
        return _VERSION + salt + cipher.encrypt(_NONCE, plain, row.encode())

    def unseal(self, sealed: bytes, row: str) -> bytes:
        """Decrypt bytes of this row. Raises CannotUnseal."""
        salt, body = sealed[1 : 1 + _SALT_BYTES], sealed[1 + _SALT_BYTES :]
        cipher = AESGCM(self._row_key(salt))
        try:
            return cipher.decrypt(_NONCE, body, row.encode())
        except InvalidTag as error:
            raise CannotUnseal(row) from error

    def _row_key(self, salt: bytes) -> bytes:
        # Keyed BLAKE2b (RFC 7693) is a PRF, and unlike OpenSSL's HMAC does not let go of the
        # interpreter's lock for the microsecond that it takes.
        return blake2b(salt, key=self._content_key, digest_size=32).digest()

    def blind_index(self, value: str, purpose: str) -> str:
        """Return 32 hex characters, equal for equal values: a blind index (HMAC)."""
        digest = hmac.digest(self._index_key, f"{purpose}\0{value}".encode(), "sha256")
        return digest[:16].hex()


def new_data_key() -> bytes:
    return os.urandom(32)


def wrap(data_key: bytes, secret_key: str) -> bytes:
    """Encrypt the data key under the secret key, for storage."""
    return Seal(_wrapping_key(secret_key)).seal(data_key, "data_key")


def unwrap(wrapped: bytes, secret_key: str) -> bytes:
    """Decrypt a wrapped data key. Raises CannotUnseal if another secret key wrapped it."""
    return Seal(_wrapping_key(secret_key)).unseal(wrapped, "data_key")


def _wrapping_key(secret_key: str) -> bytes:
    return hashlib.sha256(b"pausepoint.wrap\0" + secret_key.encode()).digest()


def _derive(key: bytes, purpose: bytes) -> bytes:
    return hmac.digest(key, b"pausepoint." + purpose, "sha256")
