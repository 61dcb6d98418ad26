"""Tables of a copy, in the order of their foreign keys, and a running hash of their rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final, TypeAlias

import msgspec

ROWS_A_BATCH: Final = 2_000
"""A row has at most 27 KB, so a batch takes at most 54 MB; usually it takes 1 MB."""

LARGE_ROWS: Final = {"actions": 100}
"""Batch sizes of tables whose rows may hold 256 KiB."""

Row: TypeAlias = tuple[Any, ...]
Progress: TypeAlias = Callable[[str, int, int], None]
"""Called with a description of the step, the rows done and the rows in all."""


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
    """The number of rows of a table, and their hash in the order of their keys."""

    rows: int
    digest: str


Manifest: TypeAlias = Mapping[str, Summary]


class RunningHash:
    """Hashes the values of rows, so that the hash is the same on both engines."""

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
    """Return a description of each table that differs."""
    found = []
    for name, ours in source.items():
        theirs = target[name]
        if ours.rows != theirs.rows:
            found.append(f"{name} ({ours.rows:,} rows there, {theirs.rows:,} here)")
        elif ours.digest != theirs.digest:
            found.append(f"{name} (as many rows, but not the same)")
    return found
