"""The last use of each key: kept in memory at every request, written once a minute."""

from __future__ import annotations

from pausepoint.operations.services import Services
from pausepoint.store.changes import Change, NoteKeyUse


async def write_key_use(services: Services) -> None:
    """Writes what was noted since the last time; what cannot be written is noted again."""
    used = dict(services.keys_used)
    services.keys_used.clear()
    if used:
        rows = tuple(NoteKeyUse(key_id, at) for key_id, at in sorted(used.items()))
        try:
            await services.store.apply(Change(rows))
        except BaseException:
            services.keys_used.update(used | services.keys_used)
            raise
