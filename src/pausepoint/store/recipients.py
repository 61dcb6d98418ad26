"""Recipients and mutes: rows, statements, and conversion to and from the domain.

Addresses are encrypted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Struct
from msgspec.structs import astuple

from pausepoint.domain.mode import Mode
from pausepoint.domain.pause import Contact, Pause
from pausepoint.domain.recipients import (
    Asking,
    Mute,
    MuteReason,
    Recipient,
    VerifiedBy,
    address_of,
    person_of,
    untagged,
)
from pausepoint.domain.time import Instant
from pausepoint.security.sealed import Seal
from pausepoint.store import registry
from pausepoint.store.changes import (
    DeleteMute,
    DeleteRecipient,
    InsertMute,
    InsertRecipient,
    NoteAsking,
    VerifyRecipient,
)
from pausepoint.store.statements import (
    NOW,
    Delete,
    GuardStatement,
    Insert,
    Parameters,
    Query,
    Statement,
    Update,
    Write,
    columns,
    point_query,
    scalar,
)


class RecipientRow(Struct):
    """The columns of `recipients`."""

    recipient_id: str
    developer_id: str
    mode: str
    channel: str
    address_key: str
    sealed: bytes
    created_at: Instant
    verified_at: Instant | None
    verified_by: str | None
    asked_at: Instant | None = None
    asking: str | None = None
    asked_code: str | None = None


class MuteRow(Struct):
    """The columns of `mutes`."""

    person_key: str
    mute_id: str
    developer_id: str
    mode: str
    channel: str
    sealed: bytes
    reason: str
    created_at: Instant


INSERT: Final = GuardStatement(
    "insert_recipient",
    Insert(
        "recipients",
        RecipientRow.__struct_fields__,
        conflict=("address_key",),
        on_conflict="DO NOTHING",
    ),
)
VERIFY: Final = GuardStatement(
    "verify_recipient",
    Update("recipients", "verified_at = ?, verified_by = ?", "recipient_id", "verified_at IS NULL"),
)
NOTE_ASKING: Final = GuardStatement(
    "note_asking",
    Update("recipients", "asked_at = ?, asking = ?, asked_code = ?", "recipient_id"),
)
DELETE: Final = GuardStatement(
    "delete_recipient",
    Delete("recipients", "recipient_id = ? AND developer_id = ? AND mode = ?"),
)
_RECIPIENT: Final = columns(RecipientRow)
GET: Final = point_query("recipient", _RECIPIENT, "recipients", "recipient_id", RecipientRow)
GET_AT: Final = point_query("recipient_at", _RECIPIENT, "recipients", "address_key", RecipientRow)
LIST: Final = Query(
    "recipients",
    f"SELECT {_RECIPIENT} FROM recipients WHERE developer_id = ? AND mode = ?"
    " ORDER BY recipient_id DESC LIMIT ? OFFSET ?",
    RecipientRow,
)

INSERT_MUTE: Final = GuardStatement(
    "insert_mute",
    Insert(
        "mutes",
        MuteRow.__struct_fields__,
        conflict=("person_key",),
        on_conflict="DO UPDATE SET reason = excluded.reason"
        " WHERE mutes.reason = 'muted' AND excluded.reason = 'reported'",
    ),
)
DELETE_MUTE: Final = GuardStatement("delete_mute", Delete("mutes", "mute_id = ?"))
_MUTE: Final = columns(MuteRow)
GET_MUTE: Final = point_query("mute", _MUTE, "mutes", "person_key", MuteRow)
LIST_MUTES: Final = Query(
    "mutes", f"SELECT {_MUTE} FROM mutes ORDER BY created_at, mute_id", MuteRow
)
MUTED: Final = Query("muted", "SELECT person_key FROM mutes", scalar)
# For mutes of older versions, which did not know all spellings of an address for the same person's.
# If the person has another mute, that one stays.
REKEY: Final = Statement(
    "rekey_mute",
    "UPDATE mutes SET person_key = ? WHERE mute_id = ?"
    " AND NOT EXISTS (SELECT 1 FROM mutes AS other WHERE other.person_key = ?)",
)

COUNT_WAITING: Final = point_query(
    "count_waiting",
    "count(*)",
    "pauses",
    "person_key",
    scalar,
    " AND status = 'pending' GROUP BY person_key",
)


@registry.guard(InsertRecipient)
def insert(guard: InsertRecipient, seal: Seal) -> list[Write]:
    recipient = guard.recipient
    row = RecipientRow(
        recipient_id=recipient.recipient_id,
        developer_id=recipient.developer_id,
        mode=recipient.mode.value,
        channel=recipient.contact.channel,
        address_key=address_key(recipient.developer_id, recipient.mode, recipient.contact, seal),
        sealed=seal.seal(recipient.contact.recipient.encode(), recipient.recipient_id),
        created_at=recipient.created_at,
        verified_at=recipient.verified_at,
        verified_by=recipient.verified_by.value if recipient.verified_by else None,
    )
    return [Write(INSERT, astuple(row))]


@registry.guard(VerifyRecipient)
def verify(guard: VerifyRecipient, _: Seal) -> list[Write]:
    return [Write(VERIFY, (NOW, guard.by.value, guard.recipient_id))]


@registry.guard(NoteAsking)
def note_asking(guard: NoteAsking, _: Seal) -> list[Write]:
    parameters = (guard.at, guard.asking.value, guard.code, guard.recipient_id)
    return [Write(NOTE_ASKING, parameters)]


@registry.guard(DeleteRecipient)
def delete(guard: DeleteRecipient, _: Seal) -> list[Write]:
    return [Write(DELETE, (guard.recipient_id, guard.developer_id, guard.mode.value))]


@registry.guard(InsertMute, mutes_changed=lambda _: True)
def insert_mute(guard: InsertMute, seal: Seal) -> list[Write]:
    mute = guard.mute
    row = MuteRow(
        person_key=person_key(mute.developer_id, mute.mode, mute.contact, seal),
        mute_id=mute.mute_id,
        developer_id=mute.developer_id,
        mode=mute.mode.value,
        channel=mute.contact.channel,
        sealed=seal.seal(mute.contact.recipient.encode(), mute.mute_id),
        reason=mute.reason.value,
        created_at=mute.created_at,
    )
    return [Write(INSERT_MUTE, astuple(row))]


@registry.guard(DeleteMute, mutes_changed=lambda _: True)
def delete_mute(guard: DeleteMute, _: Seal) -> list[Write]:
    return [Write(DELETE_MUTE, (guard.mute_id,))]


def address_key(developer_id: str, mode: Mode, contact: Contact, seal: Seal) -> str:
    value = f"{developer_id}\0{mode.value}\0{contact.channel}\0{address_of(contact)}"
    return seal.blind_index(value, "recipient")


def person_key(developer_id: str, mode: Mode, contact: Contact, seal: Seal) -> str:
    return _person_key(developer_id, mode, contact, person_of(contact), seal)


def mute_keys(developer_id: str, mode: Mode, contact: Contact, seal: Seal) -> list[str]:
    """Return the keys that a mute of this person may have: older processes treat fewer spellings as one."""
    spelled = dict.fromkeys((person_of(contact), untagged(contact)))
    return [_person_key(developer_id, mode, contact, each, seal) for each in spelled]


def _person_key(developer_id: str, mode: Mode, contact: Contact, person: str, seal: Seal) -> str:
    return seal.blind_index(f"{developer_id}\0{mode.value}\0{contact.channel}\0{person}", "person")


def rekeyings(rows: Iterable[MuteRow], seal: Seal) -> Iterator[Parameters]:
    """Yield the parameters of `REKEY` for each mute whose key is not the current one."""
    for row in rows:
        mute = mute_from_row(row, seal)
        key = person_key(mute.developer_id, mute.mode, mute.contact, seal)
        if key != row.person_key:
            yield key, mute.mute_id, key


def person_key_of(pause: Pause, seal: Seal) -> str | None:
    """Return the key under which pending pauses are counted; None for a test key's pauses."""
    if pause.mode is Mode.TEST or pause.content is None:
        return None
    contact = Contact(pause.channel, pause.content.recipient)
    return person_key(pause.developer_id, pause.mode, contact, seal)


def recipient_from_row(row: RecipientRow, seal: Seal) -> Recipient:
    return Recipient(
        recipient_id=row.recipient_id,
        developer_id=row.developer_id,
        mode=Mode(row.mode),
        contact=Contact(row.channel, seal.unseal(row.sealed, row.recipient_id).decode()),
        created_at=row.created_at,
        verified_at=row.verified_at,
        verified_by=VerifiedBy(row.verified_by) if row.verified_by else None,
        asked_at=row.asked_at,
        asking=Asking(row.asking) if row.asking else None,
        asked_code=row.asked_code,
    )


def mute_from_row(row: MuteRow, seal: Seal) -> Mute:
    return Mute(
        mute_id=row.mute_id,
        developer_id=row.developer_id,
        mode=Mode(row.mode),
        contact=Contact(row.channel, seal.unseal(row.sealed, row.mute_id).decode()),
        reason=MuteReason(row.reason),
        created_at=row.created_at,
    )
