"""Registration of writes: each row and guard of a change, beside its SQL in the module of its noun."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, TypeVar

from pausepoint.domain.record import record
from pausepoint.domain.time import Instant
from pausepoint.security.sealed import Seal
from pausepoint.store.statements import Write

T = TypeVar("T")
Bind: TypeAlias = Callable[[T, Seal], Sequence[Write]]


@record(frozen=True, slots=True)
class ChangeEvent:
    """Published in the process once the change is durable.

    `developer_id` is the account whose feed has new entries.
    """

    pause_id: str | None = None
    outbox: bool = False
    deadline: Instant | None = None
    keys_changed: bool = False
    developer_id: str | None = None
    mutes_changed: bool = False


@dataclass(frozen=True, slots=True)
class Registered:
    """The statements of a row or guard, and the fields of `ChangeEvent` that it sets unless falsy."""

    bind: Bind[Any]
    notifies: tuple[tuple[str, Callable[[Any], object]], ...]


ROWS: Final[dict[type, Registered]] = {}
GUARDS: Final[dict[type, Registered]] = {}


class UnregisteredWrite(TypeError):
    """A row, guard or statement that no module of the store has registered."""


def row(kind: type[T], **notifies: Callable[[T], object]) -> Callable[[Bind[T]], Bind[T]]:
    """Register the decorated function: it returns the statements, all of them `RowStatement`s.

    Each keyword is a field of `ChangeEvent` with the function that gives its value.
    """
    return _registration(ROWS, kind, notifies)


def guard(kind: type[T], **notifies: Callable[[T], object]) -> Callable[[Bind[T]], Bind[T]]:
    """As `row`; the first statement is the compare-and-set, a `GuardStatement`.

    Statements after it are rows that are written only if it holds.
    """
    return _registration(GUARDS, kind, notifies)


def _registration(
    registry: dict[type, Registered], kind: type[T], notifies: dict[str, Callable[[T], object]]
) -> Callable[[Bind[T]], Bind[T]]:
    if unknown := set(notifies) - set(ChangeEvent.__slots__):
        raise TypeError(f"{kind.__name__}: ChangeEvent has no {', '.join(sorted(unknown))}")
    if kind in ROWS or kind in GUARDS:
        raise TypeError(f"{kind.__name__} is registered twice")

    def register(bind: Bind[T]) -> Bind[T]:
        registry[kind] = Registered(bind, tuple(notifies.items()))
        return bind

    return register
