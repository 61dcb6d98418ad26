"""The outbox: statements, and the rows between them and the domain."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from pausepoint.domain.delivery import Attempt, Delivery, DeliveryKind, DeliveryState
from pausepoint.domain.events import Event
from pausepoint.domain.in_flight import (
    PER_CHANNEL,
    PER_WEBHOOK,
    WEBHOOK_POOL,
    WEBHOOKS_OF_ONE_ACCOUNT,
)
from pausepoint.domain.mode import Mode
from pausepoint.security.sealed import Seal
from pausepoint.store import registry
from pausepoint.store.changes import InsertDelivery, UpdateDelivery
from pausepoint.store.statements import (
    NOW,
    GuardStatement,
    Order,
    PointQuery,
    RowStatement,
    Statement,
    Write,
)

_COLUMNS = (
    "delivery_id, developer_id, mode, kind, pause_id, webhook_id, event, state, attempt, attempts,"
    " checks, provider_id, created_at, due_at, ended_at, target,"
    " recipient_index, is_reminder"
)
INSERT: Final = RowStatement(
    "insert_delivery",
    f"INSERT INTO deliveries ({_COLUMNS})"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    order=Order.CHILD,
)

_KINDS = f"('{DeliveryKind.NOTIFICATION}', '{DeliveryKind.WEBHOOK}')"
_LOOKED_AT: Final = 128
"""Twice what a claim takes at most; more would only be sorted and left."""


def _claim(now: str) -> str:
    """The due deliveries in `counted`, each with how many its target and its account would have.

    `at_limit` and `held` are `InFlight.full` and `InFlight.counts`. Of each kind the oldest `_LOOKED_AT`
    are considered; full targets are skipped before they are counted, so that no backlog hides others.
    A claim takes all that a target or an account may have, so the next one passes over it.
    """
    return (
        " due AS (SELECT * FROM (SELECT delivery_id, developer_id, target, due_at, target AS pool"
        f" FROM deliveries WHERE kind = '{DeliveryKind.NOTIFICATION}' AND due_at <= {now}"
        " AND target NOT IN (SELECT item FROM at_limit)"
        " AND target || ' ' || developer_id NOT IN (SELECT item FROM at_limit)"
        f" ORDER BY due_at LIMIT {_LOOKED_AT}) AS messages"
        " UNION ALL SELECT * FROM (SELECT delivery_id, developer_id, target, due_at,"
        f" '{WEBHOOK_POOL}' AS pool FROM deliveries"
        f" WHERE kind = '{DeliveryKind.WEBHOOK}' AND due_at <= {now}"
        f" AND (SELECT count(*) FROM at_limit WHERE item = '{WEBHOOK_POOL}') = 0"
        " AND developer_id NOT IN (SELECT item FROM at_limit)"
        " AND target NOT IN (SELECT item FROM at_limit)"
        f" ORDER BY due_at LIMIT {_LOOKED_AT}) AS events),"
        " shared AS (SELECT due.*,"
        " ROW_NUMBER() OVER (PARTITION BY due.pool, due.developer_id ORDER BY due.due_at)"
        " + COALESCE(of_account.n, 0) AS in_account,"
        " CASE WHEN of_account.n IS NULL THEN unused.n ELSE used.n END AS share"
        " FROM due LEFT JOIN held AS of_account"
        " ON of_account.item = due.pool || ' ' || due.developer_id"
        " LEFT JOIN held AS used ON used.item = 'share ' || due.pool"
        " LEFT JOIN held AS unused ON unused.item = 'new ' || due.pool),"
        " counted AS (SELECT shared.*,"
        " ROW_NUMBER() OVER (PARTITION BY shared.target ORDER BY in_account, shared.due_at)"
        " + COALESCE(of_target.n, 0) AS in_target"
        " FROM shared LEFT JOIN held AS of_target ON of_target.item = shared.target)"
    )


# The account with the least in flight comes first.
_HAS_A_PLACE = (
    f"in_target <= CASE pool WHEN '{WEBHOOK_POOL}' THEN {PER_WEBHOOK} ELSE {PER_CHANNEL} END"
    f" AND in_account <= COALESCE(share, CASE pool WHEN '{WEBHOOK_POOL}'"
    f" THEN {WEBHOOKS_OF_ONE_ACCOUNT} ELSE {PER_CHANNEL // 2} END)"
)
CLAIM_SQLITE: Final = Statement(
    "claim_deliveries",
    "WITH held(item, n) AS MATERIALIZED (SELECT key, value FROM json_each(?)),"
    " at_limit(item) AS MATERIALIZED (SELECT value FROM json_each(?)),"
    f"{_claim('?')}"
    " UPDATE deliveries SET attempt = attempt + 1, due_at = ? WHERE delivery_id IN"
    f" (SELECT delivery_id FROM counted WHERE {_HAS_A_PLACE}"
    " ORDER BY in_account, due_at LIMIT ?)"
    f" RETURNING {_COLUMNS}",
)
RELEASE_SQLITE: Final = Statement(
    "release_deliveries",
    f"UPDATE deliveries SET due_at = ? WHERE kind IN {_KINDS} AND due_at > ? AND state = 'queued'"
    " AND attempt > json_array_length(attempts)",
)
CLAIM_POSTGRES: Final = Statement(
    "claim_deliveries",
    "WITH held(item, n) AS MATERIALIZED (SELECT key, value::int FROM jsonb_each_text(?::jsonb)),"
    " at_limit(item) AS MATERIALIZED (SELECT unnest(?::text[])),"
    f"{_claim('?')}"
    " UPDATE deliveries SET attempt = attempt + 1, due_at = ? WHERE delivery_id = ANY (ARRAY"
    " (SELECT d.delivery_id FROM deliveries d JOIN counted ON counted.delivery_id = d.delivery_id"
    f" WHERE {_HAS_A_PLACE} AND d.due_at <= ?"
    " ORDER BY in_account, d.due_at LIMIT ? FOR NO KEY UPDATE OF d SKIP LOCKED))"
    f" RETURNING {_COLUMNS}",
)
UNCLAIM_POSTGRES: Final = Statement(
    "unclaim_deliveries",
    f"UPDATE deliveries SET attempt = attempt - 1, due_at = ? WHERE kind IN {_KINDS} AND due_at = ?"
    " AND state = 'queued' AND attempt > jsonb_array_length(attempts::jsonb)",
)
UPDATE: Final = GuardStatement(
    "update_delivery",
    "UPDATE deliveries SET state = ?, attempts = ?, due_at = ?, checks = ?, provider_id = ?,"
    " ended_at = ?"
    " WHERE delivery_id = ? AND state = ? AND attempt = ? AND COALESCE(due_at, -1) = ?",
)
GET: Final = PointQuery("delivery", f"SELECT {_COLUMNS} FROM deliveries WHERE delivery_id = ?")
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
    "next_delivery_due",
    "SELECT min(first) FROM"
    f" (SELECT min(due_at) AS first FROM deliveries WHERE kind = '{DeliveryKind.NOTIFICATION}'"
    " AND due_at > ? UNION ALL"
    f" SELECT min(due_at) FROM deliveries WHERE kind = '{DeliveryKind.WEBHOOK}' AND due_at > ?)"
    " AS of_kinds",
)

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(list[tuple[int, int, str, str | None]]).decode


@registry.row(InsertDelivery, outbox=lambda _: True)
def insert(row: InsertDelivery, _: Seal) -> list[Write]:
    delivery = row.delivery
    parameters = (
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
        NOW if row.at_commit else delivery.created_at,
        NOW if row.at_commit else delivery.due_at,
        delivery.ended_at,
        delivery.target,
        delivery.recipient_index,
        int(delivery.is_reminder),
    )
    return [Write(INSERT, parameters)]


@registry.guard(UpdateDelivery, outbox=lambda guard: guard.due_at is not None)
def update(guard: UpdateDelivery, _: Seal) -> list[Write]:
    parameters = (
        guard.state.value,
        encode_attempts(guard.attempts),
        guard.due_at,
        guard.checks,
        guard.provider_id,
        guard.ended_at,
        guard.read.delivery_id,
        guard.read.state.value,
        guard.read.attempt,
        -1 if guard.read.due_at is None else guard.read.due_at,
    )
    return [Write(UPDATE, parameters)]


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
