"""A named SQL statement, and how values travel between Python and both engines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, TypeAlias


class _Now:
    """Stands for the instant at which the commit's batch begins; the engine fills it in."""

    def __repr__(self) -> str:
        return "NOW"


NOW: Final = _Now()

Parameters: TypeAlias = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """Plain SQL with `?` for each parameter, understood by SQLite and, translated, PostgreSQL."""

    name: str
    sql: str


@dataclass(frozen=True, slots=True)
class Write:
    """A statement with its parameters; NOW among them stands for the batch's instant."""

    statement: Statement
    parameters: Parameters


def filled(parameters: Parameters, now: int) -> Parameters:
    return tuple(now if value is NOW else value for value in parameters)
