"""Frozen dataclasses for what is made at every request: frozen to the type checker only.

`@record(frozen=True, slots=True)` is `@dataclass(frozen=True, slots=True)` to mypy. When the program
runs nothing guards the fields, since that would make each of them cost four times as much to set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass as record
else:
    from dataclasses import dataclass

    def record(*, frozen, slots, kw_only=False):
        assert frozen
        return dataclass(slots=slots, unsafe_hash=True, kw_only=kw_only)


__all__ = ["record"]
