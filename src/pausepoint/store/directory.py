"""Guards of the recipient directory and of mutes."""

from __future__ import annotations

from typing import TypeAlias

from pausepoint.domain.mode import Mode
from pausepoint.domain.recipients import Asking, Mute, Recipient, VerifiedBy
from pausepoint.domain.record import record
from pausepoint.domain.time import Instant


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


DirectoryGuard: TypeAlias = (
    InsertRecipient | VerifyRecipient | NoteAsking | DeleteRecipient | InsertMute | DeleteMute
)
