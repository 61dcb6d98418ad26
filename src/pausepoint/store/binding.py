"""From a change's nouns to statements: what each row and guard writes, and whom it wakes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, assert_never

from pausepoint.domain.delivery import DeliveryState
from pausepoint.domain.record import record
from pausepoint.domain.time import Instant
from pausepoint.security.sealed import Seal
from pausepoint.store import accounts, audit, deliveries, erasing, pauses, recipients
from pausepoint.store.changes import (
    Change,
    ClaimIdempotencyKey,
    DeleteWebhook,
    DisableWebhook,
    EndPause,
    ErasePause,
    EraseRest,
    FailPauseDelivery,
    ForgetIdempotencyKeys,
    Guard,
    InsertApiKey,
    InsertAuditEntry,
    InsertDelivery,
    InsertDeveloper,
    InsertPause,
    InsertWebhook,
    NoteKeyUse,
    RevokeApiKey,
    Row,
    SetDeveloperDisabled,
    SetDeveloperPlan,
    SetPauseDelivery,
    UpdateDelivery,
)
from pausepoint.store.directory import DeleteMute, DirectoryGuard, InsertMute
from pausepoint.store.statements import NOW, Statement, Write

# Rows of one statement are written as one set; parents come before what refers to them.
ROW_ORDER: Final[tuple[Statement, ...]] = (
    accounts.INSERT_KEY,
    pauses.INSERT,
    pauses.INSERT_CONTENT,
    pauses.INSERT_ACTION,
    accounts.INSERT_WEBHOOK,
    deliveries.INSERT,
    audit.INSERT,
    pauses.SET_DELIVERY,
    accounts.DISABLE_WEBHOOK,
    accounts.NOTE_USE,
    pauses.FORGET_IDEMPOTENCY_KEYS,
    erasing.ERASE_ANSWER,
    erasing.ERASE_ACTION,
    erasing.FORGET_PERSON,
    erasing.FORGET_KEYS_SOON,
)


_CHANGE_KEYS: Final = (RevokeApiKey, SetDeveloperDisabled, SetDeveloperPlan)
_CHANGE_MUTES: Final = (InsertMute, DeleteMute)


@record(frozen=True, slots=True)
class News:
    """What the rest of the process learns once the change is durable.

    `developer_id` is whose feed has grown.
    """

    pause_id: str | None = None
    outbox: bool = False
    deadline: Instant | None = None
    keys_changed: bool = False
    developer_id: str | None = None
    mutes_changed: bool = False


@record(frozen=True, slots=True)
class Bound:
    guard: Write | None
    rows: tuple[Write, ...]
    news: News


def bind(change: Change, seal: Seal) -> Bound:
    """Raises ValueError for text that no database can hold."""
    rows: list[Write] = []
    if isinstance(change.guard, EndPause) and change.guard.ending.response_text is not None:
        text = change.guard.ending.response_text
        rows.append(pauses.insert_answer(change.guard.pause_id, text, seal))
    for row in change.rows:
        rows.extend(_bind_row(row, seal))
    guard = _bind_guard(change.guard, seal) if change.guard else None
    _refuse_what_cannot_be_stored(rows if guard is None else [guard, *rows])
    return Bound(guard, tuple(rows), _news(change))


def _bind_row(row: Row, seal: Seal) -> list[Write]:
    match row:
        case InsertPause(pause):
            return pauses.insert(pause, seal)
        case InsertDelivery(delivery, at_commit):
            return [deliveries.insert(delivery, at_commit=at_commit)]
        case InsertAuditEntry():
            return [audit.insert(row)]
        case InsertApiKey(key):
            return [accounts.insert_key(key)]
        case NoteKeyUse(key_id, at):
            return [Write(accounts.NOTE_USE, (at, key_id, at))]
        case InsertWebhook(webhook):
            return [accounts.insert_webhook(webhook, seal)]
        case SetPauseDelivery(pause_id, state):
            return [Write(pauses.SET_DELIVERY, (state.value, pause_id))]
        case DisableWebhook(webhook_id):
            return [Write(accounts.DISABLE_WEBHOOK, (NOW, webhook_id))]
        case EraseRest(pause_id, kept_from):
            erased = (erasing.ERASE_ANSWER, erasing.ERASE_ACTION, erasing.FORGET_PERSON)
            return [
                *(Write(statement, (pause_id,)) for statement in erased),
                Write(erasing.FORGET_KEYS_SOON, (kept_from, pause_id, kept_from)),
            ]
        case ForgetIdempotencyKeys(before):
            return [Write(pauses.FORGET_IDEMPOTENCY_KEYS, (before,))]
        case _:
            assert_never(row)


def _bind_guard(guard: Guard, seal: Seal) -> Write:
    if isinstance(guard, DirectoryGuard):
        return recipients.bind(guard, seal)
    match guard:
        case EndPause():
            return pauses.end(guard, seal)
        case ClaimIdempotencyKey():
            return Write(
                pauses.CLAIM_IDEMPOTENCY_KEY,
                (
                    guard.developer_id,
                    guard.mode.value,
                    idempotency_index(guard.key, seal),
                    seal.blind_index(guard.fingerprint, "body"),
                    guard.pause_id,
                    guard.at,
                    guard.not_before,
                ),
            )
        case InsertDeveloper(developer):
            return accounts.insert_developer(developer, seal)
        case RevokeApiKey():
            return accounts.revoke_key(guard)
        case DeleteWebhook():
            return accounts.delete_webhook(guard)
        case UpdateDelivery():
            return deliveries.update(guard)
        case FailPauseDelivery(pause_id):
            return Write(pauses.FAIL_DELIVERY, (pause_id,))
        case SetDeveloperDisabled():
            return accounts.set_disabled(guard)
        case ErasePause(pause_id):
            return Write(erasing.ERASE, (pause_id,))
        case SetDeveloperPlan():
            return accounts.set_plan(guard)
        case _:
            assert_never(guard)


def idempotency_index(key: str, seal: Seal) -> str:
    return seal.blind_index(key, "idempotency")


def _refuse_what_cannot_be_stored(writes: Sequence[Write]) -> None:
    text = "".join([v for write in writes for v in write.parameters if isinstance(v, str)])
    if "\0" in text:
        raise ValueError("a text holds U+0000")
    # Raises UnicodeEncodeError, a ValueError, for unpaired surrogates.
    if not text.isascii():
        text.encode()


def _news(change: Change) -> News:
    pause_id: str | None = None
    outbox = False
    deadline: Instant | None = None
    developer_id: str | None = None
    if isinstance(change.guard, EndPause | FailPauseDelivery):
        pause_id = change.guard.pause_id
    if isinstance(change.guard, UpdateDelivery) and change.guard.due_at is not None:
        outbox = True
    for row in change.rows:
        if isinstance(row, InsertPause):
            deadline = row.pause.expires_at
        elif isinstance(row, InsertDelivery):
            outbox = True
        elif isinstance(row, InsertAuditEntry):
            if row.pause_id is not None:
                developer_id = row.developer_id
        elif isinstance(row, SetPauseDelivery) and row.state is DeliveryState.FAILED:
            pause_id = row.pause_id
    keys_changed = isinstance(change.guard, _CHANGE_KEYS)
    mutes_changed = isinstance(change.guard, _CHANGE_MUTES)
    return News(pause_id, outbox, deadline, keys_changed, developer_id, mutes_changed)
