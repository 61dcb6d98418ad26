"""Recipients and mutes: statements, and the rows between them and the domain. Addresses are sealed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

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
from pausepoint.security.sealed import Seal
from pausepoint.store import registry
from pausepoint.store.directory import (
    DeleteMute,
    DeleteRecipient,
    InsertMute,
    InsertRecipient,
    NoteAsking,
    VerifyRecipient,
)
from pausepoint.store.statements import (
    NOW,
    GuardStatement,
    Parameters,
    PointQuery,
    Statement,
    Write,
)

_RECIPIENT = (
    "recipient_id, developer_id, mode, channel, sealed, created_at, verified_at, verified_by,"
    " asked_at, asking, asked_code"
)
INSERT: Final = GuardStatement(
    "insert_recipient",
    "INSERT INTO recipients (recipient_id, developer_id, mode, channel, address_key, sealed,"
    " created_at, verified_at, verified_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (address_key) DO NOTHING",
)
VERIFY: Final = GuardStatement(
    "verify_recipient",
    "UPDATE recipients SET verified_at = ?, verified_by = ?"
    " WHERE recipient_id = ? AND verified_at IS NULL",
)
NOTE_ASKING: Final = GuardStatement(
    "note_asking",
    "UPDATE recipients SET asked_at = ?, asking = ?, asked_code = ? WHERE recipient_id = ?",
)
DELETE: Final = GuardStatement(
    "delete_recipient",
    "DELETE FROM recipients WHERE recipient_id = ? AND developer_id = ? AND mode = ?",
)
GET: Final = PointQuery("recipient", f"SELECT {_RECIPIENT} FROM recipients WHERE recipient_id = ?")
GET_AT: Final = PointQuery(
    "recipient_at", f"SELECT {_RECIPIENT} FROM recipients WHERE address_key = ?"
)
LIST: Final = Statement(
    "recipients",
    f"SELECT {_RECIPIENT} FROM recipients WHERE developer_id = ? AND mode = ?"
    " ORDER BY recipient_id DESC LIMIT ? OFFSET ?",
)

_MUTE = "mute_id, developer_id, mode, channel, sealed, reason, created_at"
INSERT_MUTE: Final = GuardStatement(
    "insert_mute",
    "INSERT INTO mutes (person_key, mute_id, developer_id, mode, channel, sealed, reason,"
    " created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (person_key) DO UPDATE"
    " SET reason = excluded.reason"
    " WHERE mutes.reason = 'muted' AND excluded.reason = 'reported'",
)
DELETE_MUTE: Final = GuardStatement("delete_mute", "DELETE FROM mutes WHERE mute_id = ?")
GET_MUTE: Final = PointQuery("mute", f"SELECT {_MUTE} FROM mutes WHERE person_key = ?")
LIST_MUTES: Final = Statement("mutes", f"SELECT {_MUTE} FROM mutes ORDER BY created_at, mute_id")
MUTED: Final = Statement("muted", "SELECT person_key FROM mutes")
# A mute that older code made of an address that `person_of` did not know for the person's. Where the
# person has another mute, that one stays.
KEYED: Final = Statement("keyed_mutes", f"SELECT {_MUTE}, person_key FROM mutes ORDER BY mute_id")
REKEY: Final = Statement(
    "rekey_mute",
    "UPDATE mutes SET person_key = ? WHERE mute_id = ?"
    " AND NOT EXISTS (SELECT 1 FROM mutes AS other WHERE other.person_key = ?)",
)

COUNT_WAITING: Final = PointQuery(
    "count_waiting",
    "SELECT count(*) FROM pauses WHERE person_key = ? AND status = 'pending' GROUP BY person_key",
)


@registry.guard(InsertRecipient)
def insert(guard: InsertRecipient, seal: Seal) -> list[Write]:
    recipient = guard.recipient
    parameters = (
        recipient.recipient_id,
        recipient.developer_id,
        recipient.mode.value,
        recipient.contact.channel,
        address_key(recipient.developer_id, recipient.mode, recipient.contact, seal),
        seal.seal(recipient.contact.recipient.encode(), recipient.recipient_id),
        recipient.created_at,
        recipient.verified_at,
        recipient.verified_by.value if recipient.verified_by else None,
    )
    return [Write(INSERT, parameters)]


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
    parameters = (
        person_key(mute.developer_id, mute.mode, mute.contact, seal),
        mute.mute_id,
        mute.developer_id,
        mute.mode.value,
        mute.contact.channel,
        seal.seal(mute.contact.recipient.encode(), mute.mute_id),
        mute.reason.value,
        mute.created_at,
    )
    return [Write(INSERT_MUTE, parameters)]


@registry.guard(DeleteMute, mutes_changed=lambda _: True)
def delete_mute(guard: DeleteMute, _: Seal) -> list[Write]:
    return [Write(DELETE_MUTE, (guard.mute_id,))]


def address_key(developer_id: str, mode: Mode, contact: Contact, seal: Seal) -> str:
    value = f"{developer_id}\0{mode.value}\0{contact.channel}\0{address_of(contact)}"
    return seal.blind_index(value, "recipient")


def person_key(developer_id: str, mode: Mode, contact: Contact, seal: Seal) -> str:
    return _person_key(developer_id, mode, contact, person_of(contact), seal)


def mute_keys(developer_id: str, mode: Mode, contact: Contact, seal: Seal) -> list[str]:
    """What a mute of this person may be kept under: older processes know fewer addresses as one."""
    spelled = dict.fromkeys((person_of(contact), untagged(contact)))
    return [_person_key(developer_id, mode, contact, each, seal) for each in spelled]


def _person_key(developer_id: str, mode: Mode, contact: Contact, person: str, seal: Seal) -> str:
    return seal.blind_index(f"{developer_id}\0{mode.value}\0{contact.channel}\0{person}", "person")


def rekeyed(rows: Iterable[Any], seal: Seal) -> Iterator[Parameters]:
    """The parameters of `REKEY` for each mute of `KEYED` whose key is not today's."""
    for row in rows:
        mute = mute_from_row(row, seal)
        key = person_key(mute.developer_id, mute.mode, mute.contact, seal)
        if key != row[7]:
            yield key, mute.mute_id, key


def person_key_of(pause: Pause, seal: Seal) -> str | None:
    """Kept where questions that wait are counted: for live keys."""
    if pause.mode is Mode.TEST or pause.content is None:
        return None
    contact = Contact(pause.channel, pause.content.recipient)
    return person_key(pause.developer_id, pause.mode, contact, seal)


def recipient_from_row(row: Any, seal: Seal) -> Recipient:
    return Recipient(
        recipient_id=row[0],
        developer_id=row[1],
        mode=Mode(row[2]),
        contact=Contact(row[3], seal.unseal(row[4], row[0]).decode()),
        created_at=row[5],
        verified_at=row[6],
        verified_by=VerifiedBy(row[7]) if row[7] else None,
        asked_at=row[8],
        asking=Asking(row[9]) if row[9] else None,
        asked_code=row[10],
    )


def mute_from_row(row: Any, seal: Seal) -> Mute:
    return Mute(
        mute_id=row[0],
        developer_id=row[1],
        mode=Mode(row[2]),
        contact=Contact(row[3], seal.unseal(row[4], row[0]).decode()),
        reason=MuteReason(row[5]),
        created_at=row[6],
    )
