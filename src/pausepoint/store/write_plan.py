"""Plans the statements of a change from the registrations of its rows and guard."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, get_args

from pausepoint.domain.record import record
from pausepoint.security.sealed import Seal
from pausepoint.store import accounts, audit, contents, deliveries, erasing, pauses, recipients
from pausepoint.store.changes import Change, Guard, Row
from pausepoint.store.registry import GUARDS, ROWS, ChangeEvent, Registered, UnregisteredWrite
from pausepoint.store.statements import GuardStatement, RowStatement, Write

NOUNS: Final = (accounts, audit, contents, deliveries, erasing, pauses, recipients)
"""Importing these modules registers all writes."""


@record(frozen=True, slots=True)
class WritePlan:
    """The statements of one change; `rows` are written only if `guard` holds."""

    guard: Write | None
    rows: tuple[Write, ...]
    event: ChangeEvent


def plan_writes(change: Change, seal: Seal) -> WritePlan:
    """Return the statements of a change.

    Raises ValueError for text that no database can store, UnregisteredWrite.
    """
    event: dict[str, Any] = {}
    guard: Write | None = None
    rows: list[Write] = []
    if change.guard is not None:
        guard, *rows = _bind(GUARDS, change.guard, seal, event)
        if not isinstance(guard.statement, GuardStatement):
            raise UnregisteredWrite(f"{guard.statement.name} is no GuardStatement")
    for row in change.rows:
        rows += _bind(ROWS, row, seal, event)
    for write in rows:
        if not isinstance(write.statement, RowStatement):
            raise UnregisteredWrite(f"{write.statement.name} is no RowStatement")
    writes = rows if guard is None else [guard, *rows]
    text = "".join([v for write in writes for v in write.parameters if isinstance(v, str)])
    if "\0" in text:
        raise ValueError("a text holds U+0000")
    # Raises UnicodeEncodeError, a ValueError, for unpaired surrogates.
    if not text.isascii():
        text.encode()
    return WritePlan(guard, tuple(rows), ChangeEvent(**event))


def _bind(
    registry: dict[type, Registered], item: Row | Guard, seal: Seal, event: dict[str, Any]
) -> Sequence[Write]:
    registered = registry.get(type(item))
    if registered is None:
        raise UnregisteredWrite(
            f"{type(item).__name__} is not registered: see pausepoint.store.registry"
        )
    for name, value_of in registered.notifies:
        if value := value_of(item):
            event[name] = value
    return registered.bind(item, seal)


def check_registration() -> None:
    """Raise UnregisteredWrite where the rows and guards of a change are not those registered."""
    for registry, union in ((ROWS, Row), (GUARDS, Guard)):
        if different := set(registry) ^ set(get_args(union)):
            names = ", ".join(sorted(kind.__name__ for kind in different))
            raise UnregisteredWrite(
                f"{names}: a row or guard is named in pausepoint.store.changes and registered"
                " in the module of its noun"
            )


check_registration()
