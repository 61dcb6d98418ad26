"""Accounts, API keys and webhooks: rows, statements, and conversion to and from the domain."""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import astuple

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
    Insert,
    Order,
    Query,
    RowStatement,
    Update,
    Write,
    columns,
    point_query,
)


class DeveloperRow(Struct):
    """The columns of `developers`."""

    developer_id: str
    email_index: str
    sealed: bytes
    password_hash: str | None
    plan: str
    created_at: Instant
    disabled_at: Instant | None


class ApiKeyRow(Struct):
    """The columns of `api_keys`."""

    key_id: str
    developer_id: str
    mode: str
    prefix: str
    key_hash: str
    name: str
    created_at: Instant
    revoked_at: Instant | None
    scopes: str | None
    expires_at: Instant | None
    networks: str | None
    last_used_at: Instant | None


class PrincipalRow(Struct):
    """The columns of `api_keys` that authentication needs, and the account's plan."""

    key_id: str
    developer_id: str
    mode: str
    plan: str
    scopes: str | None
    expires_at: Instant | None
    networks: str | None


class WebhookRow(Struct):
    """The columns of `webhooks`, but for `deleted_at`: deleted webhooks are not read."""

    webhook_id: str
    developer_id: str
    mode: str
    events: str
    sealed: bytes
    created_at: Instant
    disabled_at: Instant | None


INSERT_DEVELOPER: Final = GuardStatement(
    "insert_developer",
    Insert(
        "developers",
        DeveloperRow.__struct_fields__,
        conflict=("email_index",),
        on_conflict="DO NOTHING",
    ),
)
_DEVELOPER: Final = columns(DeveloperRow)
GET_DEVELOPER: Final = point_query(
    "developer", _DEVELOPER, "developers", "developer_id", DeveloperRow
)
GET_DEVELOPER_BY_EMAIL: Final = Query(
    "developer_by_email",
    f"SELECT {_DEVELOPER} FROM developers WHERE email_index = ?",
    DeveloperRow,
)
LIST_DEVELOPERS: Final = Query(
    "developers", f"SELECT {_DEVELOPER} FROM developers ORDER BY developer_id", DeveloperRow
)
DISABLE_DEVELOPER: Final = GuardStatement(
    "disable_developer",
    Update("developers", "disabled_at = ?", "developer_id", "disabled_at IS NULL"),
)
ENABLE_DEVELOPER: Final = GuardStatement(
    "enable_developer",
    Update("developers", "disabled_at = NULL", "developer_id", "disabled_at IS NOT NULL"),
)
SET_PLAN: Final = GuardStatement(
    "set_developer_plan", Update("developers", "plan = ?", "developer_id", "plan <> ?")
)

INSERT_KEY: Final = RowStatement(
    "insert_api_key", Insert("api_keys", ApiKeyRow.__struct_fields__), order=Order.PARENT
)
NOTE_USE: Final = RowStatement(
    "note_key_use",
    Update("api_keys", "last_used_at = ?", "key_id", "(last_used_at IS NULL OR last_used_at < ?)"),
    order=Order.UPDATE,
)
REVOKE_KEY: Final = GuardStatement(
    "revoke_api_key",
    Update("api_keys", "revoked_at = ?", "key_id", "developer_id = ? AND revoked_at IS NULL"),
)
LIST_KEYS: Final = Query(
    "api_keys",
    f"SELECT {columns(ApiKeyRow)} FROM api_keys WHERE developer_id = ?"
    " ORDER BY created_at, mode, key_id",
    ApiKeyRow,
)
GET_PRINCIPAL: Final = point_query(
    "principal",
    columns(PrincipalRow, "k", plan="d.plan"),
    "api_keys k JOIN developers d ON d.developer_id = k.developer_id",
    "k.key_hash",
    PrincipalRow,
    " AND k.revoked_at IS NULL AND d.disabled_at IS NULL",
)

INSERT_WEBHOOK: Final = RowStatement(
    "insert_webhook", Insert("webhooks", WebhookRow.__struct_fields__), order=Order.PARENT
)
DELETE_WEBHOOK: Final = GuardStatement(
    "delete_webhook",
    Update(
        "webhooks",
        "deleted_at = ?",
        "webhook_id",
        "developer_id = ? AND mode = ? AND deleted_at IS NULL",
    ),
)
DISABLE_WEBHOOK: Final = RowStatement(
    "disable_webhook",
    Update("webhooks", "disabled_at = ?", "webhook_id", "disabled_at IS NULL"),
    order=Order.UPDATE,
)
_WEBHOOK: Final = columns(WebhookRow)
GET_WEBHOOK: Final = point_query(
    "webhook", _WEBHOOK, "webhooks", "webhook_id", WebhookRow, " AND deleted_at IS NULL"
)
LIST_WEBHOOKS: Final = Query(
    "webhooks",
    f"SELECT {_WEBHOOK} FROM webhooks WHERE developer_id = ? AND mode = ?"
    " AND deleted_at IS NULL ORDER BY webhook_id DESC",
    WebhookRow,
)
SUBSCRIBERS: Final = Query(
    "subscribers",
    "SELECT webhook_id, events FROM webhooks WHERE developer_id = ? AND mode = ?"
    " AND deleted_at IS NULL AND disabled_at IS NULL",
    lambda webhook_id, events: (str(webhook_id), frozenset(events.split())),
)

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


