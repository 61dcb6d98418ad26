"""Pauses and their content: statements, and the rows between them and the domain."""

from __future__ import annotations

from typing import Any, Final

from pausepoint.domain.delivery import DeliveryState
from pausepoint.domain.mode import Mode
from pausepoint.domain.pause import Contact, Pause, PauseStatus, ResolvedBy
from pausepoint.domain.question import FALLBACK_LIMIT
from pausepoint.domain.time import Instant
from pausepoint.security.sealed import Seal
from pausepoint.store import registry
from pausepoint.store.base import DuePause
from pausepoint.store.changes import (
    ClaimIdempotencyKey,
    EndPause,
    FailPauseDelivery,
    ForgetIdempotencyKeys,
    InsertPause,
    SetPauseDelivery,
)
from pausepoint.store.contents import decode_content, insert_answer, insert_question
from pausepoint.store.deliveries import decode_attempts
from pausepoint.store.recipients import mute_keys, person_key_of
from pausepoint.store.statements import (
    NOW,
    GuardStatement,
    Order,
    PointQuery,
    RowStatement,
    Statement,
    Write,
)

INSERT: Final = RowStatement(
    "insert_pause",
    "INSERT INTO pauses (pause_id, developer_id, mode, status, channel, allow_text, default_index,"
    " created_at, expires_at, delivery_state, callback_target, remind_at, fallbacks,"
    " person_key) VALUES (?, ?, ?, 'pending', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    order=Order.PARENT,
)
END: Final = GuardStatement(
    "end_pause",
    "UPDATE pauses SET status = ?, resolved_by = ?, choice_index = ?, responded_at = ?"
    " WHERE pause_id = ? AND status = 'pending' AND expires_at > ?",
)
TIME_OUT: Final = GuardStatement(
    "time_out_pause",
    "UPDATE pauses SET status = ?, resolved_by = ?, choice_index = ?, responded_at = ?"
    " WHERE pause_id = ? AND status = 'pending' AND expires_at <= ?",
)
MUTE_KEYS_LIMIT: Final = 2 * (1 + FALLBACK_LIMIT)
"""Everybody who is asked, each under the two keys that `mute_keys` knows at most."""

