"""Slack's incoming webhooks: one HTTP request a message."""

from __future__ import annotations

import json
import re
from typing import Final

from pausepoint.channels.base import (
    ChannelError,
    HttpClient,
    Notification,
    Receipt,
    Reply,
    Transport,
    retry_after,
)
from pausepoint.channels.slack.message import SlackPost
from pausepoint.domain.time import Instant

_SLACKS_WORD: Final = re.compile(r"[a-z_]{1,64}")


class SlackTransport(Transport[SlackPost]):
    """The client must be the guarded one."""

    def __init__(self, client: HttpClient) -> None:
        self._client = client

    async def send(self, message: SlackPost, notification: Notification, now: Instant) -> Receipt:
        reply = await self._client.request(
            "POST",
            message.url,
            headers={"Content-Type": "application/json"},
            body=json.dumps(message.payload).encode(),
        )
        if 200 <= reply.status < 300:
            return Receipt(code="ok")
        raise _refusal(reply, now)


def _refusal(reply: Reply, now: Instant) -> ChannelError:
    word = reply.body[:100].decode("ascii", "replace").strip()
    code = word if _SLACKS_WORD.fullmatch(word) else f"http_{reply.status}"
    return ChannelError(
        code,
        f"Slack refused the message with HTTP status {reply.status}.",
        is_permanent=400 <= reply.status < 500 and reply.status not in (408, 425, 429),
        retry_after=retry_after(reply, now),
    )
