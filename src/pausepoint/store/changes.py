"""Changes: what an operation writes, at most one guard and any number of rows.

The guard is a compare-and-set. The rows are written only if it holds, which they may not because a
concurrent change has won.
"""

from __future__ import annotations

from typing import TypeAlias

from pausepoint.domain.account import ApiKey, Developer, Owned
from pausepoint.domain.delivery import Attempt, Delivery, DeliveryState
from pausepoint.domain.events import Actor, Event
from pausepoint.domain.mode import Mode
from pausepoint.domain.pause import Contact, Ending, Pause
from pausepoint.domain.recipients import Asking, Mute, Recipient, VerifiedBy
from pausepoint.domain.record import record
from pausepoint.domain.time import Instant
from pausepoint.domain.webhook import Webhook

Detail: TypeAlias = str | int | bool | None

# ── Rows: inserts, and updates that need no guard ──


@record(frozen=True, slots=True)
class InsertPause:
    pause: Pause


@record(frozen=True, slots=True)
class InsertDelivery:
    """`created_at` and `due_at` are None for the instant of the commit's batch."""

    delivery: Delivery
    at_commit: bool = False


@record(frozen=True, slots=True)
class InsertAuditEntry:
    """`at` is None for the instant of the commit's batch. `detail`: ids and codes only."""

    developer_id: str
    mode: Mode | None
    event: Event
    actor: Actor
    pause_id: str | None = None
    detail: dict[str, Detail] | None = None
    at: Instant | None = None


def audit_entry(
    subject: Owned, event: Event, actor: Actor, at: Instant | None = None, /, **detail: Detail
) -> InsertAuditEntry:
    """Return the entry about a pause, delivery, webhook, recipient or caller, with its account, mode
    and pause."""
    pause_id = getattr(subject, "pause_id", None)
    return InsertAuditEntry(
        subject.developer_id, subject.mode, event, actor, pause_id, detail or None, at
    )


def account_entry(
    developer_id: str, event: Event, actor: Actor, **detail: Detail
) -> InsertAuditEntry:
    """Return the entry about an account itself, which belongs to no mode."""
    return InsertAuditEntry(developer_id, None, event, actor, None, detail or None)


@record(frozen=True, slots=True)
class InsertApiKey:
    key: ApiKey


@record(frozen=True, slots=True)
class NoteKeyUse:
    """Sets the key's last use to `at`, unless it was used later."""

    key_id: str
    at: Instant


@record(frozen=True, slots=True)
class InsertWebhook:
    webhook: Webhook


@record(frozen=True, slots=True)
class SetPauseDelivery:
    """Sets the delivery state of the pause's only message, which is stored with the pause."""

    pause_id: str
    state: DeliveryState


@record(frozen=True, slots=True)
class DisableWebhook:
    webhook_id: str


@record(frozen=True, slots=True)
class EraseRest:
    """Erases the answer's text, the action and the person, where `ErasePause` erases the question.

    The retention of its idempotency keys begins at `keys_kept_from`, if that is sooner.
    """

    pause_id: str
    keys_kept_from: Instant


@record(frozen=True, slots=True)
class ForgetIdempotencyKeys:
    """Deletes idempotency keys whose retention began before `before`."""

    before: Instant


Row: TypeAlias = (
    InsertPause
    | InsertDelivery
    | InsertAuditEntry
    | InsertApiKey
    | NoteKeyUse
    | InsertWebhook
    | SetPauseDelivery
    | DisableWebhook
    | ForgetIdempotencyKeys
    | EraseRest
)

# ── Guards: compare-and-set, optimistic concurrency ──


@record(frozen=True, slots=True)
class MuteCheck:
    """Holds if, at the commit, one of these people has muted the account, or none has: `is_muted`."""

    developer_id: str
    mode: Mode
    contacts: tuple[Contact, ...]
    is_muted: bool


@record(frozen=True, slots=True)
class EndPause:
    """Holds if the pause is pending, and overdue at the commit's instant if it times out, else not.

    `mutes`, where a timeout depends on it, must hold as well.
    """

    pause_id: str
    ending: Ending
    mutes: MuteCheck | None = None


