"""The outbox: statements, and the rows between them and the domain."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from pausepoint.domain.account import Delivery
from pausepoint.domain.delivery import (
    PER_CHANNEL,
    PER_WEBHOOK,
    Attempt,
    DeliveryKind,
    DeliveryState,
)
from pausepoint.domain.events import Event
from pausepoint.domain.pause import Mode
from pausepoint.store.changes import UpdateDelivery
from pausepoint.store.statements import NOW, Statement, Write

_COLUMNS = (
    "delivery_id, developer_id, mode, kind, pause_id, webhook_id, event, state, attempt, attempts,"
    " checks, provider_id, created_at, due_at, ended_at, target,"
    " recipient_index, is_reminder"
)
INSERT: Final = Statement(
    "insert_delivery",
    f"INSERT INTO deliveries ({_COLUMNS})"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
)
# A claim takes few for one target, so that none of them waits long for its turn.
_HAS_A_PLACE = (
    f"place <= CASE placed.kind WHEN '{DeliveryKind.WEBHOOK}' THEN {PER_WEBHOOK}"
    f" ELSE {PER_CHANNEL} END"
)
CLAIM_SQLITE: Final = Statement(
    "claim_deliveries",
    "UPDATE deliveries SET attempt = attempt + 1, due_at = ? WHERE delivery_id IN"
    " (SELECT delivery_id FROM (SELECT delivery_id, due_at, kind,"
    " ROW_NUMBER() OVER (PARTITION BY target ORDER BY due_at) AS place"
    " FROM (SELECT delivery_id, due_at, kind, target FROM deliveries WHERE due_at <= ?"
    " AND target NOT IN (SELECT value FROM json_each(?)) ORDER BY due_at LIMIT 1000)) AS placed"
    f" WHERE {_HAS_A_PLACE} ORDER BY due_at LIMIT ?)"
    f" RETURNING {_COLUMNS}",
)
RELEASE_SQLITE: Final = Statement(
    "release_deliveries",
    "UPDATE deliveries SET due_at = ? WHERE due_at > ? AND state = 'queued'"
    " AND attempt > json_array_length(attempts)",
)
CLAIM_POSTGRES: Final = Statement(
    "claim_deliveries",
    "UPDATE deliveries SET attempt = attempt + 1, due_at = ? WHERE delivery_id = ANY (ARRAY"
    " (SELECT d.delivery_id FROM deliveries d JOIN (SELECT delivery_id, kind,"
    " ROW_NUMBER() OVER (PARTITION BY target ORDER BY due_at) AS place"
    " FROM (SELECT delivery_id, due_at, kind, target FROM deliveries WHERE due_at <= ?"
    " AND target <> ALL (?) ORDER BY due_at LIMIT 1000) AS due) AS placed"
    " ON placed.delivery_id = d.delivery_id"
    f" WHERE {_HAS_A_PLACE} AND d.due_at <= ?"
    " ORDER BY d.due_at LIMIT ? FOR NO KEY UPDATE OF d SKIP LOCKED))"
    f" RETURNING {_COLUMNS}",
)
UNCLAIM_POSTGRES: Final = Statement(
    "unclaim_deliveries",
    "UPDATE deliveries SET attempt = attempt - 1, due_at = ? WHERE due_at = ?"
    " AND state = 'queued' AND attempt > jsonb_array_length(attempts::jsonb)",
)
UPDATE: Final = Statement(
    "update_delivery",
    "UPDATE deliveries SET state = ?, attempts = ?, due_at = ?, checks = ?, provider_id = ?,"
    " ended_at = ?, attempt = ?"
    " WHERE delivery_id = ? AND state = ? AND attempt = ? AND COALESCE(due_at, -1) = ?",
)
GET: Final = Statement("delivery", f"SELECT {_COLUMNS} FROM deliveries WHERE delivery_id = ?")
OF_WEBHOOK: Final = Statement(
    "webhook_deliveries",
    f"SELECT {_COLUMNS} FROM deliveries WHERE webhook_id = ?"
    " ORDER BY delivery_id DESC LIMIT ? OFFSET ?",
)
MESSAGES: Final = Statement(
    "messages",
    f"SELECT {_COLUMNS} FROM deliveries WHERE pause_id = ? AND kind = 'notification'"
    " ORDER BY recipient_index, is_reminder",
)
OF_CALLBACK: Final = Statement(
    "callback_deliveries",
    f"SELECT {_COLUMNS} FROM deliveries WHERE pause_id = ? AND kind = 'webhook'"
    " AND webhook_id IS NULL ORDER BY delivery_id DESC LIMIT ? OFFSET ?",
)
NEXT_DUE: Final = Statement(
    "next_delivery_due", "SELECT min(due_at) FROM deliveries WHERE due_at > ?"
)

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(list[tuple[int, int, str, str | None]]).decode


def insert(delivery: Delivery, *, at_commit: bool) -> Write:
    return Write(
        INSERT,
        (
            delivery.delivery_id,
            delivery.developer_id,
            delivery.mode.value,
            delivery.kind.value,
            delivery.pause_id,
            delivery.webhook_id,
            delivery.event.value if delivery.event else None,
            delivery.state.value,
            delivery.attempt,
            encode_attempts(delivery.attempts),
            delivery.checks,
            delivery.provider_id,
            NOW if at_commit else delivery.created_at,
            NOW if at_commit else delivery.due_at,
            delivery.ended_at,
            delivery.target,
            delivery.recipient_index,
            int(delivery.is_reminder),
        ),
    )


def update(guard: UpdateDelivery) -> Write:
    return Write(
        UPDATE,
        (
            guard.state.value,
            encode_attempts(guard.attempts),
            guard.due_at,
            guard.checks,
            guard.provider_id,
            guard.ended_at,
            guard.read.attempt if guard.attempt is None else guard.attempt,
            guard.read.delivery_id,
            guard.read.state.value,
            guard.read.attempt,
            -1 if guard.read.due_at is None else guard.read.due_at,
        ),
    )


def from_row(row: Any) -> Delivery:
    """`row` is in the order of `_COLUMNS`."""
    return Delivery(
        delivery_id=row[0],
        developer_id=row[1],
        mode=Mode(row[2]),
        kind=DeliveryKind(row[3]),
        pause_id=row[4],
        webhook_id=row[5],
        event=Event(row[6]) if row[6] else None,
        state=DeliveryState(row[7]),
        attempt=row[8],
        attempts=decode_attempts(row[9]),
        checks=row[10],
        provider_id=row[11],
        created_at=row[12],
        due_at=row[13],
        ended_at=row[14],
        target=row[15],
        recipient_index=row[16],
        is_reminder=bool(row[17]),
    )


def encode_attempts(attempts: tuple[Attempt, ...]) -> str:
    return _encode([(a.number, a.at, a.outcome, a.code) for a in attempts]).decode()


def decode_attempts(text: str) -> tuple[Attempt, ...]:
    return tuple(Attempt(*fields) for fields in _decode(text))
