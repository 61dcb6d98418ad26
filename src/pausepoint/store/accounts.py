"""Accounts, API keys and webhooks: statements, and the rows between them and the domain."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from pausepoint.domain.account import ApiKey, Developer, Principal
from pausepoint.domain.events import Event
from pausepoint.domain.mode import Mode
from pausepoint.domain.scopes import UNRESTRICTED, KeyRestrictions, Scope, networks_of
from pausepoint.domain.time import Instant
from pausepoint.domain.webhook import Webhook
from pausepoint.security.sealed import Seal
from pausepoint.store import registry
from pausepoint.store.changes import (
    DeleteWebhook,
    DisableWebhook,
    InsertApiKey,
    InsertDeveloper,
    InsertWebhook,
    NoteKeyUse,
    RevokeApiKey,
    SetDeveloperDisabled,
    SetDeveloperPlan,
)
from pausepoint.store.statements import (
    NOW,
    GuardStatement,
    Order,
    PointQuery,
    RowStatement,
    Statement,
    Write,
)

_DEVELOPER = "developer_id, sealed, password_hash, plan, created_at, disabled_at"
INSERT_DEVELOPER: Final = GuardStatement(
    "insert_developer",
    "INSERT INTO developers (developer_id, email_index, sealed, password_hash, plan, created_at)"
    " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (email_index) DO NOTHING",
)
GET_DEVELOPER: Final = PointQuery(
    "developer", f"SELECT {_DEVELOPER} FROM developers WHERE developer_id = ?"
)
GET_DEVELOPER_BY_EMAIL: Final = Statement(
    "developer_by_email", f"SELECT {_DEVELOPER} FROM developers WHERE email_index = ?"
)
LIST_DEVELOPERS: Final = Statement(
    "developers", f"SELECT {_DEVELOPER} FROM developers ORDER BY developer_id"
)
DISABLE_DEVELOPER: Final = GuardStatement(
    "disable_developer",
    "UPDATE developers SET disabled_at = ? WHERE developer_id = ? AND disabled_at IS NULL",
)
ENABLE_DEVELOPER: Final = GuardStatement(
    "enable_developer",
    "UPDATE developers SET disabled_at = NULL WHERE developer_id = ? AND disabled_at IS NOT NULL",
)
SET_PLAN: Final = GuardStatement(
    "set_developer_plan", "UPDATE developers SET plan = ? WHERE developer_id = ? AND plan <> ?"
)

_BOUNDS = "scopes, expires_at, networks"
_KEY = f"key_id, developer_id, mode, prefix, key_hash, name, created_at, revoked_at, {_BOUNDS}"
INSERT_KEY: Final = RowStatement(
    "insert_api_key",
    f"INSERT INTO api_keys ({_KEY}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    order=Order.PARENT,
)
NOTE_USE: Final = RowStatement(
    "note_key_use",
    "UPDATE api_keys SET last_used_at = ?"
    " WHERE key_id = ? AND (last_used_at IS NULL OR last_used_at < ?)",
    order=Order.UPDATE,
)
REVOKE_KEY: Final = GuardStatement(
    "revoke_api_key",
    "UPDATE api_keys SET revoked_at = ?"
    " WHERE key_id = ? AND developer_id = ? AND revoked_at IS NULL",
)
LIST_KEYS: Final = Statement(
    "api_keys",
    f"SELECT {_KEY}, last_used_at FROM api_keys WHERE developer_id = ? ORDER BY created_at, mode, key_id",
)
GET_PRINCIPAL: Final = PointQuery(
    "principal",
    "SELECT k.key_id, k.developer_id, k.mode, d.plan, k.scopes, k.expires_at, k.networks"
    " FROM api_keys k"
    " JOIN developers d ON d.developer_id = k.developer_id"
    " WHERE k.key_hash = ? AND k.revoked_at IS NULL AND d.disabled_at IS NULL",
)

_WEBHOOK = "webhook_id, developer_id, mode, events, sealed, created_at, disabled_at"
INSERT_WEBHOOK: Final = RowStatement(
    "insert_webhook",
    f"INSERT INTO webhooks ({_WEBHOOK}) VALUES (?, ?, ?, ?, ?, ?, ?)",
    order=Order.PARENT,
)
DELETE_WEBHOOK: Final = GuardStatement(
    "delete_webhook",
    "UPDATE webhooks SET deleted_at = ?"
    " WHERE webhook_id = ? AND developer_id = ? AND mode = ? AND deleted_at IS NULL",
)
DISABLE_WEBHOOK: Final = RowStatement(
    "disable_webhook",
    "UPDATE webhooks SET disabled_at = ? WHERE webhook_id = ? AND disabled_at IS NULL",
    order=Order.UPDATE,
)
GET_WEBHOOK: Final = PointQuery(
    "webhook", f"SELECT {_WEBHOOK} FROM webhooks WHERE webhook_id = ? AND deleted_at IS NULL"
)
LIST_WEBHOOKS: Final = Statement(
    "webhooks",
    f"SELECT {_WEBHOOK} FROM webhooks WHERE developer_id = ? AND mode = ?"
    " AND deleted_at IS NULL ORDER BY webhook_id DESC",
)
SUBSCRIBERS: Final = Statement(
    "subscribers",
    "SELECT webhook_id, events FROM webhooks WHERE developer_id = ? AND mode = ?"
    " AND deleted_at IS NULL AND disabled_at IS NULL",
)

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


def email_index(email: str, seal: Seal) -> str:
    return seal.blind_index(email.casefold(), "email")


@registry.guard(InsertDeveloper)
def insert_developer(guard: InsertDeveloper, seal: Seal) -> list[Write]:
    developer = guard.developer
    sealed = seal.seal(_encode([developer.email, developer.name]), developer.developer_id)
    parameters = (
        developer.developer_id,
        email_index(developer.email, seal),
        sealed,
        developer.password_hash,
        developer.plan,
        developer.created_at,
    )
    return [Write(INSERT_DEVELOPER, parameters)]


def developer_from_row(row: Any, seal: Seal) -> Developer:
    email, name = _decode(seal.unseal(row[1], row[0]))
    return Developer(
        developer_id=row[0],
        email=email,
        name=name,
        password_hash=row[2],
        plan=row[3],
        created_at=row[4],
        disabled_at=row[5],
    )


@registry.guard(SetDeveloperDisabled, keys_changed=lambda _: True)
def set_disabled(guard: SetDeveloperDisabled, _: Seal) -> list[Write]:
    if guard.disabled:
        return [Write(DISABLE_DEVELOPER, (NOW, guard.developer_id))]
    return [Write(ENABLE_DEVELOPER, (guard.developer_id,))]


@registry.guard(SetDeveloperPlan, keys_changed=lambda _: True)
def set_plan(guard: SetDeveloperPlan, _: Seal) -> list[Write]:
    return [Write(SET_PLAN, (guard.plan, guard.developer_id, guard.plan))]


@registry.row(InsertApiKey)
def insert_key(row: InsertApiKey, _: Seal) -> list[Write]:
    key = row.key
    parameters = (
        key.key_id,
        key.developer_id,
        key.mode.value,
        key.prefix,
        key.key_hash,
        key.name,
        key.created_at,
        key.revoked_at,
        *_bounds(key.restrictions),
    )
    return [Write(INSERT_KEY, parameters)]


@registry.row(NoteKeyUse)
def note_key_use(row: NoteKeyUse, _: Seal) -> list[Write]:
    return [Write(NOTE_USE, (row.at, row.key_id, row.at))]


@registry.guard(RevokeApiKey, keys_changed=lambda _: True)
def revoke_key(guard: RevokeApiKey, _: Seal) -> list[Write]:
    return [Write(REVOKE_KEY, (NOW, guard.key_id, guard.developer_id))]


def key_from_row(row: Any) -> ApiKey:
    return ApiKey(
        key_id=row[0],
        developer_id=row[1],
        mode=Mode(row[2]),
        prefix=row[3],
        key_hash=row[4],
        name=row[5],
        created_at=row[6],
        revoked_at=row[7],
        restrictions=_reach(row[8:11]),
        last_used_at=row[11],
    )


def principal_from_row(row: Any) -> Principal:
    return Principal(row[0], row[1], Mode(row[2]), row[3], _reach(row[4:7]))


def _bounds(restrictions: KeyRestrictions) -> tuple[str | None, Instant | None, str | None]:
    scopes = None if restrictions.scopes is None else " ".join(sorted(restrictions.scopes))
    networks = " ".join(map(str, restrictions.networks)) or None
    return scopes, restrictions.expires_at, networks


def _reach(row: Any) -> KeyRestrictions:
    scopes, expires_at, networks = row
    if scopes is None and expires_at is None and networks is None:
        return UNRESTRICTED
    return KeyRestrictions(
        None if scopes is None else frozenset(map(Scope, scopes.split())),
        expires_at,
        networks_of((networks or "").split()),
    )


@registry.row(InsertWebhook)
def insert_webhook(row: InsertWebhook, seal: Seal) -> list[Write]:
    webhook = row.webhook
    parameters = (
        webhook.webhook_id,
        webhook.developer_id,
        webhook.mode.value,
        " ".join(webhook.events),
        seal.seal(_encode([webhook.url, webhook.secret]), webhook.webhook_id),
        webhook.created_at,
        webhook.disabled_at,
    )
    return [Write(INSERT_WEBHOOK, parameters)]


@registry.guard(DeleteWebhook)
def delete_webhook(guard: DeleteWebhook, _: Seal) -> list[Write]:
    parameters = (NOW, guard.webhook_id, guard.developer_id, guard.mode.value)
    return [Write(DELETE_WEBHOOK, parameters)]


@registry.row(DisableWebhook)
def disable_webhook(row: DisableWebhook, _: Seal) -> list[Write]:
    return [Write(DISABLE_WEBHOOK, (NOW, row.webhook_id))]


def webhook_from_row(row: Any, seal: Seal) -> Webhook:
    url, secret = _decode(seal.unseal(row[4], row[0]))
    return Webhook(
        webhook_id=row[0],
        developer_id=row[1],
        mode=Mode(row[2]),
        url=url,
        events=tuple(Event(name) for name in row[3].split()),
        secret=secret,
        created_at=row[5],
        disabled_at=row[6],
    )
