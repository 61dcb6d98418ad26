"""How both engines read the feed."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from itertools import takewhile

from pausepoint.domain.events import Event
from pausepoint.domain.mode import Mode
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
    async def _own_position(self, developer_id: str, given: FeedPosition) -> FeedPosition | None:
        """As `feed_position`, for a place that may be behind the end, or before what is kept."""

    @abstractmethod
    def _place(self, after: FeedPosition, events: list[str]) -> Parameters:
        """The parameters of `_feed_statement` that say from where on, and which events."""

    @abstractmethod
    def _look_again(self, developer_id: str, written_at: Instant) -> None:
        """An entry exists that must not be sent yet, since an older transaction may still commit."""

    # ── The feed ──

    async def feed_end(self, developer_id: str) -> FeedPosition:
        row = await self._one(self._feed_end, (developer_id,))
        return FeedPosition(*row) if row else BEGINNING

    async def feed_position(self, developer_id: str, given: FeedPosition) -> FeedPosition | None:
        if given.entry_id == 0:
            return BEGINNING
        place = await self._own_position(developer_id, given)
        end = await self.feed_end(developer_id)
        if place is None:
            return None
        if _order(place) > _order(end):
            return end if given.entry_id < audit.LEGACY_IDS_BELOW else None
        [oldest] = await self._one(audit.OLDEST_AFTER_PURGE, (developer_id,))
        return None if place.entry_id < oldest else place

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


def _order(place: FeedPosition) -> tuple[int, int]:
    return place.transaction, place.entry_id