@record(frozen=True, slots=True)
class ClaimIdempotencyKey:
    """Holds if the key is new or has expired: its retention began before `not_before`.

    `at` is when the retention of the new claim begins.
    """

    developer_id: str
    mode: Mode
    key: str
    fingerprint: str
    pause_id: str
    at: Instant
    not_before: Instant


@record(frozen=True, slots=True)
class InsertDeveloper:
    """Holds if the e-mail address is free."""

    developer: Developer


@record(frozen=True, slots=True)
class RevokeApiKey:
    """Holds if the key was not revoked yet."""

    key_id: str
    developer_id: str


@record(frozen=True, slots=True)
class DeleteWebhook:
    webhook_id: str
    developer_id: str
    mode: Mode


@record(frozen=True, slots=True)
class UpdateDelivery:
    """Holds if the delivery is unchanged since it was read: state, attempt and `due_at` are the fence.

    A worker whose lease has expired finds another attempt's number; after a redelivery or the
    release of a claim it finds another `due_at`.
    """

    read: Delivery
    state: DeliveryState
    attempts: tuple[Attempt, ...]
    due_at: Instant | None
    checks: int = 0
    provider_id: str | None = None
    ended_at: Instant | None = None


def rescheduled(delivery: Delivery, due_at: Instant | None) -> UpdateDelivery:
    """Return the update that changes only `due_at`: None for never."""
    return UpdateDelivery(
        read=delivery,
        state=delivery.state,
        attempts=delivery.attempts,
        due_at=due_at,
        checks=delivery.checks,
        provider_id=delivery.provider_id,
    )


@record(frozen=True, slots=True)
class FailPauseDelivery:
    """Holds if the pause is pending and its delivery had not failed permanently."""

    pause_id: str


@record(frozen=True, slots=True)
class SetDeveloperDisabled:
    """Holds if the account exists and was not in this state."""

    developer_id: str
    disabled: bool


@record(frozen=True, slots=True)
class SetDeveloperPlan:
    """Holds if the account exists and had another plan."""

    developer_id: str
    plan: str


@record(frozen=True, slots=True)
class ErasePause:
    """Erases the question. Holds if the pause has ended and its question was not erased before."""

    pause_id: str


@record(frozen=True, slots=True)
class InsertRecipient:
    """Holds if the account has no recipient with this address in this mode."""

    recipient: Recipient


@record(frozen=True, slots=True)
class VerifyRecipient:
    """Holds if the recipient is there and was not verified."""

    recipient_id: str
    by: VerifiedBy


@record(frozen=True, slots=True)
class NoteAsking:
    """Records the outcome of a confirmation request. Holds if the recipient is still there."""

    recipient_id: str
    at: Instant
    asking: Asking
    code: str | None


@record(frozen=True, slots=True)
class DeleteRecipient:
    recipient_id: str
    developer_id: str
    mode: Mode


@record(frozen=True, slots=True)
class InsertMute:
    """Holds if the person has not muted the account so far, or now reports it as well."""

    mute: Mute


@record(frozen=True, slots=True)
class DeleteMute:
    mute_id: str


Guard: TypeAlias = (
    EndPause
    | ClaimIdempotencyKey
    | InsertDeveloper
    | RevokeApiKey
    | DeleteWebhook
    | UpdateDelivery
    | FailPauseDelivery
    | SetDeveloperDisabled
    | SetDeveloperPlan
    | ErasePause
    | InsertRecipient
    | VerifyRecipient
    | NoteAsking
    | DeleteRecipient
    | InsertMute
    | DeleteMute
)


@record(frozen=True, slots=True)
class Change:
    """One operation's writes: committed together, or not at all.

    The guard and the rows that update each name another record: none is written twice by one change.
    """

    rows: tuple[Row, ...] = ()
    guard: Guard | None = None


@record(frozen=True, slots=True)
class Applied:
    """The change is durable. `at` is the instant at which its guard was judged."""

    at: Instant


@record(frozen=True, slots=True)
class Lost:
    """The guard did not hold: nothing was written, a concurrent change won."""

    at: Instant
