"""The few ways in which an engine runs a statement that reads: what both engines share is built on them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, TypeVar

from pausepoint.store.statements import Parameters, Statement

T = TypeVar("T")


class Engine(ABC):
    """Each raises StoreUnavailable."""

    @abstractmethod
    async def _one(self, statement: Statement, parameters: Parameters) -> Any:
        """The first row, or None."""

    @abstractmethod
    async def _all(self, statement: Statement, parameters: Parameters) -> list[Any]:
        """The few rows of a lookup by index."""

    @abstractmethod
    async def _list(
        self, statement: Statement, parameters: Parameters, decode: Callable[[Any], T]
    ) -> list[T]:
        """Return the rows of a list or a scan, decoded off the event loop where that is slow."""
