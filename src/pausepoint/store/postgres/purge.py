"""The audit log's purge on PostgreSQL: a transaction of its own, since its trigger reads what it writes."""

from __future__ import annotations

from pausepoint.domain.time import Instant
from pausepoint.store import erasing
from pausepoint.store.postgres.connection import Connection, translated


async def purge(connection: Connection, before: Instant, limit: int, now: Instant) -> int:
    """See `Erasing.purge_audit`. Of several processes the second waits, and finds what is left."""
    async with connection.transaction():
        await connection.execute("SELECT floor FROM audit_retention FOR UPDATE")
        rows = await connection.fetch(translated(erasing.OLDEST_ENTRIES.sql), limit)
        found = erasing.oldest_of([(row[0], row[1]) for row in rows], before)
        if found is None:
            return 0
        last, floor = found
        await connection.execute(translated(erasing.RAISE_FLOOR.sql), floor, floor)
        await connection.execute(translated(erasing.TELL_PURGED.sql), now, last, floor)
        removed: str = await connection.execute(translated(erasing.PURGE.sql), last, floor)
        return int(removed.rpartition(" ")[2])
