"""Pauses and idempotency keys: rows, statements, and conversion to and from the domain."""

from __future__ import annotations

from typing import Final

from msgspec import Struct
from msgspec.structs import astuple

from pausepoint.domain.delivery import DeliveryState
from pausepoint.domain.mode import Mode
from pausepoint.domain.pause import Contact, Pause, PauseStatus, ResolvedBy
from pausepoint.domain.question import FALLBACK_LIMIT
from pausepoint.domain.record import record
from pausepoint.domain.time import Instant
from pausepoint.security.sealed import Seal
from pausepoint.store import registry
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
    Delete,
    GuardStatement,
    Insert,
    Order,
    Query,
    RowStatement,
    Update,
    Write,
    columns,
    point_query,
    scalar,
)


@record(frozen=True, slots=True)
class DuePause:
    """The fields of an overdue pause that its timeout needs.

    `contacts` are the people asked, where it has a default; `is_failed` if none could be reached.
    """

    pause_id: str
    developer_id: str
    mode: Mode
    default_index: int | None
    callback_target: str | None = None
    contacts: tuple[Contact, ...] = ()
    is_failed: bool = False


@record(frozen=True, slots=True)
class IdempotentPause:
    """The pause that an idempotency key leads to; `is_same` if the request bodies are equal."""

    pause_id: str
    is_same: bool


class PauseRow(Struct):
    """The columns of `pauses`."""

    pause_id: str
    developer_id: str
    mode: str
    channel: str
    allow_text: int
    default_index: int | None
    created_at: Instant
    expires_at: Instant
    delivery_state: str
    callback_target: str | None
    remind_at: Instant | None
    fallbacks: int
    person_key: str | None
    status: str = PauseStatus.PENDING.value
    choice_index: int | None = None
    responded_at: Instant | None = None
    resolved_by: str | None = None


class FullPauseRow(PauseRow):
    """A pause with its encrypted content and the attempts of its first message."""

    question: bytes | None = None
    answer: bytes | None = None
    attempts: str | None = None


class DuePauseRow(Struct):
    """The columns of `pauses` that a timeout needs."""

    pause_id: str
    developer_id: str
    mode: str
    default_index: int | None
    callback_target: str | None
    channel: str
    delivery_state: str


class DueQuestionRow(DuePauseRow):
    """`question` is None for a pause without a default, for which mutes make no difference."""

    question: bytes | None = None


class IdempotencyKeyRow(Struct):
    """The columns of `idempotency_keys`."""

    developer_id: str
    mode: str
    key_index: str
    body_hash: str
    pause_id: str
    created_at: Instant


INSERT: Final = RowStatement(
    "insert_pause", Insert("pauses", PauseRow.__struct_fields__), order=Order.PARENT
)
_ENDING: Final = "status = ?, resolved_by = ?, choice_index = ?, responded_at = ?"
_OVERDUE: Final = "status = 'pending' AND expires_at <= ?"
END: Final = GuardStatement(
    "end_pause",
    Update("pauses", _ENDING, "pause_id", "status = 'pending' AND expires_at > ?"),
)
TIME_OUT: Final = GuardStatement("time_out_pause", Update("pauses", _ENDING, "pause_id", _OVERDUE))
MUTE_KEYS_LIMIT: Final = 2 * (1 + FALLBACK_LIMIT)
"""The recipient and the fallbacks, each under the at most two keys of `mute_keys`."""

