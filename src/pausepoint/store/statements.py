"""A named SQL statement, and how values travel between Python and both engines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cache
from itertools import chain
from operator import attrgetter
from typing import Any, Final, TypeAlias

from pausepoint.domain.record import record


class _Now:
    """Stands for the instant at which the commit's batch begins; the engine fills it in."""

    def __repr__(self) -> str:
        return "NOW"


NOW: Final = _Now()

_SET_SIZES: Final = (256, 128, 64, 32, 16, 8, 4, 2, 1)

Parameters: TypeAlias = tuple[Any, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """Plain SQL with `?` for each parameter, understood by SQLite and, translated, PostgreSQL.

    `sqlite` is what SQLite runs instead, where it must do the same in another way. Statements compare
    by identity: both writers group rows by statement, which must be cheap.
    """

    name: str
    sql: str
    sqlite: str = ""

    @property
    def is_insert(self) -> bool:
        return self.sql.startswith("INSERT")


class PointQuery(Statement):
    """Reads one record by its key: its only parameter, in its first condition.

    PostgreSQL answers all callers that ask at the same time with one query.
    """

    __slots__ = ()


class Order(IntEnum):
    """When a row is written in its batch: foreign keys are checked at once on SQLite."""

    PARENT = 1
    CHILD = 2
    UPDATE = 3


@dataclass(frozen=True, slots=True, eq=False)
class RowStatement(Statement):
    """A write without condition. The rows of a batch that share one are written as one set."""

    order: Order = field(kw_only=True)

    def __post_init__(self) -> None:
        _WRITES.append(self)


@dataclass(frozen=True, slots=True, eq=False)
class GuardStatement(Statement):
    """A compare-and-set: it held if it changed one row."""

    def __post_init__(self) -> None:
        _WRITES.append(self)


_WRITES: Final[list[RowStatement | GuardStatement]] = []


def all_writes() -> tuple[RowStatement | GuardStatement, ...]:
    """Every statement that a change can lead to, of the modules that are imported."""
    return tuple(_WRITES)


in_order: Final = attrgetter("order", "name")
"""Sorts the row statements of a batch."""


@record(frozen=True, slots=True)
class Write:
    """A statement with its parameters; NOW among them stands for the batch's instant."""

    statement: Statement
    parameters: Parameters


def in_sets(
    statement: Statement, rows: Sequence[Parameters]
) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """The rows as few statements of many rows each, with sizes that a statement cache keeps.

    One row a statement makes the writer and the event loop hand the interpreter's lock to and fro
    at every row; one statement for many rows does so once.
    """
    start = 0
    for size in _SET_SIZES:
        while len(rows) - start >= size:
            flat = tuple(chain.from_iterable(rows[start : start + size]))
            yield _of_many_rows(statement, size), flat
            start += size


@cache
def _of_many_rows(statement: Statement, size: int) -> str:
    head, values, tuple_of_marks = statement.sql.rpartition("VALUES ")
    return head + values + ", ".join([tuple_of_marks] * size)


def fill_now(parameters: Parameters, now: int) -> Parameters:
    if NOW not in parameters:
        return parameters
    return tuple(now if value is NOW else value for value in parameters)
