"""Waiters of this process: agents for pauses, streams for entries, the worker for rows and deadlines."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from pausepoint.domain.time import Instant
from pausepoint.store.registry import ChangeEvent


class PauseWaiter:
    """An agent's wait for its pauses: a future that is resolved when one has ended or its delivery failed."""

    __slots__ = ("_future", "_pause_ids", "_registry")

    def __init__(self, registry: WaiterRegistry, pause_ids: tuple[str, ...]) -> None:
        self._registry = registry
        self._pause_ids = pause_ids
        self._future: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def wait(self) -> None:
        await self._future

    def release(self) -> None:
        """End the wait."""
        if not self._future.done():
            self._future.set_result(None)

    def close(self) -> None:
        for pause_id in self._pause_ids:
            self._registry.forget(pause_id, self)


class AccountWaiter:
    """A stream's wait for its account: an event that each commit with entries of the feed sets."""

    __slots__ = ("_developer_id", "_event", "_registry")

    def __init__(self, registry: WaiterRegistry, developer_id: str) -> None:
        self._registry = registry
        self._developer_id = developer_id
        self._event = asyncio.Event()

    async def wait(self) -> None:
        """Return once there may be new entries since it last did, and on `wake`."""
        await self._event.wait()
        self._event.clear()

    def wake(self) -> None:
        self._event.set()

    def close(self) -> None:
        self._registry.forget_feed(self._developer_id, self)


class WaiterRegistry:
    """Belongs to one event loop and is not thread-safe."""

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
        agents = set().union(*self._waiters.values())  # an agent may wait for several pauses
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
        """Return the ids of the pauses that agents wait for."""
        return list(self._waiters)

    def forget(self, pause_id: str, waiter: PauseWaiter) -> None:
        waiters = self._waiters.get(pause_id)
        if waiters is not None:
            waiters.discard(waiter)
            if not waiters:
                del self._waiters[pause_id]
                self._clear_if_idle()

    def forget_feed(self, developer_id: str, waiter: AccountWaiter) -> None:
        waiters = self._feeds[developer_id]
        waiters.discard(waiter)
        if not waiters:
            del self._feeds[developer_id]
            self._clear_if_idle()

    def release_all(self) -> None:
        self._released = True
        for waiters in self._waiters.values():
            for waiter in waiters:
                waiter.release()
        self.wake_feeds()

    def wake_feeds(self) -> None:
        """Make every stream read the feed again."""
        for waiters in self._feeds.values():
            for waiter in waiters:
                waiter.wake()

    def notify(self, events: Iterable[ChangeEvent]) -> None:
        for event in events:
            if event.pause_id is not None:
                for waiter in self._waiters.get(event.pause_id, ()):
                    waiter.release()
            if self._feeds and event.developer_id is not None:
                for feed in self._feeds.get(event.developer_id, ()):
                    feed.wake()
            if event.outbox:
                self._outbox.set()
            deadline, soonest = event.deadline, self._soonest_deadline
            if deadline is not None and (soonest is None or deadline < soonest):
                self._soonest_deadline = deadline
                self._deadline.set()

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

    def _clear_if_idle(self) -> None:
        if not self._waiters and not self._feeds:
            self.someone_waits.clear()
