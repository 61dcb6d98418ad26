"""What stands at the other ends: a developer's webhook receiver, and a person's mail server."""

from __future__ import annotations

import asyncio
import queue
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as default_policy
from types import TracebackType
from typing import Any, Self

import msgspec
from aiosmtpd.smtp import SMTP, Envelope, Session
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.doubles.server import Served


@dataclass(frozen=True)
class Received:
    """One request that a webhook made."""

    headers: dict[str, str]
    body: bytes

    @property
    def event_id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def json(self) -> dict[str, Any]:
        event: dict[str, Any] = msgspec.json.decode(self.body)
        return event


class Receiver(Served):
    """Takes every event at `url`, and tells whoever waits for some."""

    def __init__(self) -> None:
        self._received: list[Received] = []
        self._news = threading.Condition()
        super().__init__(Starlette(routes=[Route("/hook", self._take, methods=["POST"])]))

    @property
    def url(self) -> str:
        return f"{self.base_url}/hook"

    @property
    def received(self) -> list[Received]:
        with self._news:
            return list(self._received)

    def wait_for(
        self, enough: Callable[[list[Received]], object], within: float = 30
    ) -> list[Received]:
        """All that came, as soon as it is enough."""
        with self._news:
            assert self._news.wait_for(lambda: enough(self._received), within)
            return list(self._received)

    async def _take(self, request: Request) -> Response:
        received = Received(dict(request.headers), await request.body())
        with self._news:
            self._received.append(received)
            self._news.notify_all()
        return Response(status_code=204)


class Mailbox:
    """A real SMTP server on a loopback port, in a thread of its own; `next` takes a mail out.

    The `to_hold` next mails are read and get no reply before `release`; `has_held` says that one is.
    """

    def __init__(self) -> None:
        self.to_hold = 0
        self.has_held = threading.Event()
        self._gone_on = asyncio.Event()
        self._mails: queue.Queue[EmailMessage] = queue.Queue()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"smtp://127.0.0.1:{self._socket.getsockname()[1]}"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def next(self, within: float = 30) -> EmailMessage:
        return self._mails.get(timeout=within)

    def release(self) -> None:
        self._loop.call_soon_threadsafe(self._gone_on.set)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        if self.to_hold:
            self.to_hold -= 1
            self.has_held.set()
            await self._gone_on.wait()
        self._mails.put(message_from_bytes(envelope.content, policy=default_policy))
        return "250 OK"

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        listening = self._loop.run_until_complete(
            self._loop.create_server(lambda: SMTP(self, loop=self._loop), sock=self._socket)
        )
        self._loop.run_forever()
        listening.close()
        self._loop.run_until_complete(listening.wait_closed())
        self._loop.run_until_complete(self._end_conversations())
        self._loop.close()

    async def _end_conversations(self) -> None:
        """A sender keeps its connection for the next mail; nothing of it may outlive the loop."""
        conversations = asyncio.all_tasks() - {asyncio.current_task()}
        for conversation in conversations:
            conversation.cancel()
        await asyncio.gather(*conversations, return_exceptions=True)