_SOMEBODY_MUTED = (
    f"EXISTS (SELECT 1 FROM mutes m WHERE m.person_key IN ({', '.join('?' * MUTE_KEYS_LIMIT)}))"
)
TIME_OUT_UNMUTED: Final = GuardStatement(
    "time_out_unmuted_pause", f"{TIME_OUT.sql} AND NOT {_SOMEBODY_MUTED}"
)
TIME_OUT_MUTED: Final = GuardStatement(
    "time_out_muted_pause",
    "UPDATE pauses SET status = ?, resolved_by = ?, choice_index = ?, responded_at = ?,"
    " delivery_state = 'failed'"
    f" WHERE pause_id = ? AND status = 'pending' AND expires_at <= ? AND {_SOMEBODY_MUTED}",
)
FAIL_DELIVERY: Final = GuardStatement(
    "fail_pause_delivery",
    "UPDATE pauses SET delivery_state = 'failed'"
    " WHERE pause_id = ? AND status = 'pending' AND delivery_state <> 'failed'",
)
SET_DELIVERY: Final = RowStatement(
    "set_pause_delivery",
    "UPDATE pauses SET delivery_state = ? WHERE pause_id = ?",
    order=Order.UPDATE,
)
_SEALED = "(SELECT c.sealed FROM contents c WHERE c.pause_id = p.pause_id AND c.erased = 0"
_COLUMNS = (
    "p.pause_id, p.developer_id, p.mode, p.status, p.channel, p.allow_text, p.default_index,"
    " p.created_at, p.expires_at, p.choice_index, p.responded_at, p.resolved_by, p.delivery_state,"
    f" {_SEALED} AND c.part = 'question'), {_SEALED} AND c.part = 'answer'),"
    " (SELECT d.attempts FROM deliveries d WHERE d.pause_id = p.pause_id"
    " AND d.kind = 'notification' LIMIT 1), p.callback_target,"
    " p.remind_at, p.fallbacks"
)
GET: Final = PointQuery("pause", f"SELECT {_COLUMNS} FROM pauses p WHERE p.pause_id = ?")
LIST: Final = Statement(
    "pauses",
    f"SELECT {_COLUMNS} FROM pauses p WHERE p.developer_id = ? AND p.mode = ?"
    " ORDER BY p.pause_id DESC LIMIT ? OFFSET ?",
)
LIST_WITH_STATUS: Final = Statement(
    "pauses_with_status",
    f"SELECT {_COLUMNS} FROM pauses p WHERE p.developer_id = ? AND p.mode = ? AND p.status = ?"
    " ORDER BY p.pause_id DESC LIMIT ? OFFSET ?",
)
_DUE = "pause_id, developer_id, mode, default_index, callback_target, channel, delivery_state"
# Who was asked matters where silence would choose something.
_DUE_QUESTION = (
    "CASE WHEN p.default_index IS NOT NULL THEN (SELECT c.sealed FROM contents c"
    " WHERE c.pause_id = p.pause_id AND c.part = 'question' AND c.erased = 0) END"
)
DUE: Final = Statement(
    "due_pauses",
    f"SELECT {_DUE}, {_DUE_QUESTION} FROM pauses p"
    " WHERE status = 'pending' AND expires_at <= ? ORDER BY expires_at LIMIT ?",
)
# Several processes look at once. Each takes at random from more than it needs, so that of many that
# are due they seldom take the same; where they do, the guard lets one of them win and costs the
# other a wait. (SKIP LOCKED in the guard would report a pause as lost that has not ended yet.)
DUE_SHARED: Final = Statement(
    "due_pauses",
    f"SELECT {_DUE}, {_DUE_QUESTION} FROM (SELECT * FROM (SELECT {_DUE}, expires_at FROM pauses"
    " WHERE status = 'pending' AND expires_at <= ? ORDER BY expires_at LIMIT 2000) AS due"
    " ORDER BY random() LIMIT ?) AS p ORDER BY expires_at",
)
ENDED_OR_FAILED: Final = Statement(
    "ended_or_failed",
    "SELECT pause_id FROM pauses WHERE pause_id = ANY (?)"
    " AND (status <> 'pending' OR delivery_state = 'failed')",
)
NEXT_DEADLINE: Final = Statement(
    "next_deadline", "SELECT min(expires_at) FROM pauses WHERE status = 'pending'"
)
COUNT_SINCE: Final = Statement(
    "count_pauses",
    "SELECT count(*) FROM pauses WHERE developer_id = ? AND mode = ? AND pause_id >= ?",
)
CLAIM_IDEMPOTENCY_KEY: Final = GuardStatement(
    "claim_idempotency_key",
    "INSERT INTO idempotency_keys (developer_id, mode, key_index, body_hash, pause_id, created_at)"
    " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (developer_id, mode, key_index) DO UPDATE"
    " SET body_hash = excluded.body_hash, pause_id = excluded.pause_id,"
    " created_at = excluded.created_at WHERE idempotency_keys.created_at < ?",
)
FORGET_IDEMPOTENCY_KEYS: Final = RowStatement(
    "forget_idempotency_keys",
    "DELETE FROM idempotency_keys WHERE created_at < ?",
    order=Order.UPDATE,
)
GET_IDEMPOTENT: Final = Statement(
    "idempotent_pause",
    "SELECT body_hash, pause_id FROM idempotency_keys"
    " WHERE developer_id = ? AND mode = ? AND key_index = ? AND created_at >= ?",
)


@registry.row(InsertPause, deadline=lambda row: row.pause.expires_at)
def insert(row: InsertPause, seal: Seal) -> list[Write]:
    pause = row.pause
    assert pause.content is not None
    values = (
        pause.pause_id,
        pause.developer_id,
        pause.mode.value,
        pause.channel,
        int(pause.allow_text_response),
        pause.default_index,
        pause.created_at,
        pause.expires_at,
        pause.delivery_state.value,
        pause.callback_target,
        pause.remind_at,
        pause.fallbacks,
        person_key_of(pause, seal),
    )
    return [Write(INSERT, values), *insert_question(pause.pause_id, pause.content, seal)]


