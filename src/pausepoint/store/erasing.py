"""What can be taken away again: a pause's content, and audit entries that are old enough."""

from __future__ import annotations

from typing import Final, Protocol

from pausepoint.domain.mode import Mode
from pausepoint.domain.record import record
from pausepoint.domain.time import Instant
from pausepoint.security.sealed import Seal
from pausepoint.store import registry
from pausepoint.store.changes import ErasePause, EraseRest
from pausepoint.store.statements import GuardStatement, Order, RowStatement, Statement, Write


@record(frozen=True, slots=True)
class ErasablePause:
    """As much of a pause as its erasure needs."""

    pause_id: str
    developer_id: str
    mode: Mode


class Erasing(Protocol):
    """A part of `Store`. Raises StoreUnavailable."""

    async def erasable_pauses(self, asked_before: Instant, limit: int) -> list[ErasablePause]:
        """Those that have ended and still have content, the oldest first."""
        ...

    async def scrub(self) -> bool:
        """Takes what was erased out of the log of changes too.

        False while a reader is active: then it is tried again until it is done. On
        PostgreSQL that is VACUUM's work, and archives' and backups' of their own.
        """
        ...

    async def purge_audit(self, before: Instant, limit: int) -> int:
        """Remove the oldest entries, at most `limit`, record that in the log, and return their number."""
        ...


# SQLite writes zeros of the same length where the row lies. A row that were deleted would let it join
# pages, and leave copies of the rows that it moves: see decision 21.
_ZEROS = "SET sealed = zeroblob(length(sealed))"
_HAS_ENDED = "EXISTS (SELECT 1 FROM pauses AS p WHERE p.pause_id = contents.pause_id AND p.status <> 'pending')"

# Holds for a pause that has ended and still has content. The pause and its audit entries stay.
ERASE: Final = GuardStatement(
    "erase_question",
    f"DELETE FROM contents WHERE pause_id = ? AND part = 'question' AND {_HAS_ENDED}",
    f"UPDATE contents {_ZEROS}, erased = 1"
    f" WHERE pause_id = ? AND part = 'question' AND erased = 0 AND {_HAS_ENDED}",
)
ERASE_ANSWER: Final = RowStatement(
    "erase_answer",
    "DELETE FROM contents WHERE pause_id = ? AND part = 'answer'",
    f"UPDATE contents {_ZEROS}, erased = 1 WHERE pause_id = ? AND part = 'answer' AND erased = 0",
    order=Order.UPDATE,
)
ERASE_ACTION: Final = RowStatement(
    "erase_action",
    "DELETE FROM actions WHERE pause_id = ?",
    f"UPDATE actions {_ZEROS} WHERE pause_id = ?",
    order=Order.UPDATE,
)
# Which person it was is only asked of pauses that wait.
FORGET_PERSON: Final = RowStatement(
    "forget_person",
    "UPDATE pauses SET person_key = NULL WHERE pause_id = ? AND person_key IS NOT NULL",
    order=Order.UPDATE,
)
# With the server's secret a body's keyed hash reveals whether a given body was asked.
FORGET_KEYS_SOON: Final = RowStatement(
    "forget_keys_soon",
    "UPDATE idempotency_keys SET created_at = ? WHERE pause_id = ? AND created_at > ?",
    order=Order.UPDATE,
)
ERASABLE: Final = Statement(
    "erasable_pauses",
    "SELECT c.pause_id, p.developer_id, p.mode FROM contents c JOIN pauses p"
    " ON p.pause_id = c.pause_id WHERE c.part = 'question' AND c.erased = 0 AND c.pause_id < ?"
    " AND p.status <> 'pending' ORDER BY c.pause_id LIMIT ?",
)

# The floor is raised to just above what is removed, never further: the triggers guard the rest.
OLDEST_ENTRIES: Final = Statement(
    "oldest_entries", "SELECT entry_id, created_at FROM audit ORDER BY entry_id LIMIT ?"
)
RAISE_FLOOR: Final = Statement(
    "raise_audit_floor",
    "UPDATE audit_retention SET floor = ? WHERE retention_id = 1 AND floor < ?",
)
TELL_PURGED: Final = Statement(
    "tell_audit_purged",
    "INSERT INTO audit (developer_id, mode, pause_id, event, actor, detail, created_at)"
    " SELECT DISTINCT developer_id, NULL, NULL, 'audit.purged', 'system', '{}', CAST(? AS BIGINT)"
    " FROM audit WHERE entry_id <= ? AND created_at < ?",
)
PURGE: Final = Statement("purge_audit", "DELETE FROM audit WHERE entry_id <= ? AND created_at < ?")


@registry.guard(ErasePause)
def erase(guard: ErasePause, _: Seal) -> list[Write]:
    return [Write(ERASE, (guard.pause_id,))]


@registry.row(EraseRest)
def erase_rest(row: EraseRest, _: Seal) -> list[Write]:
    return [
        Write(ERASE_ANSWER, (row.pause_id,)),
        Write(ERASE_ACTION, (row.pause_id,)),
        Write(FORGET_PERSON, (row.pause_id,)),
        Write(FORGET_KEYS_SOON, (row.keys_kept_from, row.pause_id, row.keys_kept_from)),
    ]


def oldest_of(rows: list[tuple[int, Instant]], before: Instant) -> tuple[int, Instant] | None:
    """The last entry to remove and the floor above it; `rows` are the oldest, by their ids.

    Ids and instants hardly differ in order; where they do, what is younger stays for the next time.
    """
    old = [(entry_id, at) for entry_id, at in rows if at < before]
    if not old:
        return None
    return old[-1][0], max(at for _, at in old) + 1
