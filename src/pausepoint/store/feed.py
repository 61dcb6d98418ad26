"""The audit log as a feed: read from any place on, in an order in which nothing comes later."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from pausepoint.domain.audit import AuditEntry
from pausepoint.domain.events import Event
from pausepoint.domain.mode import Mode
from pausepoint.domain.record import record


@record(frozen=True, slots=True)
class FeedPosition:
    """A place in the feed. `transaction` is 0 where one transaction follows the other."""

    transaction: int
    entry_id: int


BEGINNING = FeedPosition(0, 0)


@record(frozen=True, slots=True)
class FeedEntry:
    position: FeedPosition
    entry: AuditEntry


class FeedWaiter(Protocol):
    """A stream's wait for what is new of one account, again and again."""

    async def wait(self) -> None:
        """Returns once there may be something new since it last did, and on `wake`."""
        ...

    def wake(self) -> None: ...

    def close(self) -> None: ...


class FeedSource(Protocol):
    """A part of `Store`."""

    async def feed_end(self, developer_id: str) -> FeedPosition:
        """The account's newest entry; a little of what was just committed may be after it."""
        ...

    async def feed_position(self, developer_id: str, given: FeedPosition) -> FeedPosition | None:
        """The same place as this store has it; None where it has none, or entries after it are gone.

        A position that another engine gave is understood if its entry was copied, and so is one of
        older code, which may lie behind the account's last entry. The answer depends on the account's
        own entries alone: else probing would reveal how many others have.
        """
        ...

    async def feed(
        self,
        developer_id: str,
        mode: Mode,
        after: FeedPosition,
        events: Sequence[Event],
        limit: int,
    ) -> list[FeedEntry]:
        """The next entries, oldest first. What is not among them cannot come before them later."""
        ...

    def watch_feed(self, developer_id: str) -> FeedWaiter: ...
