"""Server-sent events: a stream that is held until its client goes, its key is revoked, or the server stops."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Final

from starlette.types import Receive, Scope, Send

from pausepoint.domain.errors import InvalidApiKey
from pausepoint.domain.time import milliseconds
from pausepoint.operations.event_feed import Feed, FeedEvent
from pausepoint.operations.services import Services
from pausepoint.store.base import StoreUnavailable
from pausepoint.store.waiters import AccountWaiter
from pausepoint.web.streaming import HEARTBEAT, HeldOpen
from pausepoint.web.waiting import disconnected

RECONNECT: Final = timedelta(seconds=2)
"""The reconnection time for clients of the stream, `retry:` of server-sent events."""


class EventStream(HeldOpen):
    """`check_key` raises InvalidApiKey once the key that opened the stream is no longer good."""

    def __init__(
        self,
        services: Services,
        developer_id: str,
        feed: Feed,
        check_key: Callable[[], Awaitable[None]],
    ) -> None:
        super().__init__("text/event-stream")
        self._services = services
        self._developer_id = developer_id
        self._feed = feed
        self._check_key = check_key
        self._is_beat_due = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        if scope["method"] != "HEAD":
            waiter = self._services.store.watch_feed(self._developer_id)
            gone = asyncio.ensure_future(disconnected(receive))
            gone.add_done_callback(lambda _: waiter.wake())
            beat = asyncio.ensure_future(self._beat(waiter))
            try:
                # A client that reconnects reaches another process, or retries until this one is ready.
                with suppress(InvalidApiKey, StoreUnavailable):
                    await self._tell(send, waiter, gone)
            finally:
                waiter.close()
                gone.cancel()
                beat.cancel()
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _tell(self, send: Send, waiter: AccountWaiter, gone: asyncio.Future[None]) -> None:
        async def write(chunk: bytes) -> None:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})

        # Something at once, or the client would not know that it is heard; and where to go on
        # from, for one that is cut off before the first event.
        await write(
            b"retry: %d\nid: %s\n\n" % (milliseconds(RECONNECT), self._feed.event_id.encode())
        )
        while not gone.done() and not self._services.store.is_releasing:
            events = await self._feed.read()
            if events or self._is_beat_due:
                await self._check_key()
            if events:
                await write(b"".join(map(_frame, events)))
                continue
            if self._is_beat_due:
                self._is_beat_due = False
                await write(b":\n")
            await waiter.wait()

    async def _beat(self, waiter: AccountWaiter) -> None:
        clock = self._services.clock
        while True:
            await clock.sleep_until(clock.now() + milliseconds(HEARTBEAT))
            self._is_beat_due = True
            waiter.wake()


def _frame(event: FeedEvent) -> bytes:
    return b"id: %s\nevent: %s\ndata: %s\n\n" % (
        event.event_id.encode(),
        event.event.value.encode(),
        event.body,
    )
