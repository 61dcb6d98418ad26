"""The outbox: rows, statements, and conversion to and from the domain."""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import astuple

from pausepoint.domain.delivery import Attempt, Delivery, DeliveryKind, DeliveryState
from pausepoint.domain.events import Event
from pausepoint.domain.in_flight import (
    PER_CHANNEL,
    PER_WEBHOOK,
    WEBHOOK_POOL,
    WEBHOOKS_OF_ONE_ACCOUNT,
)
from pausepoint.domain.mode import Mode
from pausepoint.domain.time import Instant
from pausepoint.security.sealed import Seal
from pausepoint.store import registry
from pausepoint.store.changes import InsertDelivery, UpdateDelivery
from pausepoint.store.statements import (
    NOW,
    GuardStatement,
    Insert,
    Order,
    Query,
    RowStatement,
    Statement,
    Update,
    Write,
    columns,
    point_query,
    scalar,
)


class DeliveryRow(Struct):
    """The columns of `deliveries`."""

    delivery_id: str
    developer_id: str
    mode: str
    kind: str
    pause_id: str
    webhook_id: str | None
    event: str | None
    state: str
    attempt: int
    attempts: str
    checks: int
    provider_id: str | None
    created_at: Instant
    due_at: Instant | None
    ended_at: Instant | None
    target: str
    recipient_index: int
    is_reminder: int


_COLUMNS: Final = columns(DeliveryRow)
INSERT: Final = RowStatement(
    "insert_delivery", Insert("deliveries", DeliveryRow.__struct_fields__), order=Order.CHILD
)

_KINDS = f"('{DeliveryKind.NOTIFICATION}', '{DeliveryKind.WEBHOOK}')"
_CONSIDERED: Final = 128
"""Twice the maximum of a claim; more would only be sorted and skipped."""


