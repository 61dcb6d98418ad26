"""The audit log: ids and codes in rows that only grow, content joined when read."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from pausepoint.domain.account import AuditEntry
from pausepoint.domain.events import Actor, Event
from pausepoint.domain.pause import Mode
from pausepoint.store.changes import InsertAuditEntry
from pausepoint.store.statements import NOW, Parameters, Statement, Write

INSERT: Final = Statement(
    "insert_audit_entry",
    "INSERT INTO audit (developer_id, mode, pause_id, event, actor, detail, created_at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)",
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
FEED_END_SQLITE: Final = Statement(
    "feed_end", "SELECT 0, COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'audit'), 0)"
)
FEED_END_POSTGRES: Final = Statement(
    "feed_end", f"SELECT {_OLDEST_RUNNING} - 1, COALESCE(max(entry_id), 0) FROM audit"
)
# 0 while nothing was ever removed: ids need not begin with 1.
FIRST_KEPT: Final = Statement(
    "first_kept",
    "SELECT CASE WHEN floor = 0 THEN 0 ELSE COALESCE((SELECT min(entry_id) FROM audit), 0) END"
    " FROM audit_retention",
)
TRANSACTION_OF: Final = Statement("transaction_of", "SELECT txid FROM audit WHERE entry_id = ?")

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode


def insert(entry: InsertAuditEntry) -> Write:
    return Write(
        INSERT,
        (
            entry.developer_id,
            entry.mode.value if entry.mode else None,
            entry.pause_id,
            entry.event.value,
            entry.actor.value,
            _encode(entry.detail).decode() if entry.detail else "{}",
            NOW if entry.at is None else entry.at,
        ),
    )


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
