"""How both engines read the feed."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from itertools import takewhile

from pausepoint.domain.events import Event
from pausepoint.domain.pause import Mode
from pausepoint.domain.time import Instant
from pausepoint.store import audit
from pausepoint.store.engine import Engine
from pausepoint.store.feed import BEGINNING, FeedEntry, FeedPosition
from pausepoint.store.statements import Parameters, Statement


class FeedReading(Engine):
    """`FeedSource`, but for its news."""

    _feed_end: Statement
    _feed_statement: Statement

    # ── How an engine orders the feed ──

    @abstractmethod
    async def _own_position(self, given: FeedPosition, last: FeedPosition) -> FeedPosition | None:
        """As `feed_position`, for an entry's id that may be known."""

    @abstractmethod
    def _place(self, after: FeedPosition, events: list[str]) -> Parameters:
        """The parameters of `_feed_statement` that say from where on, and which events."""

    @abstractmethod
    def _look_again(self, developer_id: str, written_at: Instant) -> None:
        """Something is written that cannot be told yet, since something older may still come."""

    # ── The feed ──

    async def feed_end(self) -> FeedPosition:
        return FeedPosition(*await self._one(self._feed_end, ()))

    async def feed_position(self, given: FeedPosition) -> FeedPosition | None:
        if given.entry_id == 0:
            return BEGINNING
        last = await self.feed_end()
        [first_kept] = await self._one(audit.FIRST_KEPT, ())
        if not first_kept - 1 <= given.entry_id <= last.entry_id:
            return None
        return await self._own_position(given, last)

    async def feed(
        self,
        developer_id: str,
        mode: Mode,
        after: FeedPosition,
        events: Sequence[Event],
        limit: int,
    ) -> list[FeedEntry]:
        place = self._place(after, [event.value for event in events])
        rows = await self._list(
            self._feed_statement, (developer_id, mode.value, *place, limit), tuple
        )
        settled = list(takewhile(lambda row: row[-1], rows))
        if len(settled) < len(rows):
            self._look_again(developer_id, rows[len(settled)][6])
        return [FeedEntry(FeedPosition(row[7], row[0]), audit.from_row(row)) for row in settled]
