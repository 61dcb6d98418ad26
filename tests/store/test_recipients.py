"""Recipients, mutes and counts of pending pauses, on both engines."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from pausepoint.domain.ids import MUTE, RECIPIENT, new_id
from pausepoint.domain.mode import Mode
from pausepoint.domain.pause import Contact, Content, Ending, PauseStatus, ResolvedBy, timed_out
from pausepoint.domain.recipients import Asking, Mute, MuteReason, Recipient, VerifiedBy
from pausepoint.store.base import Store
from pausepoint.store.changes import (
    Applied,
    Change,
    DeleteMute,
    DeleteRecipient,
    EndPause,
    InsertDeveloper,
    InsertMute,
    InsertPause,
    InsertRecipient,
    Lost,
    MuteCheck,
    NoteAsking,
    VerifyRecipient,
)
from pausepoint.store.recipients import mute_keys
from tests.store.bare import Bare
from tests.store.samples import NOW, a_developer, a_pause

pytestmark = pytest.mark.anyio

BOB = Contact("email", "Bob@example.com")


def a_recipient(contact: Contact = BOB, mode: Mode = Mode.LIVE) -> Recipient:
    return Recipient(
        recipient_id=new_id(RECIPIENT, NOW), developer_id="dev_alice", mode=mode, contact=contact,
        created_at=NOW,
    )  # fmt: skip


def a_mute(
    contact: Contact = BOB, reason: MuteReason = MuteReason.MUTED, mode: Mode = Mode.LIVE
) -> Mute:
    return Mute(
        mute_id=new_id(MUTE, NOW), developer_id="dev_alice", mode=mode, contact=contact, reason=reason,
        created_at=NOW,
    )  # fmt: skip


async def applied(store: Store, guard: Any) -> bool:
    return isinstance(await store.apply(Change(guard=guard)), Applied)


async def test_a_recipient_is_found_by_id_and_by_address_in_its_mode(store: Store) -> None:
    bob, again = a_recipient(), a_recipient(Contact("email", "bob@example.com"))
    assert await applied(store, InsertRecipient(bob))
    assert not await applied(store, InsertRecipient(again))
    assert await applied(store, InsertRecipient(a_recipient(mode=Mode.TEST)))
    assert await store.recipient(bob.recipient_id) == bob
    assert await store.recipient(again.recipient_id) is None
    assert await store.recipient_at("dev_alice", Mode.LIVE, again.contact) == bob
    assert await store.recipient_at("dev_bob", Mode.LIVE, BOB) is None
    assert await store.recipient_at("dev_alice", Mode.LIVE, Contact("sms", BOB.recipient)) is None
    assert await store.recipients("dev_alice", Mode.LIVE, 10, 0) == [bob]
    assert await store.recipients("dev_alice", Mode.LIVE, 10, 1) == []


async def test_a_recipient_is_verified_once_and_can_be_removed(store: Store) -> None:
    bob = a_recipient()
    await applied(store, InsertRecipient(bob))
    assert await applied(store, NoteAsking(bob.recipient_id, NOW + 1, Asking.FAILED, "21211"))
    assert await applied(store, VerifyRecipient(bob.recipient_id, VerifiedBy.PERSON))
    assert not await applied(store, VerifyRecipient(bob.recipient_id, VerifiedBy.OPERATOR))
    found = await store.recipient(bob.recipient_id)
    assert found == replace(
        bob, verified_at=NOW, verified_by=VerifiedBy.PERSON, asked_at=NOW + 1,
        asking=Asking.FAILED, asked_code="21211",
    )  # fmt: skip
    assert not await applied(store, DeleteRecipient(bob.recipient_id, "dev_bob", Mode.LIVE))
    assert not await applied(store, DeleteRecipient(bob.recipient_id, "dev_alice", Mode.TEST))
    assert await applied(store, DeleteRecipient(bob.recipient_id, "dev_alice", Mode.LIVE))
    assert not await applied(store, VerifyRecipient(bob.recipient_id, VerifiedBy.PERSON))
    assert await store.recipient(bob.recipient_id) is None
    assert await applied(store, InsertRecipient(a_recipient()))


async def test_of_many_who_add_the_same_address_at_once_one_does(store: Store) -> None:
    added = await asyncio.gather(
        *(applied(store, InsertRecipient(a_recipient())) for _ in range(50))
    )
    assert sum(added) == 1


async def test_a_mute_holds_for_the_person_in_its_mode_until_it_is_lifted(store: Store) -> None:
    def muted(
        contact: Contact, mode: Mode = Mode.LIVE, developer: str = "dev_alice"
    ) -> Awaitable[bool]:
        return store.is_muted(developer, mode, contact)

    assert not await muted(BOB)
    mute = a_mute()
    assert await applied(store, InsertMute(mute))
    assert not await applied(store, InsertMute(a_mute()))
    assert await muted(BOB)
    assert await muted(Contact("email", "bob+deploys@EXAMPLE.com"))
    assert not await muted(Contact("email", "bobby@example.com"))
    assert not await muted(BOB, Mode.TEST)
    assert not await muted(BOB, developer="dev_bob")
    assert await applied(store, InsertMute(a_mute(reason=MuteReason.REPORTED)))
    assert not await applied(store, InsertMute(a_mute()))
    assert await store.mutes() == [replace(mute, reason=MuteReason.REPORTED)]
    assert await store.mute("dev_alice", Mode.LIVE, BOB) == replace(
        mute, reason=MuteReason.REPORTED
    )
    assert await applied(store, DeleteMute(mute.mute_id))
    assert not await applied(store, DeleteMute(mute.mute_id))
    assert not await muted(BOB)


async def test_what_was_kept_is_there_after_a_restart(
    open_store: Callable[[], Awaitable[Store]],
) -> None:
    store = await open_store()
    await applied(store, InsertDeveloper(a_developer()))
    await applied(store, InsertMute(a_mute()))
    await store.close()
    again = await open_store()
    assert await again.is_muted("dev_alice", Mode.LIVE, BOB)
    await again.close()


async def test_live_questions_that_wait_for_one_person_are_counted(store: Store) -> None:
    mine = [
        a_pause(channel="email", content=Content(address, "Wire it?", ("Approve", "Reject")))
        for address in ("bob@example.com", "BOB+x@example.com", "carol@example.com")
    ]
    test = replace(mine[0], pause_id=a_pause().pause_id, mode=Mode.TEST)
    await store.apply(Change(tuple(map(InsertPause, (*mine, test)))))
    assert await store.count_waiting("dev_alice", BOB) == 2
    assert await store.count_waiting("dev_bob", BOB) == 0
    ending = Ending(PauseStatus.CANCELLED, ResolvedBy.DEVELOPER)
    assert await applied(store, EndPause(mine[0].pause_id, ending))
    assert await store.count_waiting("dev_alice", BOB) == 1


async def test_what_cannot_be_stored_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match=r"U\+0000|surrogates"):
        await store.apply(Change(guard=InsertRecipient(a_recipient(Contact("email\0", "x")))))
    assert not isinstance(await store.apply(Change(guard=DeleteMute("mut_none"))), Applied)
    assert isinstance(await store.apply(Change(guard=DeleteMute("mut_none"))), Lost)


ONE_PERSON = [
    ("bob.smith@gmail.com", "b.o.b.s.m.i.t.h+x@googlemail.com"),
    ("bob.smith@gmail.com", "BobSmith@GMail.com"),
    ("bob@me.com", "bob+ops@icloud.com"),
    ("bob-smith@pm.me", "bob.smith@protonmail.com"),
    ("bob.smith@ya.ru", "bob-smith@yandex.com"),
    ("bob@example.com", "Bob+ops@example.com"),
]
TWO_PEOPLE = [
    ("bob.smith@example.com", "bobsmith@example.com"),
    ("bob@gmail.com", "bob@example.com"),
    ("bob.smith@icloud.com", "bobsmith@icloud.com"),
    ("bob@outlook.com", "bob@hotmail.com"),
]


@pytest.mark.parametrize(("muted", "asked"), ONE_PERSON)
async def test_a_mute_holds_for_every_address_of_the_person(
    store: Store, muted: str, asked: str
) -> None:
    assert await applied(store, InsertMute(a_mute(Contact("email", muted))))
    assert await store.is_muted("dev_alice", Mode.LIVE, Contact("email", asked))


@pytest.mark.parametrize(("muted", "asked"), TWO_PEOPLE)
async def test_a_mute_holds_for_nobody_else(store: Store, muted: str, asked: str) -> None:
    assert await applied(store, InsertMute(a_mute(Contact("email", muted))))
    assert not await store.is_muted("dev_alice", Mode.LIVE, Contact("email", asked))


async def test_a_mute_that_older_code_kept_holds_too(bare: Bare) -> None:
    """At once for its own address, and after a start for every other of the person's."""
    dotted, plain = (
        Contact("email", "bob.smith@gmail.com"),
        Contact("email", "bobsmith@googlemail.com"),
    )
    store = await bare.open()
    await store.apply(Change(guard=InsertDeveloper(a_developer())))
    for contact in (
        dotted,
        Contact("email", "eve.x@gmail.com"),
        Contact("email", "evex@gmail.com"),
    ):
        mute = a_mute(contact)
        assert await applied(store, InsertMute(mute))
        _, before = [*mute_keys("dev_alice", Mode.LIVE, contact, store._seal), ""][:2]
        if before:
            change = "UPDATE mutes SET person_key = ? WHERE mute_id = ?"
            await bare.run(change, before, mute.mute_id)
    await store.close()
    store = await bare.open()
    later = a_mute(Contact("email", "carol.x@gmail.com"))
    assert await applied(store, InsertMute(later))
    _, before = mute_keys("dev_alice", Mode.LIVE, later.contact, store._seal)
    await bare.run("UPDATE mutes SET person_key = ? WHERE mute_id = ?", before, later.mute_id)

    for contact in (dotted, plain, Contact("email", "eve.x@gmail.com"), later.contact):
        assert await store.is_muted("dev_alice", Mode.LIVE, contact)
        assert await store.mute("dev_alice", Mode.LIVE, contact)
    assert len(await store.mutes()) == 4

    asked = Content(later.contact.recipient, "Wire it?", ("Approve", "Reject"), None)
    pause = a_pause(channel="email", content=asked, default_index=0, expires_at=NOW - 1)
    await store.apply(Change((InsertPause(pause),)))

    def by_default(*, is_muted: bool) -> EndPause:
        check = MuteCheck("dev_alice", Mode.LIVE, (later.contact,), is_muted=is_muted)
        return EndPause(pause.pause_id, timed_out(None if is_muted else 0), check)

    assert not await applied(store, by_default(is_muted=False))
    assert await applied(store, by_default(is_muted=True))
    await store.close()