_IS_MUTED: Final = (
    f"EXISTS (SELECT 1 FROM mutes m WHERE m.person_key IN ({', '.join('?' * MUTE_KEYS_LIMIT)}))"
)
TIME_OUT_UNMUTED: Final = GuardStatement(
    "time_out_unmuted_pause",
    Update("pauses", _ENDING, "pause_id", f"{_OVERDUE} AND NOT {_IS_MUTED}"),
)
TIME_OUT_MUTED: Final = GuardStatement(
    "time_out_muted_pause",
    Update(
        "pauses",
        f"{_ENDING}, delivery_state = 'failed'",
        "pause_id",
        f"{_OVERDUE} AND {_IS_MUTED}",
    ),
)
FAIL_DELIVERY: Final = GuardStatement(
    "fail_pause_delivery",
    Update(
        "pauses",
        "delivery_state = 'failed'",
        "pause_id",
        "status = 'pending' AND delivery_state <> 'failed'",
    ),
)
SET_DELIVERY: Final = RowStatement(
    "set_pause_delivery",
    Update("pauses", "delivery_state = ?", "pause_id"),
    order=Order.UPDATE,
)
_SEALED: Final = "(SELECT c.sealed FROM contents c WHERE c.pause_id = p.pause_id AND c.erased = 0"
_COLUMNS: Final = columns(
    FullPauseRow,
    "p",
    question=f"{_SEALED} AND c.part = 'question')",
    answer=f"{_SEALED} AND c.part = 'answer')",
    attempts="(SELECT d.attempts FROM deliveries d WHERE d.pause_id = p.pause_id"
    " AND d.kind = 'notification' LIMIT 1)",
)
GET: Final = point_query("pause", _COLUMNS, "pauses p", "p.pause_id", FullPauseRow)
LIST: Final = Query(
    "pauses",
    f"SELECT {_COLUMNS} FROM pauses p WHERE p.developer_id = ? AND p.mode = ?"
    " ORDER BY p.pause_id DESC LIMIT ? OFFSET ?",
    FullPauseRow,
)
LIST_WITH_STATUS: Final = Query(
    "pauses_with_status",
    f"SELECT {_COLUMNS} FROM pauses p WHERE p.developer_id = ? AND p.mode = ? AND p.status = ?"
    " ORDER BY p.pause_id DESC LIMIT ? OFFSET ?",
    FullPauseRow,
)
_DUE: Final = columns(
    DueQuestionRow,
    question="CASE WHEN p.default_index IS NOT NULL THEN (SELECT c.sealed FROM contents c"
    " WHERE c.pause_id = p.pause_id AND c.part = 'question' AND c.erased = 0) END",
)
DUE_SQLITE: Final = Query(
    "due_pauses_sqlite",
    f"SELECT {_DUE} FROM pauses p"
    " WHERE status = 'pending' AND expires_at <= ? ORDER BY expires_at LIMIT ?",
    DueQuestionRow,
)
# For several processes that query at the same time. Each takes a random part of more rows than it
# needs, so that two seldom take the same pause; where they do, the guard lets one of them win and
# costs the other a wait. (SKIP LOCKED in the guard would report a pause as lost that has not ended.)
DUE_POSTGRES: Final = Query(
    "due_pauses_postgres",
    f"SELECT {_DUE} FROM (SELECT * FROM (SELECT {columns(DuePauseRow)}, expires_at FROM pauses"
    " WHERE status = 'pending' AND expires_at <= ? ORDER BY expires_at LIMIT 2000) AS due"
    " ORDER BY random() LIMIT ?) AS p ORDER BY expires_at",
    DueQuestionRow,
)
ENDED_OR_FAILED: Final = Query(
    "ended_or_failed",
    "SELECT pause_id FROM pauses WHERE pause_id = ANY (?)"
    " AND (status <> 'pending' OR delivery_state = 'failed')",
    scalar,
)
NEXT_DEADLINE: Final = Query(
    "next_deadline", "SELECT min(expires_at) FROM pauses WHERE status = 'pending'", scalar
)
COUNT_SINCE: Final = Query(
    "count_pauses",
    "SELECT count(*) FROM pauses WHERE developer_id = ? AND mode = ? AND pause_id >= ?",
    scalar,
)
CLAIM_IDEMPOTENCY_KEY: Final = GuardStatement(
    "claim_idempotency_key",
    Insert(
        "idempotency_keys",
        IdempotencyKeyRow.__struct_fields__,
        conflict=("developer_id", "mode", "key_index"),
        on_conflict="DO UPDATE"
        " SET body_hash = excluded.body_hash, pause_id = excluded.pause_id,"
        " created_at = excluded.created_at WHERE idempotency_keys.created_at < ?",
    ),
)
FORGET_IDEMPOTENCY_KEYS: Final = RowStatement(
    "forget_idempotency_keys",
    Delete("idempotency_keys", "created_at < ?"),
    order=Order.UPDATE,
)
GET_IDEMPOTENT: Final = Query(
    "idempotent_pause",
    f"SELECT {columns(IdempotencyKeyRow)} FROM idempotency_keys"
    " WHERE developer_id = ? AND mode = ? AND key_index = ? AND created_at >= ?",
    IdempotencyKeyRow,
)


