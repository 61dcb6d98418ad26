"""Rate-limit counts that the processes on one database share."""

from __future__ import annotations

from typing import Final, Protocol

from pausepoint.domain.record import record
from pausepoint.domain.time import Instant
from pausepoint.store.statements import Statement


@record(frozen=True, slots=True)
class ToldCounts:
    """What one process counted until `counted_at`; `counts` is its own to encode."""

    process_id: str
    counted_at: Instant
    counts: bytes


class CountExchange(Protocol):
    """A part of `Store`. Raises StoreUnavailable."""

    async def exchange_counts(self, own: ToldCounts, since: Instant) -> list[ToldCounts]:
        """Publish own counts and return those of other processes; none where there is one process."""
        ...


ROW: Final = "shared_counts"

KEPT: Final = 120_000
"""Milliseconds: twice as long as anything counts."""

EXCHANGE: Final = Statement(
    "exchange_counts",
    "WITH gone AS (DELETE FROM shared_counts WHERE counted_at < ?),"
    " own AS (INSERT INTO shared_counts (counted_at, process_id, sealed) VALUES (?, ?, ?)"
    " ON CONFLICT DO NOTHING)"
    " SELECT process_id, counted_at, sealed FROM shared_counts"
    " WHERE counted_at >= ? AND process_id <> ?",
)
