"""No write can vanish: an unregistered row or guard is refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, get_args

import pytest

from pausepoint.domain.events import Actor, Event
from pausepoint.security.sealed import Seal, new_data_key
from pausepoint.store import registry
from pausepoint.store.changes import (
    Change,
    Guard,
    InsertAuditEntry,
    InsertDeveloper,
    InsertPause,
    RevokeApiKey,
    Row,
)
from pausepoint.store.postgres.store import PostgresStore
from pausepoint.store.registry import ChangeEvent, UnregisteredWrite
from pausepoint.store.sqlite.store import SqliteStore
from pausepoint.store.statements import NOW, Statement, Write, all_writes
from pausepoint.store.write_plan import check_registration, plan_writes
from tests.store.samples import a_developer, a_pause

pytestmark = pytest.mark.anyio

Store = SqliteStore | PostgresStore

_RENAME: Final[Any] = Statement("rename", "UPDATE developers SET plan = ? WHERE developer_id = ?")


@dataclass(frozen=True)
class RenamePlan:
    """A write that is not registered."""

    developer_id: str


@contextmanager
def registered(kinds: dict[type, registry.Registered], statement: Any) -> Iterator[None]:
    """`RenamePlan` is registered, with `statement`, while this lasts."""
    kinds[RenamePlan] = registry.Registered(
        lambda item, _: [Write(statement, ("renamed", item.developer_id))], ()
    )
    try:
        yield
    finally:
        del kinds[RenamePlan]


async def test_an_unregistered_row_is_refused_and_nothing_of_its_change_is_written(
    store: Store,
) -> None:
    change: Any = Change((RenamePlan("dev_new"),), InsertDeveloper(a_developer("dev_new")))
    with pytest.raises(UnregisteredWrite, match="RenamePlan"):
        await store.apply(change)
    assert await store.developer("dev_new") is None


async def test_an_unregistered_guard_is_refused_and_its_rows_are_not_written(store: Store) -> None:
    pause = a_pause()
    change: Any = Change((InsertPause(pause),), RenamePlan(pause.developer_id))
    with pytest.raises(UnregisteredWrite, match="RenamePlan"):
        await store.apply(change)
    assert await store.pause(pause.pause_id) is None


async def test_a_statement_that_is_no_row_is_refused(store: Store) -> None:
    pause = a_pause()
    change: Any = Change((InsertPause(pause), RenamePlan(pause.developer_id)))
    with registered(registry.ROWS, _RENAME), pytest.raises(UnregisteredWrite, match="rename"):
        await store.apply(change)
    assert await store.pause(pause.pause_id) is None


async def test_a_statement_that_is_no_guard_is_refused(store: Store) -> None:
    pause = a_pause()
    change: Any = Change((InsertPause(pause),), RenamePlan(pause.developer_id))
    with registered(registry.GUARDS, _RENAME), pytest.raises(UnregisteredWrite, match="rename"):
        await store.apply(change)
    assert await store.pause(pause.pause_id) is None


def test_what_is_registered_but_named_by_no_change_ends_the_import() -> None:
    with registered(registry.ROWS, _RENAME), pytest.raises(UnregisteredWrite, match="RenamePlan"):
        check_registration()


@pytest.mark.parametrize("kind", [*get_args(Row), *get_args(Guard)])
def test_what_a_change_may_name_and_no_module_registers_ends_the_import(kind: type) -> None:
    kinds = registry.ROWS if kind in registry.ROWS else registry.GUARDS
    known = kinds.pop(kind)
    try:
        with pytest.raises(UnregisteredWrite, match=kind.__name__):
            check_registration()
    finally:
        kinds[kind] = known


def test_a_kind_is_registered_once_and_notifies_by_fields_that_exist() -> None:
    with pytest.raises(TypeError, match="InsertPause is registered twice"):
        registry.row(InsertPause)
    with pytest.raises(TypeError, match="ChangeEvent has no outbocks"):
        registry.guard(RenamePlan, outbocks=lambda _: True)


def test_the_statements_of_writes_have_names_of_their_own() -> None:
    names = [statement.name for statement in all_writes()]
    assert len(names) == len(set(names))


def test_what_a_change_notifies_is_that_of_all_its_rows_and_its_guard() -> None:
    seal = Seal(new_data_key())
    pause = a_pause()
    created = plan_writes(Change((InsertPause(pause),)), seal)
    assert created.event == ChangeEvent(deadline=pause.expires_at)
    revoked = plan_writes(Change(guard=RevokeApiKey("key_1", "dev_1")), seal)
    assert revoked.event == ChangeEvent(keys_changed=True)
    assert revoked.guard is not None
    assert NOW in revoked.guard.parameters


def test_entries_of_an_account_alone_are_not_told_to_feeds_of_pauses() -> None:
    seal = Seal(new_data_key())
    entry = InsertAuditEntry("dev_1", None, next(iter(Event)), Actor.SYSTEM)
    assert plan_writes(Change((entry,)), seal).event == ChangeEvent()
