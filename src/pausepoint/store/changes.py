"""What an operation may have written: one frozen change, of at most one guard and of rows.

The rows follow only if the guard held: a compare-and-set, which a concurrent change may win.
"""

from __future__ import annotations

from typing import TypeAlias

from pausepoint.domain.account import ApiKey, Developer, Owned
from pausepoint.domain.delivery import Attempt, Delivery, DeliveryState
from pausepoint.domain.events import Actor, Event
from pausepoint.domain.mode import Mode
from pausepoint.domain.pause import Contact, Ending, Pause
from pausepoint.domain.record import record
from pausepoint.domain.time import Instant
from pausepoint.domain.webhook import Webhook
from pausepoint.store.directory import DirectoryGuard

Detail: TypeAlias = str | int | bool | None

# ── Rows: what a change may insert, and updates that need no guard ──


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
    """The key was used at `at`, if not later still."""

    key_id: str
    at: Instant


@record(frozen=True, slots=True)
class InsertWebhook:
    webhook: Webhook


@record(frozen=True, slots=True)
class SetPauseDelivery:
    """The delivery state of the pause's only message, stored with the pause."""

    pause_id: str
    state: DeliveryState


@record(frozen=True, slots=True)
class DisableWebhook:
    webhook_id: str


@record(frozen=True, slots=True)
class EraseRest:
    """The answer's text, the action and who was asked, where `ErasePause` has taken the question.

    Its idempotency keys are kept from `keys_kept_from` on, if that is sooner.
    """

    pause_id: str
    keys_kept_from: Instant


@record(frozen=True, slots=True)
class ForgetIdempotencyKeys:
    """Those kept from an instant before `before`."""

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
    """Whether one of these people, at the commit, has muted the account's agents."""

    developer_id: str
    mode: Mode
    contacts: tuple[Contact, ...]
    is_muted: bool


@record(frozen=True, slots=True)
class EndPause:
    """Holds if the pause is pending and, at the commit's instant, on the ending's side of its deadline.

    `mutes`, where a timeout depends on it, must hold as well.
    """

    pause_id: str
    ending: Ending
    mutes: MuteCheck | None = None


@record(frozen=True, slots=True)
class ClaimIdempotencyKey:
    """Holds if the key is new, or kept from an instant before `not_before`; `at` is from when this is kept."""

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
    """Holds if the delivery still is as it was read: its state, attempt and `due_at` are the fence.

    A worker that was too slow finds another attempt's number; one that was overtaken by a
    redelivery or a hand-back finds another `due_at`.
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
    """Holds if the pause is pending and its message was not known to have failed for good."""

    pause_id: str


@record(frozen=True, slots=True)
class SetDeveloperDisabled:
    """Holds if the account exists and the switch changes something."""

    developer_id: str
    disabled: bool


@record(frozen=True, slots=True)
class SetDeveloperPlan:
    """Holds if the account exists and had another plan."""

    developer_id: str
    plan: str


@record(frozen=True, slots=True)
class ErasePause:
    """Holds if the pause has ended and its question is still there: it is gone then."""

    pause_id: str


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
    | DirectoryGuard
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
