"""Who waits for news in this process: agents for pauses, streams for entries, the worker for rows and deadlines."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from pausepoint.domain.time import Instant
from pausepoint.store.registry import ChangeEvent


class PauseWaiter:
    """A future in the hub, resolved by the commit that ends one of the pauses."""

    __slots__ = ("_future", "_pause_ids", "_registry")

    def __init__(self, registry: WaiterRegistry, pause_ids: tuple[str, ...]) -> None:
        self._registry = registry
        self._pause_ids = pause_ids
        self._future: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def wait(self) -> None:
        await self._future

    def release(self) -> None:
        if not self._future.done():
            self._future.set_result(None)

    def close(self) -> None:
        for pause_id in self._pause_ids:
            self._registry.forget(pause_id, self)


class AccountWaiter:
    """Implements `FeedWaiter`: an event that is set by each commit with entries of the account's feed."""

    __slots__ = ("_developer_id", "_news", "_registry")

    def __init__(self, registry: WaiterRegistry, developer_id: str) -> None:
        self._registry = registry
        self._developer_id = developer_id
        self._news = asyncio.Event()

    async def wait(self) -> None:
        await self._news.wait()
        self._news.clear()

    def wake(self) -> None:
        self._news.set()

    def close(self) -> None:
        self._registry.forget_feed(self._developer_id, self)


class WaiterRegistry:
    """Lives on one event loop; only that loop calls it."""

    def __init__(self) -> None:
        self._waiters: dict[str, set[PauseWaiter]] = {}
        self._feeds: dict[str, set[AccountWaiter]] = {}
        self._released = False
        self._outbox = asyncio.Event()
        self._deadline = asyncio.Event()
        self._soonest_deadline: Instant | None = None
        self.someone_waits = asyncio.Event()
        self.look = asyncio.Event()
        """Set when rows must be queried, since notifications may have been lost."""

    @property
    def is_releasing(self) -> bool:
        return self._released

    @property
    def waiting(self) -> int:
        agents = set().union(*self._waiters.values())  # one may wait for several pauses
        return len(agents) + sum(map(len, self._feeds.values()))

    def watch(self, *pause_ids: str) -> PauseWaiter:
        waiter = PauseWaiter(self, pause_ids)
        if self._released:
            waiter.release()
        else:
            for pause_id in pause_ids:
                self._waiters.setdefault(pause_id, set()).add(waiter)
            self.someone_waits.set()
        return waiter

    def watch_feed(self, developer_id: str) -> AccountWaiter:
        waiter = AccountWaiter(self, developer_id)
        self._feeds.setdefault(developer_id, set()).add(waiter)
        self.someone_waits.set()
        if self._released:
            waiter.wake()
        return waiter

    def waited_for(self) -> list[str]:
        """The ids of the pauses that agents wait for."""
        return list(self._waiters)

    def forget(self, pause_id: str, waiter: PauseWaiter) -> None:
        waiters = self._waiters.get(pause_id)
        if waiters is not None:
            waiters.discard(waiter)
            if not waiters:
                del self._waiters[pause_id]
                self._note_who_waits()

    def forget_feed(self, developer_id: str, waiter: AccountWaiter) -> None:
        waiters = self._feeds[developer_id]
        waiters.discard(waiter)
        if not waiters:
            del self._feeds[developer_id]
            self._note_who_waits()

    def release_all(self) -> None:
        self._released = True
        for waiters in self._waiters.values():
            for waiter in waiters:
                waiter.release()
        self.wake_feeds()

    def wake_feeds(self) -> None:
        """They all look whether there is something new."""
        for waiters in self._feeds.values():
            for waiter in waiters:
                waiter.wake()

    def notify(self, all_news: Iterable[ChangeEvent]) -> None:
        for news in all_news:
            if news.pause_id is not None:
                for waiter in self._waiters.get(news.pause_id, ()):
                    waiter.release()
            if self._feeds and news.developer_id is not None:
                for feed in self._feeds.get(news.developer_id, ()):
                    feed.wake()
            if news.outbox:
                self._outbox.set()
            if news.deadline is not None:
                self._tell_deadline(news.deadline)

    async def outbox_news(self) -> None:
        await self._outbox.wait()
        self._outbox.clear()

    async def deadline_news(self, before: Instant | None) -> None:
        while True:
            soonest, self._soonest_deadline = self._soonest_deadline, None
            if soonest is not None and (before is None or soonest < before):
                return
            self._deadline.clear()
            await self._deadline.wait()

    def _note_who_waits(self) -> None:
        if not self._waiters and not self._feeds:
            self.someone_waits.clear()

    def _tell_deadline(self, deadline: Instant) -> None:
        if self._soonest_deadline is None or deadline < self._soonest_deadline:
            self._soonest_deadline = deadline
            self._deadline.set()
