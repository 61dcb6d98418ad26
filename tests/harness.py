"""A whole PausePoint in this process, on a real database, with a clock to set and a channel to script."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx2

from pausepoint.channels.base import Notification, Receipt, Reply, StatusReport
from pausepoint.config.settings import Command, Settings, load
from pausepoint.domain.account import Principal
from pausepoint.domain.mode import Mode
from pausepoint.domain.pause import Pause
from pausepoint.domain.question import Question
from pausepoint.domain.time import Instant
from pausepoint.lifecycle.bootstrap import Running, open_service
from pausepoint.operations.create_pause import create_pause
from pausepoint.operations.deliver import deliver
from pausepoint.operations.register_developer import Registered, register_developer
from pausepoint.operations.services import Services
from pausepoint.testing import FakeClock
from pausepoint.web.app import create_app

SECRET = "0123456789abcdef0123456789abcdef"
LEASE = 60_000
ASKED: dict[str, Any] = {
    "recipient": "+15550100199",
    "channel": "sms",
    "message": "Wire it?",
    "options": ["Approve", "Reject"],
}
"""A question, as `POST /v1/pause` takes it."""


@dataclass
class ScriptedTransport:
    """A vendor at the port: gives the outcomes it was told, then accepts everything."""

    outcomes: list[Exception | Receipt] = field(default_factory=list)
    reports: list[StatusReport | None] = field(default_factory=list)
    sent: list[Notification] = field(default_factory=list)

    async def send(self, message: Any, notification: Notification, now: Instant) -> Receipt:
        outcome = self.outcomes.pop(0) if self.outcomes else Receipt("SM1", "queued")
        if isinstance(outcome, Exception):
            raise outcome
        self.sent.append(notification)
        return outcome

    async def fetch_status(self, provider_id: str) -> StatusReport | None:
        return self.reports.pop(0) if self.reports else None


@dataclass
class ScriptedReceiver:
    """A developer's server at the port: gives the replies it was told, then 200."""

    replies: list[Exception | Reply] = field(default_factory=list)
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    async def request(
        self, method: str, url: str, *, headers: Any, body: bytes = b"", timeout: Any = None
    ) -> Reply:
        self.got.append((url, dict(headers), body))
        reply = self.replies.pop(0) if self.replies else Reply(200, {}, b"")
        if isinstance(reply, Exception):
            raise reply
        return reply


@dataclass
class World:
    """`alice` holds an account; live messages go through `vendor`, webhooks to `receiver`."""

    running: Running
    services: Services
    clock: FakeClock
    alice: Registered
    vendor: ScriptedTransport
    receiver: ScriptedReceiver

    def principal(self, mode: Mode = Mode.LIVE) -> Principal:
        return Principal("key_1", self.alice.developer.developer_id, mode, "unlimited")

    async def ask(self, mode: Mode = Mode.LIVE, **changes: Any) -> Pause:
        fields: dict[str, Any] = {
            "recipient": "+15550100199",
            "channel": "sms",
            "message": "Wire it?",
            "options": ("Approve", "Reject"),
        }
        question = Question(**(fields | changes))
        return (await create_pause(self.services, self.principal(mode), question, 0)).pause

    async def pause(self, pause_id: str) -> Pause:
        found = await self.services.store.pause(pause_id)
        assert found is not None
        return found

    async def deliver_due(self) -> int:
        """Carries everything that is due one step further; how much that was."""
        claimed = await self.services.store.claim_deliveries(100, LEASE)
        for delivery in claimed:
            await deliver(self.services, delivery)
        return len(claimed)

    async def audit(self, pause_id: str | None = None, mode: Mode = Mode.LIVE) -> list[str]:
        """The events, oldest first."""
        entries = await self.services.store.audit(
            self.alice.developer.developer_id, mode, pause_id=pause_id, event=None,
            since=None, until=None, limit=100, offset=0,
        )  # fmt: skip
        return [entry.event.value for entry in reversed(entries)]


def settings_of(folder: Path, command: Command = Command.DEV, **environment: str) -> Settings:
    given = {
        "PAUSEPOINT_DATABASE_URL": f"sqlite:///{folder / 'test.db'}",
        "PAUSEPOINT_SECRET_KEY": SECRET,
        "PAUSEPOINT_RATE_LIMITS": "off",
    }
    return load(command, given | environment)


@asynccontextmanager
async def a_world(folder: Path, settings: Settings | None = None) -> AsyncIterator[World]:
    clock = FakeClock()
    running = await open_service(settings or settings_of(folder), clock)
    vendor, receiver = ScriptedTransport(), ScriptedReceiver()
    services = replace(
        running.services,
        transports={
            Mode.LIVE: {"sms": vendor, "email": vendor, "slack": vendor},
            Mode.TEST: running.services.transports[Mode.TEST],
        },
        http=receiver,
        chance=lambda: 0.5,
    )
    # Without a password: hashing one takes as long as everything else that a test sets up.
    alice = await register_developer(services, "alice@example.com", "Acme")
    try:
        yield World(running, services, clock, alice, vendor, receiver)
    finally:
        await running.close()


@asynccontextmanager
async def an_api(world: World, key: str | None = None) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the real application, with Alice's live key unless told otherwise."""
    app = create_app(world.services, world.running.inbox)
    headers = {"Authorization": f"Bearer {key or world.alice.live_key}"}
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app), base_url="http://127.0.0.1:8000", headers=headers
    ) as client:
        yield client


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - turns of the loop, no time
            await asyncio.sleep(0)
