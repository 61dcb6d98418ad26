"""SQL statements: queries with the record that each row fills, and writes that engines can batch.

Statements are declared once for both engines, with `?` for each parameter. `tests/store/sql/` shows
the SQL that each engine runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from operator import attrgetter
from typing import Any, Final, Generic, TypeAlias, TypeVar

from msgspec import Struct

from pausepoint.domain.record import record

R = TypeVar("R")
T = TypeVar("T")


class _Now:
    """Stands for the instant at which the commit's batch begins; the engine fills it in."""

    def __repr__(self) -> str:
        return "NOW"


NOW: Final[Any] = _Now()

Parameters: TypeAlias = tuple[Any, ...]


def columns(row: type[Struct], table: str = "", **expressions: str) -> str:
    """Return the columns of a SELECT in the order of the fields of `row`.

    `expressions` holds the SQL of fields that are no column of the table.
    """
    prefix = f"{table}." if table else ""
    return ", ".join(expressions.get(name, prefix + name) for name in row.__struct_fields__)


def scalar(value: Any) -> Any:
    """The `row` of a query with one column."""
    return value


def with_marks(sql: str, mark: Callable[[int], str], first: int = 1) -> str:
    """Replace each `?` by `mark(n)`, n counted from `first`. No statement has a literal `?`."""
    head, *rest = sql.split("?")
    return head + "".join(mark(n) + part for n, part in enumerate(rest, first))


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """Statements compare by identity: the writers group rows by statement, which must be cheap."""

    name: str
    sql: str


@dataclass(frozen=True, slots=True, eq=False)
class Query(Statement, Generic[R]):
    """`row` makes a record from the columns of a row, which are given to it in their order."""

    row: Callable[..., R]

    def records(self, rows: Iterable[Sequence[Any]]) -> list[R]:
        row = self.row
        return [row(*each) for each in rows]


@dataclass(frozen=True, slots=True, eq=False)
class PointQuery(Query[R]):
    """Reads one record by its key, its only parameter.

    `of_many` takes an array of keys and puts the key before the columns of each row: PostgreSQL
    answers all concurrent callers with one query.
    """

    of_many: str


def point_query(
    name: str, selected: str, source: str, key: str, row: Callable[..., R], rest: str = ""
) -> PointQuery[R]:
    """Return the query for `selected` columns; `rest` are the conditions and clauses after the key."""
    return PointQuery(
        name,
        f"SELECT {selected} FROM {source} WHERE {key} = ?{rest}",
        row,
        f"SELECT {key}, {selected} FROM {source} WHERE {key} = ANY (?){rest}",
    )


# ── Writes ──


@dataclass(frozen=True, slots=True, eq=False)
class Insert:
    """`on_conflict` is the action if a row has the same `conflict` columns, such as `DO NOTHING`."""

    table: str
    columns: tuple[str, ...]
    conflict: tuple[str, ...] = ()
    on_conflict: str = ""

    def sql(self, rows: int = 1) -> str:
        """Return the statement for a number of rows, in the form that SQLite runs."""
        values = f"({', '.join('?' * len(self.columns))})"
        insert = f"INSERT INTO {self.table} ({', '.join(self.columns)}) VALUES " + ", ".join(
            [values] * rows
        )
        if self.conflict:
            insert += f" ON CONFLICT ({', '.join(self.conflict)}) {self.on_conflict}"
        return insert

    @property
    def key_positions(self) -> tuple[int, ...]:
        return tuple(self.columns.index(name) for name in self.conflict)


@dataclass(frozen=True, slots=True)
class Update:
    """Parameters come in the order assignments, key, condition."""

    table: str
    assignments: str
    key: str
    condition: str = ""

    def sql(self) -> str:
        condition = f" AND {self.condition}" if self.condition else ""
        return f"UPDATE {self.table} SET {self.assignments} WHERE {self.key} = ?{condition}"

    @property
    def key_positions(self) -> tuple[int, ...]:
        return (self.assignments.count("?"),)


@dataclass(frozen=True, slots=True)
class Delete:
    table: str
    condition: str

    def sql(self) -> str:
        return f"DELETE FROM {self.table} WHERE {self.condition}"

    @property
    def key_positions(self) -> tuple[int, ...]:
        return ()


class Order(IntEnum):
    """When a row is written in its batch: SQLite checks foreign keys at once."""

    PARENT = 1
    CHILD = 2
    UPDATE = 3


@dataclass(frozen=True, slots=True, eq=False)
class WriteStatement(Statement):
    """`sqlite_write` is what SQLite runs instead, where it must do the same in another way."""

    sql: str = field(init=False)
    sqlite: str = field(init=False)
    write: Insert | Update | Delete
    sqlite_write: Update | None = None
    key_positions: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        for name, value in {
            "sql": self.write.sql(),
            "sqlite": (self.sqlite_write or self.write).sql(),
            "key_positions": self.write.key_positions,
        }.items():
            object.__setattr__(self, name, value)
        _WRITES.append(self)

    def key_of(self, parameters: Parameters) -> Parameters | None:
        """Return the record that is updated, or may conflict: no other item of a batch may name it."""
        if not self.key_positions:
            return None
        return (self.write.table, *(parameters[position] for position in self.key_positions))


@dataclass(frozen=True, slots=True, eq=False)
class RowStatement(WriteStatement):
    """A write without condition. The rows of a batch that share one are written as one set."""

    order: Order = field(kw_only=True)


@dataclass(frozen=True, slots=True, eq=False)
class GuardStatement(WriteStatement):
    """A compare-and-set: it held if it changed one row."""


_WRITES: Final[list[WriteStatement]] = []


def all_writes() -> tuple[WriteStatement, ...]:
    """Return every statement of a change, of the modules that are imported."""
    return tuple(_WRITES)


in_order: Final = attrgetter("order", "name")
"""Sorts the row statements of a batch."""


@record(frozen=True, slots=True)
class Write:
    """A statement with its parameters; NOW among them stands for the batch's instant."""

    statement: WriteStatement
    parameters: Parameters


def fill_now(parameters: Parameters, now: int) -> Parameters:
    if NOW not in parameters:
        return parameters
    return tuple(now if value is NOW else value for value in parameters)
