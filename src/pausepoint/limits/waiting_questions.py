"""Upper bounds of the questions that wait for each person, so that the database is seldom queried."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

SUBJECTS: Final = 50_000


class PendingCounts:
    """Lives on one event loop. `is_alone`: no other process adds questions.

    What is remembered of a person is never below what waits, since answers are not observed here:
    it is put right whenever it reaches the limit. Several processes ask the database each time, and
    may go over the limit by one question each.
    """

    def __init__(self, limit: int, *, is_alone: bool) -> None:
        self.limit = limit
        self._is_alone = is_alone
        self._at_most: dict[str, int] = {}
        self._begun: Counter[str] = Counter()

    @asynccontextmanager
    async def one_more(
        self, subject: str, count: Callable[[], Awaitable[int]]
    ) -> AsyncIterator[bool]:
        """Around the writing of a question: whether there is room for it.

        `count` asks the database, which does not see what others are just writing.
        """
        before = self._begun[subject]
        self._begun[subject] += 1
        try:
            known = self._at_most.get(subject) if self._is_alone else None
            if known is None or known >= self.limit:
                known = await count() + before
            has_room = known < self.limit
            self._remember(subject, known + has_room)
            yield has_room
        finally:
            self._begun[subject] -= 1
            if not self._begun[subject]:
                del self._begun[subject]

    def _remember(self, subject: str, at_most: int) -> None:
        if self._is_alone:
            if len(self._at_most) >= SUBJECTS:
                self._at_most.clear()
            self._at_most[subject] = at_most
