"""The dev inbox: messages kept in memory and shown on a page instead of leaving the machine."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, replace
from typing import Any, Final

from pausepoint.channels.base import (
    AnyChannel,
    AnyTransport,
    Notification,
    Preview,
    Receipt,
    Transport,
)
from pausepoint.domain.time import Instant

_KEPT: Final = 500


@dataclass(frozen=True, slots=True)
class InboxMessage:
    """`number` counts from 1 and never repeats; `message` is what the channel rendered."""

    number: int
    channel: str
    notification: Notification
    message: Any
    received_at: Instant
    preview: Preview


class DevInbox:
    """The last 500 messages. It belongs to one event loop, and nothing of it is stored."""

    def __init__(self) -> None:
        self._messages: deque[InboxMessage] = deque(maxlen=_KEPT)
        self._newest = 0
        self._waiting: set[asyncio.Future[None]] = set()

    def transport(self, channel: AnyChannel) -> AnyTransport:
        """Takes the place of the channel's own transport."""
        return _InboxTransport(self, channel)

    def messages(self, after: int = 0) -> list[InboxMessage]:
        """Those kept with a number above `after`, oldest first."""
        return [message for message in self._messages if message.number > after]

    def clear(self) -> None:
        """Forget all messages. Numbers go on, so that none comes twice."""
        self._messages.clear()

    async def wait_for_news(self, after: int) -> None:
        """Returns once there is a message with a number above `after`."""
        while self._newest <= after:
            news = asyncio.get_running_loop().create_future()
            self._waiting.add(news)
            try:
                await news
            finally:
                self._waiting.discard(news)

    def add(
        self, channel: AnyChannel, notification: Notification, message: Any, now: Instant
    ) -> int:
        """Keep a message, wake the waiters, and return its number."""
        self._newest += 1
        preview = channel.preview(message)
        kept = InboxMessage(self._newest, channel.name, notification, message, now, preview)
        self._messages.append(kept)
        for news in self._waiting:
            if not news.done():
                news.set_result(None)
        return self._newest


class _InboxTransport(Transport[Any]):
    def __init__(self, inbox: DevInbox, channel: AnyChannel) -> None:
        self._inbox = inbox
        self._channel = channel

    async def send(self, message: Any, notification: Notification, now: Instant) -> Receipt:
        # A Slack recipient is a secret, also on a screen that others can see.
        shown = replace(notification, recipient=self._channel.mask(notification.recipient))
        number = self._inbox.add(self._channel, shown, message, now)
        return Receipt(provider_id=f"inbox-{number}", code="inbox")
