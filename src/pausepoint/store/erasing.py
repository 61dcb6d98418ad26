"""Erasure of a pause's content, and purge of old audit entries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from pausepoint.domain.mode import Mode
from pausepoint.domain.record import record
from pausepoint.domain.time import Instant
from pausepoint.security.sealed import Seal
from pausepoint.store import registry
from pausepoint.store.changes import ErasePause, EraseRest
from pausepoint.store.statements import (
    Delete,
    GuardStatement,
    Order,
    Query,
    RowStatement,
    Statement,
    Update,
    Write,
)


@record(frozen=True, slots=True)
class ErasablePause:
    """The fields of a pause that its erasure needs."""

    pause_id: str
    developer_id: str
    mode: Mode


# SQLite overwrites the row in place with zeros of the same length. Deleting it could merge pages, which
# leaves copies of the rows that are moved: see decision 21.
_ZEROS: Final = "sealed = zeroblob(length(sealed))"
_HAS_ENDED: Final = "EXISTS (SELECT 1 FROM pauses AS p WHERE p.pause_id = contents.pause_id AND p.status <> 'pending')"

# Holds for a pause that has ended and still has content. The pause and its audit entries stay.
ERASE: Final = GuardStatement(
    "erase_question",
    Delete("contents", f"pause_id = ? AND part = 'question' AND {_HAS_ENDED}"),
    Update(
        "contents",
        f"{_ZEROS}, erased = 1",
        "pause_id",
        f"part = 'question' AND erased = 0 AND {_HAS_ENDED}",
    ),
)
ERASE_ANSWER: Final = RowStatement(
    "erase_answer",
    Delete("contents", "pause_id = ? AND part = 'answer'"),
    Update("contents", f"{_ZEROS}, erased = 1", "pause_id", "part = 'answer' AND erased = 0"),
    order=Order.UPDATE,
)
ERASE_ACTION: Final = RowStatement(
    "erase_action",
    Delete("actions", "pause_id = ?"),
    Update("actions", _ZEROS, "pause_id"),
    order=Order.UPDATE,
)
# The person is needed for pending pauses only.
FORGET_PERSON: Final = RowStatement(
    "forget_person",
    Update("pauses", "person_key = NULL", "pause_id", "person_key IS NOT NULL"),
    order=Order.UPDATE,
)
# With the server's secret a body's keyed hash reveals whether a given body was asked.
FORGET_KEYS_SOON: Final = RowStatement(
    "forget_keys_soon",
    Update("idempotency_keys", "created_at = ?", "pause_id", "created_at > ?"),
    order=Order.UPDATE,
)
ERASABLE: Final = Query(
    "erasable_pauses",
    "SELECT c.pause_id, p.developer_id, p.mode FROM contents c JOIN pauses p"
    " ON p.pause_id = c.pause_id WHERE c.part = 'question' AND c.erased = 0 AND c.pause_id < ?"
    " AND p.status <> 'pending' ORDER BY c.pause_id LIMIT ?",
    lambda pause_id, developer_id, mode: ErasablePause(pause_id, developer_id, Mode(mode)),
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


def purge_bounds(rows: Iterable[Sequence[int]], before: Instant) -> tuple[int, Instant] | None:
    """Return the last entry to remove and the floor above it; `rows` are those of `OLDEST_ENTRIES`.

    Ids and instants hardly differ in order; where they do, younger entries stay for the next purge.
    """
    last, floor = None, 0
    for entry_id, created_at in rows:
        if created_at < before:
            last, floor = entry_id, max(floor, created_at + 1)
    return None if last is None else (last, floor)
