"""Rate-limit counts that the processes on one database share."""

from __future__ import annotations

from typing import Final

from pausepoint.domain.record import record
from pausepoint.domain.time import Instant
from pausepoint.store.statements import Query


@record(frozen=True, slots=True)
class ToldCounts:
    """The counts of one process until `counted_at`; `counts` is opaque to the store."""

    process_id: str
    counted_at: Instant
    counts: bytes


ROW: Final = "shared_counts"

KEPT: Final = 120_000
"""Milliseconds: twice the longest window."""

EXCHANGE: Final = Query(
    "exchange_counts",
    "WITH gone AS (DELETE FROM shared_counts WHERE counted_at < ?),"
    " own AS (INSERT INTO shared_counts (counted_at, process_id, sealed) VALUES (?, ?, ?)"
    " ON CONFLICT DO NOTHING)"
    " SELECT process_id, counted_at, sealed FROM shared_counts"
    " WHERE counted_at >= ? AND process_id <> ?",
    ToldCounts,
)
