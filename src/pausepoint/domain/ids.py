"""Identifiers: a prefix for the kind, and a UUIDv7 that sorts by time (RFC 9562)."""

from __future__ import annotations

import re
from typing import Final

from pausepoint.domain.randomness import random_bytes

PAUSE: Final = "psr_"
DEVELOPER: Final = "dev_"
WEBHOOK: Final = "whk_"
DELIVERY: Final = "dlv_"
API_KEY: Final = "key_"
RECIPIENT: Final = "rcp_"
MUTE: Final = "mut_"

_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


def new_id(prefix: str, now: int) -> str:
    """A fresh id of the kind `prefix`; `now` is in epoch milliseconds."""
    return prefix + uuid7(now, random_bytes()[:10])


def uuid7(now: int, random: bytes) -> str:
    """RFC 9562 §5.7: 48 bits of milliseconds, version, 74 random bits (from 10 bytes)."""
    bits = int.from_bytes(random, "big")
    text = f"{now & (2**48 - 1):012x}7{bits >> 68:03x}{0b10 << 62 | bits & (2**62 - 1):016x}"
    return _hyphenated(text)


def parse_pause_id(text: str) -> str | None:
    """The full form of a pause id given with or without `psr_`; None if it is none."""
    bare = text[len(PAUSE) :] if text.startswith(PAUSE) else text
    bare = bare.lower()
    return PAUSE + bare if _UUID.fullmatch(bare) else None


def pause_id_bytes(pause_id: str) -> bytes:
    """The 16 bytes of a pause id, as a response token carries them."""
    return id_bytes(PAUSE, pause_id)


def pause_id_from_bytes(raw: bytes) -> str:
    return id_from_bytes(PAUSE, raw)


def id_bytes(prefix: str, text: str) -> bytes:
    """The 16 bytes of an id of the kind `prefix`."""
    return bytes.fromhex(text[len(prefix) :].replace("-", ""))


def id_from_bytes(prefix: str, raw: bytes) -> str:
    return prefix + _hyphenated(raw.hex())


def _hyphenated(digits: str) -> str:
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