@registry.row(InsertPause, deadline=lambda row: row.pause.expires_at)
def insert(row: InsertPause, seal: Seal) -> list[Write]:
    pause = row.pause
    assert pause.content is not None
    # Positional: keyword arguments cost msgspec 1 µs a row, and a create has three such rows.
    values = PauseRow(
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
    return [
        Write(INSERT, astuple(values)),
        *insert_question(pause.pause_id, pause.content, seal),
    ]


@registry.guard(EndPause, pause_id=lambda guard: guard.pause_id)
def end(guard: EndPause, seal: Seal) -> list[Write]:
    """Return the compare-and-set out of `pending`: a timeout after the deadline, all else before it."""
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


# Agents stop waiting for a pause whose message will not arrive.
@registry.row(
    SetPauseDelivery,
    pause_id=lambda row: row.pause_id if row.state is DeliveryState.FAILED else None,
)
def set_delivery(row: SetPauseDelivery, _: Seal) -> list[Write]:
    return [Write(SET_DELIVERY, (row.state.value, row.pause_id))]


def idempotency_index(key: str, seal: Seal) -> str:
    return seal.blind_index(key, "idempotency")


@registry.guard(ClaimIdempotencyKey)
def claim_idempotency_key(guard: ClaimIdempotencyKey, seal: Seal) -> list[Write]:
    row = IdempotencyKeyRow(
        developer_id=guard.developer_id,
        mode=guard.mode.value,
        key_index=idempotency_index(guard.key, seal),
        body_hash=seal.blind_index(guard.fingerprint, "body"),
        pause_id=guard.pause_id,
        created_at=guard.at,
    )
    return [Write(CLAIM_IDEMPOTENCY_KEY, (*astuple(row), guard.not_before))]


@registry.row(ForgetIdempotencyKeys)
def forget_idempotency_keys(row: ForgetIdempotencyKeys, _: Seal) -> list[Write]:
    return [Write(FORGET_IDEMPOTENCY_KEYS, (row.before,))]


def due_from_row(row: DueQuestionRow, seal: Seal) -> DuePause:
    content = decode_content(row.pause_id, row.question, None, seal) if row.question else None
    return DuePause(
        pause_id=row.pause_id,
        developer_id=row.developer_id,
        mode=Mode(row.mode),
        default_index=row.default_index,
        callback_target=row.callback_target,
        contacts=(Contact(row.channel, content.recipient), *content.fallback) if content else (),
        is_failed=row.delivery_state == DeliveryState.FAILED,
    )


def from_row(row: FullPauseRow, seal: Seal) -> Pause:
    question = row.question
    return Pause(
        pause_id=row.pause_id,
        developer_id=row.developer_id,
        mode=Mode(row.mode),
        status=PauseStatus(row.status),
        channel=row.channel,
        allow_text_response=bool(row.allow_text),
        default_index=row.default_index,
        created_at=row.created_at,
        expires_at=row.expires_at,
        choice_index=row.choice_index,
        responded_at=row.responded_at,
        resolved_by=ResolvedBy(row.resolved_by) if row.resolved_by else None,
        delivery_state=DeliveryState(row.delivery_state),
        attempts=decode_attempts(row.attempts) if row.attempts else (),
        content=decode_content(row.pause_id, question, row.answer, seal) if question else None,
        callback_target=row.callback_target,
        remind_at=row.remind_at,
        fallbacks=row.fallbacks,
    )


def first_id_at(instant: Instant) -> str:
    """Return the smallest pause id that a pause created at `instant` can have."""
    bare = f"{instant:012x}"
    return f"psr_{bare[:8]}-{bare[8:]}-7000-8000-000000000000"
