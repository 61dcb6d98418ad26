"""The part of `Store` for recipients: directory, mutes, and open questions of one person."""

from __future__ import annotations

from typing import Protocol, TypeAlias

from pausepoint.domain.mode import Mode
from pausepoint.domain.pause import Contact
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
    """What became of a confirmation. Holds if the recipient is still there."""

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


class Directory(Protocol):
    """A part of `Store`. Raises StoreUnavailable."""

    async def recipient(self, recipient_id: str) -> Recipient | None: ...

    async def recipient_at(
        self, developer_id: str, mode: Mode, contact: Contact
    ) -> Recipient | None: ...

    async def recipients(
        self, developer_id: str, mode: Mode, limit: int, offset: int
    ) -> list[Recipient]:
        """Newest first."""
        ...

    async def mute(self, developer_id: str, mode: Mode, contact: Contact) -> Mute | None: ...

    async def is_muted(self, developer_id: str, mode: Mode, contact: Contact) -> bool: ...

    async def mutes(self) -> list[Mute]:
        """Of every account, oldest first."""
        ...

    async def count_waiting(self, developer_id: str, contact: Contact) -> int:
        """How many live questions of the account wait for the person there, as their recipient."""
        ...