@registry.guard(EndPause, pause_id=lambda guard: guard.pause_id)
def end(guard: EndPause, seal: Seal) -> list[Write]:
    """The compare-and-set out of `pending`; on which side of the deadline depends on the ending."""
    ending, mutes = guard.ending, guard.mutes
    statement = TIME_OUT if ending.status is PauseStatus.TIMED_OUT else END
    people: tuple[str, ...] = ()
    if mutes is not None and mutes.contacts:
        statement = TIME_OUT_MUTED if mutes.is_muted else TIME_OUT_UNMUTED
        keys = [
            key
            for contact in mutes.contacts
            for key in mute_keys(mutes.developer_id, mutes.mode, contact, seal)
        ]
        people = (*keys, *[keys[0]] * (MUTE_KEYS_LIMIT - len(keys)))
    responded_at = NOW if ending.status is PauseStatus.RESPONDED else None
    parameters = (
        ending.status.value,
        ending.resolved_by.value,
        ending.choice_index,
        responded_at,
        guard.pause_id,
        NOW,
        *people,
    )
    writes = [Write(statement, parameters)]
    if ending.response_text is not None:
        writes.append(insert_answer(guard.pause_id, ending.response_text, seal))
    return writes


@registry.guard(FailPauseDelivery, pause_id=lambda guard: guard.pause_id)
def fail_delivery(guard: FailPauseDelivery, _: Seal) -> list[Write]:
    return [Write(FAIL_DELIVERY, (guard.pause_id,))]


def _failed_pause(row: SetPauseDelivery) -> str | None:
    """Agents stop waiting for a pause whose message will not arrive."""
    return row.pause_id if row.state is DeliveryState.FAILED else None


@registry.row(SetPauseDelivery, pause_id=_failed_pause)
def set_delivery(row: SetPauseDelivery, _: Seal) -> list[Write]:
    return [Write(SET_DELIVERY, (row.state.value, row.pause_id))]


def idempotency_index(key: str, seal: Seal) -> str:
    return seal.blind_index(key, "idempotency")


@registry.guard(ClaimIdempotencyKey)
def claim_idempotency_key(guard: ClaimIdempotencyKey, seal: Seal) -> list[Write]:
    parameters = (
        guard.developer_id,
        guard.mode.value,
        idempotency_index(guard.key, seal),
        seal.blind_index(guard.fingerprint, "body"),
        guard.pause_id,
        guard.at,
        guard.not_before,
    )
    return [Write(CLAIM_IDEMPOTENCY_KEY, parameters)]


@registry.row(ForgetIdempotencyKeys)
def forget_idempotency_keys(row: ForgetIdempotencyKeys, _: Seal) -> list[Write]:
    return [Write(FORGET_IDEMPOTENCY_KEYS, (row.before,))]


def due_from_row(row: Any, seal: Seal) -> DuePause:
    """`row` is in the order of `DUE`."""
    content = decode_content(row[0], row[7], None, seal) if row[7] else None
    return DuePause(
        pause_id=row[0],
        developer_id=row[1],
        mode=Mode(row[2]),
        default_index=row[3],
        callback_target=row[4],
        contacts=(Contact(row[5], content.recipient), *content.fallback) if content else (),
        is_failed=row[6] == DeliveryState.FAILED,
    )


def from_row(row: Any, seal: Seal) -> Pause:
    """`row` is in the order of `_COLUMNS`."""
    pause_id, question, answer, attempts = row[0], row[13], row[14], row[15]
    state = DeliveryState(row[12])
    return Pause(
        pause_id=pause_id,
        developer_id=row[1],
        mode=Mode(row[2]),
        status=PauseStatus(row[3]),
        channel=row[4],
        allow_text_response=bool(row[5]),
        default_index=row[6],
        created_at=row[7],
        expires_at=row[8],
        choice_index=row[9],
        responded_at=row[10],
        resolved_by=ResolvedBy(row[11]) if row[11] else None,
        delivery_state=state,
        attempts=decode_attempts(attempts) if attempts else (),
        content=decode_content(pause_id, question, answer, seal) if question else None,
        callback_target=row[16],
        remind_at=row[17],
        fallbacks=row[18],
    )


def first_id_at(instant: Instant) -> str:
    """The smallest pause id that a pause created at `instant` can have."""
    bare = f"{instant:012x}"
    return f"psr_{bare[:8]}-{bare[8:]}-7000-8000-000000000000"
