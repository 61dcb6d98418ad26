"""What a copy is made of: tables in an order that foreign keys allow, and a running hash of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final, TypeAlias

import msgspec

ROWS_A_BATCH: Final = 2_000
"""A row holds 27 KB at the most, so a batch takes 54 MB at the most; as a rule it takes one."""

LARGE_ROWS: Final = {"actions": 100}
"""How many of those tables' rows make a batch: each may hold 256 KiB."""

Row: TypeAlias = tuple[Any, ...]
Progress: TypeAlias = Callable[[str, int, int], None]
"""Hears what is being done, and how many rows of how many are."""


class CopyFailed(Exception):
    """The copy was not begun or is not finished; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Table:
    """`key` are the unique columns; `last_id` is the highest id of a sequence, if there is one."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    last_id: int | None = None

    @property
    def rows_a_batch(self) -> int:
        return LARGE_ROWS.get(self.name, ROWS_A_BATCH)


class Summary(msgspec.Struct, frozen=True):
    """How many rows a table holds, and the hash of all of them in the order of their keys."""

    rows: int
    digest: str


Manifest: TypeAlias = Mapping[str, Summary]


class RunningHash:
    """The hash is over what the rows hold, so that it is the same on both engines."""

    def __init__(self) -> None:
        self._hash = blake2b(digest_size=32)
        self._encode = msgspec.msgpack.Encoder().encode
        self._rows = 0

    def add(self, rows: Iterable[Row]) -> None:
        for row in rows:
            self._hash.update(self._encode(row))
            self._rows += 1

    def summary(self) -> Summary:
        return Summary(self._rows, self._hash.hexdigest())


def differences(source: Manifest, target: Manifest) -> list[str]:
    """A few words for each table that is not the same in both."""
    found = []
    for name, ours in source.items():
        theirs = target[name]
        if ours.rows != theirs.rows:
            found.append(f"{name} ({ours.rows:,} rows there, {theirs.rows:,} here)")
        elif ours.digest != theirs.digest:
            found.append(f"{name} (as many rows, but not the same)")
    return found
