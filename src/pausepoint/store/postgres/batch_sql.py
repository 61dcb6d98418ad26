"""SQL of a whole batch: one statement that writes the rows of all changes, each set as a JSON array.

PostgreSQL runs one statement as one transaction, so a batch costs one round trip and one commit:

    WITH <guards: update and insert, returning the items whose row they found>,
         won AS (<the numbers of the items whose guard held>),
         mark AS (<the number of this batch and `won`, for this connection>),
         <rows: those of the items that won, or that have no guard>
    SELECT won, <an error unless the mark could be written> FROM mark

Foreign keys are checked when the statement ends, so that the order of its parts does not matter.
Rows travel as one JSON document a statement: asyncpg takes 24 µs to encode the arrays of one created
pause, msgspec 4 µs to encode its rows, and the database reads either equally fast.
`tests/store/sql/postgres.sql` shows the part of each statement, and whole batches.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final, TypeAlias

from pausepoint.store.postgres.connection import Connection, with_numbers
from pausepoint.store.statements import (
    Delete,
    Insert,
    Parameters,
    Update,
    WriteStatement,
    with_marks,
)
from pausepoint.store.write_plan import WritePlan

Types: TypeAlias = Mapping[WriteStatement, tuple[str, ...]]

UNGUARDED: Final = 0
"""The item number of rows that follow no guard; items are counted from 1."""

# msgspec writes bytes as base64.
_READ: Final = {"text": "(r->>{})", "int8": "(r->>{})::int8", "bytea": "decode(r->>{}, 'base64')"}

_NO_KEYS: Final[frozenset[Parameters]] = frozenset()


def keys_of(change: WritePlan) -> frozenset[Parameters]:
    """Return the records that are updated, or may conflict. Raises ValueError for one named twice."""
    writes = change.rows if change.guard is None else (change.guard, *change.rows)
    found = [key for write in writes if (key := write.statement.key_of(write.parameters))]
    if not found:
        return _NO_KEYS
    keys = frozenset(found)
    if len(keys) < len(found):
        raise ValueError("a change names a record once")
    return keys


@cache
def batch_sql(
    guards: tuple[WriteStatement, ...],
    rows: tuple[WriteStatement, ...],
    types: tuple[tuple[str, ...], ...],
) -> str:
    """Return the one statement of a batch; `types` are those of the guards' and the rows' parameters.

    Its parameters: the writer's id, the batch's number, the instant; then for each statement its
    rows as a JSON array of arrays, each of the parameters and, last, the item's number.
    """
    parts: list[str] = []
    winners: list[str] = []
    condition = f" AND (i.item = {UNGUARDED} OR i.item IN (SELECT item FROM won))" if guards else ""
    for position, (statement, own) in enumerate(zip((*guards, *rows), types, strict=True)):
        name, items = f"w{position}", items_table(f"${position + 4}", own)
        if position < len(guards):
            parts.append(f"{name} AS ({guard_sql(statement, items)})")
            winners.append(
                f"SELECT i.item FROM {items} JOIN {name} AS g ON {_same_key(statement.write, 'g')}"
                if isinstance(statement.write, Insert)
                else f"SELECT item FROM {name}"
            )
        else:
            parts.append(f"{name} AS ({rows_sql(statement, items, condition)})")
    won = "'{}'::int8[]"
    if winners:
        parts.insert(len(guards), f"won AS ({' UNION ALL '.join(winners)})")
        won = "ARRAY(SELECT item FROM won)"
    parts.append(
        "mark AS (INSERT INTO commit_marks AS m (writer_id, batch, fence, won, used_at)"
        f" VALUES ($1, $2, 0, {won}, $3) ON CONFLICT (writer_id) DO UPDATE"
        " SET batch = excluded.batch, won = excluded.won, used_at = excluded.used_at"
        " WHERE m.fence < excluded.batch RETURNING m.won)"
    )
    return f"WITH {', '.join(parts)} SELECT (SELECT won FROM mark), 1 / (SELECT count(*) FROM mark)"


def items_table(document: str, types: Sequence[str]) -> str:
    """Return the rows of `document` as a table i with the columns p1, p2, … and item."""
    columns = [_READ[name].format(n) + f" AS p{n + 1}" for n, name in enumerate(types)]
    columns.append(_READ["int8"].format(len(types)) + " AS item")
    return f"(SELECT {', '.join(columns)} FROM jsonb_array_elements({document}::jsonb) AS r) AS i"


def guard_sql(statement: WriteStatement, items: str) -> str:
    """Return the write of all items, which returns the items or the keys whose row it found."""
    write = statement.write
    if not isinstance(write, Insert):
        return f"{rows_sql(statement, items)} RETURNING i.item"
    key = ", ".join(write.conflict)
    order = ", ".join(f"i.p{position + 1}" for position in write.key_positions)
    # A parameter of the conflict's action is that of the item with the same key.
    same = _same_key(write, "excluded")
    action = with_marks(
        write.on_conflict,
        lambda n: f"(SELECT i.p{n} FROM {items} WHERE {same})",
        first=len(write.columns) + 1,
    )
    return f"{_insert(write, items)} ORDER BY {order} ON CONFLICT ({key}) {action} RETURNING {key}"


def rows_sql(statement: WriteStatement, items: str, condition: str = "") -> str:
    """Return the write of the items for which `condition`, an AND clause, holds."""
    match statement.write:
        case Insert() as insert:
            return f"{_insert(insert, items)} WHERE true{condition}"
        case Update() as update:
            return _update(update, items, condition)
        case Delete(table, where):
            return f"DELETE FROM {table} USING {items} WHERE {_item_marks(where)}{condition}"


def _insert(insert: Insert, items: str) -> str:
    values = ", ".join(f"i.p{n}" for n in range(1, len(insert.columns) + 1))
    return f"INSERT INTO {insert.table} ({', '.join(insert.columns)}) SELECT {values} FROM {items}"


def _update(update: Update, items: str, condition: str) -> str:
    table, key = update.table, update.key
    position = update.assignments.count("?") + 1
    # Locked in the order of their keys, so that two batches seldom deadlock: only where one locks in
    # a guard what the other locks in a row. Then one of them is repeated.
    locked = (
        f"(SELECT {key} AS key, {table} AS row FROM {table}"
        f" WHERE {key} IN (SELECT i.p{position} FROM {items})"
        f" ORDER BY {key} FOR NO KEY UPDATE) AS locked"
    )
    # The conditions are checked on the locked row, where no index is usable: the planner, which
    # knows little of a young table, would otherwise scan every pending pause for each of the items.
    held = ""
    if update.condition:
        where = _item_marks(update.condition, position + 1)
        held = f" AND EXISTS (SELECT FROM (SELECT (locked.row).*) AS now WHERE {where})"
    return (
        f"UPDATE {table} AS target SET {_item_marks(update.assignments)} FROM {items}, {locked}"
        f" WHERE locked.key = i.p{position} AND target.{key} = locked.key{held}{condition}"
    )


def _same_key(insert: Insert, table: str) -> str:
    """Return the condition that an item and a row of `table` have the same key."""
    pairs = zip(insert.key_positions, insert.conflict, strict=True)
    return " AND ".join(f"{table}.{name} = i.p{position + 1}" for position, name in pairs)


def _item_marks(sql: str, first: int = 1) -> str:
    return with_marks(sql, lambda n: f"i.p{n}", first)


async def learn_types(connection: Connection, statements: Sequence[WriteStatement]) -> Types:
    """Return the types of each statement's parameters, as the database infers them."""
    types: dict[WriteStatement, tuple[str, ...]] = {}
    for statement in statements:
        prepared = await connection.prepare(with_numbers(statement.sql))
        types[statement] = tuple(each.name for each in prepared.get_parameters())
    return types