def email_index(email: str, seal: Seal) -> str:
    return seal.blind_index(email.casefold(), "email")


@registry.guard(InsertDeveloper)
def insert_developer(guard: InsertDeveloper, seal: Seal) -> list[Write]:
    developer = guard.developer
    row = DeveloperRow(
        developer_id=developer.developer_id,
        email_index=email_index(developer.email, seal),
        sealed=seal.seal(_encode([developer.email, developer.name]), developer.developer_id),
        password_hash=developer.password_hash,
        plan=developer.plan,
        created_at=developer.created_at,
        disabled_at=None,
    )
    return [Write(INSERT_DEVELOPER, astuple(row))]


def developer_from_row(row: DeveloperRow, seal: Seal) -> Developer:
    email, name = _decode(seal.unseal(row.sealed, row.developer_id))
    return Developer(
        developer_id=row.developer_id,
        email=email,
        name=name,
        password_hash=row.password_hash,
        plan=row.plan,
        created_at=row.created_at,
        disabled_at=row.disabled_at,
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
    scopes, networks = key.restrictions.scopes, key.restrictions.networks
    values = ApiKeyRow(
        key_id=key.key_id,
        developer_id=key.developer_id,
        mode=key.mode.value,
        prefix=key.prefix,
        key_hash=key.key_hash,
        name=key.name,
        created_at=key.created_at,
        revoked_at=key.revoked_at,
        scopes=None if scopes is None else " ".join(sorted(scopes)),
        expires_at=key.restrictions.expires_at,
        networks=" ".join(map(str, networks)) or None,
        last_used_at=None,
    )
    return [Write(INSERT_KEY, astuple(values))]


@registry.row(NoteKeyUse)
def note_key_use(row: NoteKeyUse, _: Seal) -> list[Write]:
    return [Write(NOTE_USE, (row.at, row.key_id, row.at))]


@registry.guard(RevokeApiKey, keys_changed=lambda _: True)
def revoke_key(guard: RevokeApiKey, _: Seal) -> list[Write]:
    return [Write(REVOKE_KEY, (NOW, guard.key_id, guard.developer_id))]


def key_from_row(row: ApiKeyRow) -> ApiKey:
    return ApiKey(
        key_id=row.key_id,
        developer_id=row.developer_id,
        mode=Mode(row.mode),
        prefix=row.prefix,
        key_hash=row.key_hash,
        name=row.name,
        created_at=row.created_at,
        revoked_at=row.revoked_at,
        restrictions=_restrictions(row),
        last_used_at=row.last_used_at,
    )


def principal_from_row(row: PrincipalRow) -> Principal:
    return Principal(row.key_id, row.developer_id, Mode(row.mode), row.plan, _restrictions(row))


def _restrictions(row: ApiKeyRow | PrincipalRow) -> KeyRestrictions:
    if row.scopes is None and row.expires_at is None and row.networks is None:
        return UNRESTRICTED
    return KeyRestrictions(
        None if row.scopes is None else frozenset(map(Scope, row.scopes.split())),
        row.expires_at,
        networks_of((row.networks or "").split()),
    )


@registry.row(InsertWebhook)
def insert_webhook(row: InsertWebhook, seal: Seal) -> list[Write]:
    webhook = row.webhook
    values = WebhookRow(
        webhook_id=webhook.webhook_id,
        developer_id=webhook.developer_id,
        mode=webhook.mode.value,
        events=" ".join(webhook.events),
        sealed=seal.seal(_encode([webhook.url, webhook.secret]), webhook.webhook_id),
        created_at=webhook.created_at,
        disabled_at=webhook.disabled_at,
    )
    return [Write(INSERT_WEBHOOK, astuple(values))]


@registry.guard(DeleteWebhook)
def delete_webhook(guard: DeleteWebhook, _: Seal) -> list[Write]:
    parameters = (NOW, guard.webhook_id, guard.developer_id, guard.mode.value)
    return [Write(DELETE_WEBHOOK, parameters)]


@registry.row(DisableWebhook)
def disable_webhook(row: DisableWebhook, _: Seal) -> list[Write]:
    return [Write(DISABLE_WEBHOOK, (NOW, row.webhook_id))]


def webhook_from_row(row: WebhookRow, seal: Seal) -> Webhook:
    url, secret = _decode(seal.unseal(row.sealed, row.webhook_id))
    return Webhook(
        webhook_id=row.webhook_id,
        developer_id=row.developer_id,
        mode=Mode(row.mode),
        url=url,
        events=tuple(Event(name) for name in row.events.split()),
        secret=secret,
        created_at=row.created_at,
        disabled_at=row.disabled_at,
    )