def _claim(now: str) -> str:
    """Return the CTEs up to `counted`: due deliveries, numbered by target and by account.

    `at_limit` and `held` are `InFlight.full` and `InFlight.counts`. Of each kind the oldest `_CONSIDERED`
    are considered; full targets are skipped before they are counted, so that no backlog hides others.
    A claim fills a target or an account up to its limit, so the next one skips it.
    """
    return (
        " due AS (SELECT * FROM (SELECT delivery_id, developer_id, target, due_at, target AS pool"
        f" FROM deliveries WHERE kind = '{DeliveryKind.NOTIFICATION}' AND due_at <= {now}"
        " AND target NOT IN (SELECT item FROM at_limit)"
        " AND target || ' ' || developer_id NOT IN (SELECT item FROM at_limit)"
        f" ORDER BY due_at LIMIT {_CONSIDERED}) AS messages"
        " UNION ALL SELECT * FROM (SELECT delivery_id, developer_id, target, due_at,"
        f" '{WEBHOOK_POOL}' AS pool FROM deliveries"
        f" WHERE kind = '{DeliveryKind.WEBHOOK}' AND due_at <= {now}"
        f" AND (SELECT count(*) FROM at_limit WHERE item = '{WEBHOOK_POOL}') = 0"
        " AND developer_id NOT IN (SELECT item FROM at_limit)"
        " AND target NOT IN (SELECT item FROM at_limit)"
        f" ORDER BY due_at LIMIT {_CONSIDERED}) AS events),"
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
_IS_BELOW_LIMITS = (
    f"in_target <= CASE pool WHEN '{WEBHOOK_POOL}' THEN {PER_WEBHOOK} ELSE {PER_CHANNEL} END"
    f" AND in_account <= COALESCE(share, CASE pool WHEN '{WEBHOOK_POOL}'"
    f" THEN {WEBHOOKS_OF_ONE_ACCOUNT} ELSE {PER_CHANNEL // 2} END)"
)
CLAIM_SQLITE: Final = Query(
    "claim_deliveries_sqlite",
    "WITH held(item, n) AS MATERIALIZED (SELECT key, value FROM json_each(?)),"
    " at_limit(item) AS MATERIALIZED (SELECT value FROM json_each(?)),"
    f"{_claim('?')}"
    " UPDATE deliveries SET attempt = attempt + 1, due_at = ? WHERE delivery_id IN"
    f" (SELECT delivery_id FROM counted WHERE {_IS_BELOW_LIMITS}"
    " ORDER BY in_account, due_at LIMIT ?)"
    f" RETURNING {_COLUMNS}",
    DeliveryRow,
)
RELEASE_SQLITE: Final = Statement(
    "release_deliveries",
    f"UPDATE deliveries SET due_at = ? WHERE kind IN {_KINDS} AND due_at > ? AND state = 'queued'"
    " AND attempt > json_array_length(attempts)",
)
CLAIM_POSTGRES: Final = Query(
    "claim_deliveries_postgres",
    "WITH held(item, n) AS MATERIALIZED (SELECT key, value::int FROM jsonb_each_text(?::jsonb)),"
    " at_limit(item) AS MATERIALIZED (SELECT unnest(?::text[])),"
    f"{_claim('?')}"
    " UPDATE deliveries SET attempt = attempt + 1, due_at = ? WHERE delivery_id = ANY (ARRAY"
    " (SELECT d.delivery_id FROM deliveries d JOIN counted ON counted.delivery_id = d.delivery_id"
    f" WHERE {_IS_BELOW_LIMITS} AND d.due_at <= ?"
    " ORDER BY in_account, d.due_at LIMIT ? FOR NO KEY UPDATE OF d SKIP LOCKED))"
    f" RETURNING {_COLUMNS}",
    DeliveryRow,
)
UNCLAIM_POSTGRES: Final = Statement(
    "unclaim_deliveries",
    f"UPDATE deliveries SET attempt = attempt - 1, due_at = ? WHERE kind IN {_KINDS} AND due_at = ?"
    " AND state = 'queued' AND attempt > jsonb_array_length(attempts::jsonb)",
)
UPDATE: Final = GuardStatement(
    "update_delivery",
    Update(
        "deliveries",
        "state = ?, attempts = ?, due_at = ?, checks = ?, provider_id = ?, ended_at = ?",
        "delivery_id",
        "state = ? AND attempt = ? AND COALESCE(due_at, -1) = ?",
    ),
)
GET: Final = point_query("delivery", _COLUMNS, "deliveries", "delivery_id", DeliveryRow)
OF_WEBHOOK: Final = Query(
    "webhook_deliveries",
    f"SELECT {_COLUMNS} FROM deliveries WHERE webhook_id = ?"
    " ORDER BY delivery_id DESC LIMIT ? OFFSET ?",
    DeliveryRow,
)
MESSAGES: Final = Query(
    "messages",
    f"SELECT {_COLUMNS} FROM deliveries WHERE pause_id = ? AND kind = 'notification'"
    " ORDER BY recipient_index, is_reminder",
    DeliveryRow,
)
OF_CALLBACK: Final = Query(
    "callback_deliveries",
    f"SELECT {_COLUMNS} FROM deliveries WHERE pause_id = ? AND kind = 'webhook'"
    " AND webhook_id IS NULL ORDER BY delivery_id DESC LIMIT ? OFFSET ?",
    DeliveryRow,
)
NEXT_DUE: Final = Query(
    "next_delivery_due",
    "SELECT min(first) FROM"
    f" (SELECT min(due_at) AS first FROM deliveries WHERE kind = '{DeliveryKind.NOTIFICATION}'"
    " AND due_at > ? UNION ALL"
    f" SELECT min(due_at) FROM deliveries WHERE kind = '{DeliveryKind.WEBHOOK}' AND due_at > ?)"
    " AS of_kinds",
    scalar,
)

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(list[tuple[int, int, str, str | None]]).decode


@registry.row(InsertDelivery, outbox=lambda _: True)
def insert(row: InsertDelivery, _: Seal) -> list[Write]:
    delivery = row.delivery
    # Positional: keyword arguments cost msgspec 1 µs a row, and a create has three such rows.
    values = DeliveryRow(
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
    return [Write(INSERT, astuple(values))]


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


def from_row(row: DeliveryRow) -> Delivery:
    return Delivery(
        delivery_id=row.delivery_id,
        developer_id=row.developer_id,
        mode=Mode(row.mode),
        kind=DeliveryKind(row.kind),
        pause_id=row.pause_id,
        webhook_id=row.webhook_id,
        event=Event(row.event) if row.event else None,
        state=DeliveryState(row.state),
        attempt=row.attempt,
        attempts=decode_attempts(row.attempts),
        checks=row.checks,
        provider_id=row.provider_id,
        created_at=row.created_at,
        due_at=row.due_at,
        ended_at=row.ended_at,
        target=row.target,
        recipient_index=row.recipient_index,
        is_reminder=bool(row.is_reminder),
    )


def encode_attempts(attempts: tuple[Attempt, ...]) -> str:
    return _encode([(a.number, a.at, a.outcome, a.code) for a in attempts]).decode()


def decode_attempts(text: str) -> tuple[Attempt, ...]:
    return tuple(Attempt(*fields) for fields in _decode(text))
