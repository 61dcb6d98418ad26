"""The audit log: ids and codes in rows that only grow, content joined when read."""

from __future__ import annotations

import secrets
from typing import Any, Final

import msgspec

from pausepoint.domain.audit import AuditEntry
from pausepoint.domain.events import Actor, Event
from pausepoint.domain.mode import Mode
from pausepoint.domain.time import Instant
from pausepoint.security.sealed import Seal
from pausepoint.store import registry
from pausepoint.store.changes import InsertAuditEntry
from pausepoint.store.statements import NOW, Order, Parameters, RowStatement, Statement, Write

INSERT: Final = RowStatement(
    "insert_audit_entry",
    "INSERT INTO audit (developer_id, mode, pause_id, event, actor, detail, created_at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)",
    order=Order.CHILD,
)
_COLUMNS = "entry_id, developer_id, pause_id, event, actor, detail, created_at"
_SELECT = f"SELECT {_COLUMNS} FROM audit WHERE developer_id = ? AND (mode IS NULL OR mode = ?)"

# Each row ends with its transaction's number, and whether nothing can come before it any more.
FEED_SQLITE: Final = Statement(
    "feed",
    f"SELECT {_COLUMNS}, 0, 1 FROM audit WHERE developer_id = ? AND mode = ? AND entry_id > ?"
    " AND event IN (SELECT value FROM json_each(?)) ORDER BY entry_id LIMIT ?",
)
_OLDEST_RUNNING = "audit_clock(pg_snapshot_xmin(pg_current_snapshot()))"
FEED_POSTGRES: Final = Statement(
    "feed",
    f"SELECT {_COLUMNS}, txid, txid < (SELECT {_OLDEST_RUNNING}) FROM audit"
    " WHERE developer_id = ? AND mode = ? AND (txid, entry_id) > (?, ?)"
    " AND event = ANY (?) ORDER BY txid, entry_id LIMIT ?",
)
# The account's newest visible entry: its own entries alone decide where its feed ends.
FEED_END_SQLITE: Final = Statement(
    "feed_end",
    "SELECT 0, entry_id FROM audit WHERE developer_id = ? ORDER BY entry_id DESC LIMIT 1",
)
FEED_END_POSTGRES: Final = Statement(
    "feed_end",
    f"SELECT txid, entry_id FROM audit WHERE developer_id = ? AND txid < (SELECT {_OLDEST_RUNNING})"
    " ORDER BY txid DESC, entry_id DESC LIMIT 1",
)
# 0 while nothing was ever removed. Of an account that lost entries, all that are left are younger.
OLDEST_AFTER_PURGE: Final = Statement(
    "oldest_after_purge",
    "SELECT CASE WHEN floor = 0 THEN 0 ELSE COALESCE((SELECT min(entry_id) FROM audit"
    " WHERE developer_id = ?), 0) END FROM audit_retention",
)
NEWEST_UP_TO: Final = Statement(
    "newest_up_to",
    "SELECT txid, entry_id FROM audit WHERE developer_id = ? AND entry_id <= ?"
    " ORDER BY entry_id DESC LIMIT 1",
)

LEGACY_IDS_BELOW: Final = 1 << 44
"""Ids below are from a global counter of development versions; later ones are derived from the time."""

_EPOCH: Final = 1_735_689_600_000  # 2025

MOVE_IDS_AHEAD: Final = Statement(
    "move_audit_ids_ahead", "UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'audit'"
)


def ids_from(now: Instant) -> int:
    """What the ids of a commit begin after: microseconds since 2025, times 8, as on PostgreSQL."""
    return max(0, now - _EPOCH) * 8_000 + secrets.randbelow(8_000)


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode


@registry.row(
    InsertAuditEntry,
    developer_id=lambda entry: None if entry.pause_id is None else entry.developer_id,
)
def insert(entry: InsertAuditEntry, _: Seal) -> list[Write]:
    parameters = (
        entry.developer_id,
        entry.mode.value if entry.mode else None,
        entry.pause_id,
        entry.event.value,
        entry.actor.value,
        _encode(entry.detail).decode() if entry.detail else "{}",
        NOW if entry.at is None else entry.at,
    )
    return [Write(INSERT, parameters)]


def select(
    developer_id: str,
    mode: Mode,
    filters: dict[str, str | int | None],
    limit: int,
    offset: int,
) -> tuple[Statement, Parameters]:
    """Newest first; `filters` maps a condition such as `created_at >= ?` to its value or None."""
    given = {condition: value for condition, value in filters.items() if value is not None}
    conditions = "".join(f" AND {condition}" for condition in given)
    sql = f"{_SELECT}{conditions} ORDER BY entry_id DESC LIMIT ? OFFSET ?"
    return Statement("audit", sql), (developer_id, mode.value, *given.values(), limit, offset)


def from_row(row: Any) -> AuditEntry:
    return AuditEntry(
        entry_id=row[0],
        developer_id=row[1],
        pause_id=row[2],
        event=Event(row[3]),
        actor=Actor(row[4]),
        detail=_decode(row[5]),
        created_at=row[6],
    )
