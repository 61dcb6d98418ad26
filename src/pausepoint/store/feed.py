"""Positions and entries of the feed: the audit log in an order that no late commit changes."""

from __future__ import annotations

from pausepoint.domain.audit import AuditEntry
from pausepoint.domain.record import record


@record(frozen=True, slots=True)
class FeedPosition:
    """A place in the feed. `transaction` is 0 on SQLite, where transactions are serial."""

    transaction: int
    entry_id: int


BEGINNING = FeedPosition(0, 0)


@record(frozen=True, slots=True)
class FeedEntry:
    position: FeedPosition
    entry: AuditEntry
