"""The audit log, append-only: ids and codes, with content joined on reading."""

from __future__ import annotations

import secrets
from typing import Any, Final

import msgspec
from msgspec import Struct
from msgspec.structs import astuple

from pausepoint.domain.audit import AuditEntry
from pausepoint.domain.events import Actor, Event
from pausepoint.domain.mode import Mode
from pausepoint.domain.time import Instant
from pausepoint.security.sealed import Seal
from pausepoint.store import registry
from pausepoint.store.changes import InsertAuditEntry
from pausepoint.store.feed import FeedPosition
from pausepoint.store.statements import (
    NOW,
    Insert,
    Order,
    Parameters,
    Query,
    RowStatement,
    Statement,
    Write,
    columns,
    scalar,
)


class NewEntryRow(Struct):
    """The columns of `audit` that an insert names."""

    developer_id: str
    mode: str | None
    pause_id: str | None
    event: str
    actor: str
    detail: str
    created_at: Instant


class EntryRow(NewEntryRow):
    """The columns of `audit`."""

    entry_id: int


class FeedRow(EntryRow):
    """An entry of the feed, which is settled if no entry can come before it any more."""

    txid: int
    is_settled: int


INSERT: Final = RowStatement(
    "insert_audit_entry", Insert("audit", NewEntryRow.__struct_fields__), order=Order.CHILD
)
_SELECT: Final = (
    f"SELECT {columns(EntryRow)} FROM audit WHERE developer_id = ? AND (mode IS NULL OR mode = ?)"
)

FEED_SQLITE: Final = Query(
    "feed_sqlite",
    f"SELECT {columns(FeedRow, txid='0', is_settled='1')} FROM audit WHERE developer_id = ? AND mode = ? AND entry_id > ?"
    " AND event IN (SELECT value FROM json_each(?)) ORDER BY entry_id LIMIT ?",
    FeedRow,
)
_OLDEST_RUNNING: Final = "audit_clock(pg_snapshot_xmin(pg_current_snapshot()))"
FEED_POSTGRES: Final = Query(
    "feed_postgres",
    f"SELECT {columns(FeedRow, is_settled=f'txid < (SELECT {_OLDEST_RUNNING})')} FROM audit"
    " WHERE developer_id = ? AND mode = ? AND (txid, entry_id) > (?, ?)"
    " AND event = ANY (?) ORDER BY txid, entry_id LIMIT ?",
    FeedRow,
)
# The account's newest visible entry: its own entries alone decide where its feed ends.
FEED_END_SQLITE: Final = Query(
    "feed_end_sqlite",
    "SELECT 0, entry_id FROM audit WHERE developer_id = ? ORDER BY entry_id DESC LIMIT 1",
    FeedPosition,
)
FEED_END_POSTGRES: Final = Query(
    "feed_end_postgres",
    f"SELECT txid, entry_id FROM audit WHERE developer_id = ? AND txid < (SELECT {_OLDEST_RUNNING})"
    " ORDER BY txid DESC, entry_id DESC LIMIT 1",
    FeedPosition,
)
# 0 while nothing was ever removed. Of an account that lost entries, all that are left are younger.
OLDEST_AFTER_PURGE: Final = Query(
    "oldest_after_purge",
    "SELECT CASE WHEN floor = 0 THEN 0 ELSE COALESCE((SELECT min(entry_id) FROM audit"
    " WHERE developer_id = ?), 0) END FROM audit_retention",
    scalar,
)
NEWEST_UP_TO: Final = Query(
    "newest_up_to",
    "SELECT txid, entry_id FROM audit WHERE developer_id = ? AND entry_id <= ?"
    " ORDER BY entry_id DESC LIMIT 1",
    FeedPosition,
)

LEGACY_IDS_BELOW: Final = 1 << 44
"""Ids below are from a global counter of development versions; later ones are derived from the time."""

_EPOCH: Final = 1_735_689_600_000  # 2025

MOVE_IDS_AHEAD: Final = Statement(
    "move_audit_ids_ahead", "UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'audit'"
)


def ids_from(now: Instant) -> int:
    """Return the id that those of a commit follow: microseconds since 2025, times 8, as on PostgreSQL."""
    return max(0, now - _EPOCH) * 8_000 + secrets.randbelow(8_000)


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode


@registry.row(
    InsertAuditEntry,
    developer_id=lambda entry: None if entry.pause_id is None else entry.developer_id,
)
def insert(entry: InsertAuditEntry, _: Seal) -> list[Write]:
    # Positional: keyword arguments cost msgspec 1 µs a row, and a create has three such rows.
    row = NewEntryRow(
        entry.developer_id,
        entry.mode.value if entry.mode else None,
        entry.pause_id,
        entry.event.value,
        entry.actor.value,
        _encode(entry.detail).decode() if entry.detail else "{}",
        NOW if entry.at is None else entry.at,
    )
    return [Write(INSERT, astuple(row))]


def select(
    developer_id: str,
    mode: Mode,
    filters: dict[str, str | int | None],
    limit: int,
    offset: int,
) -> tuple[Query[EntryRow], Parameters]:
    """Return the query, newest first; `filters` maps a condition such as `created_at >= ?` to its
    value or None."""
    given = {condition: value for condition, value in filters.items() if value is not None}
    conditions = "".join(f" AND {condition}" for condition in given)
    sql = f"{_SELECT}{conditions} ORDER BY entry_id DESC LIMIT ? OFFSET ?"
    return Query("audit", sql, EntryRow), (developer_id, mode.value, *given.values(), limit, offset)


def from_row(row: EntryRow) -> AuditEntry:
    return AuditEntry(
        entry_id=row.entry_id,
        developer_id=row.developer_id,
        pause_id=row.pause_id,
        event=Event(row.event),
        actor=Actor(row.actor),
        detail=_decode(row.detail),
        created_at=row.created_at,
    )
