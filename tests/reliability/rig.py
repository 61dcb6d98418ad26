"""A whole PausePoint in this process that can be closed and opened again on its database."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx2

from pausepoint.channels.base import ChannelError, Notification, Receipt, Reply
from pausepoint.domain.mode import Mode
from pausepoint.domain.time import Instant
from pausepoint.lifecycle.bootstrap import Running, open_service
from pausepoint.operations.deliver import deliver
from pausepoint.operations.register_developer import register_developer
from pausepoint.operations.respond_to_pause import respond_url
from pausepoint.operations.time_out_pauses import time_out_pauses
from pausepoint.testing import FakeClock
from pausepoint.web.app import create_app
from tests.harness import settings_of

T = TypeVar("T")
Json = dict[str, Any]

LEASE = 60_000
EVENTS = ("pause.responded", "pause.timed_out", "pause.cancelled")


class Vendor:
    """Accepts, fails for now or fails for good, as it was told; remembers when it was asked."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.outcomes: list[str] = []
        self.asked: list[tuple[str, Instant]] = []

    async def send(self, message: Any, notification: Notification, now: Instant) -> Receipt:
        self.asked.append((notification.pause_id, self._clock.now()))
        outcome = self.outcomes.pop(0) if self.outcomes else "sent"
        if outcome == "sent":
            return Receipt("SM1", "queued")
        raise ChannelError("made_up", permanent=outcome == "refused")

    async def fetch_status(self, provider_id: str) -> None:
        return None


class Receiver:
    """A developer's server: refuses as often as it was told; which ids it took for which pause."""

    def __init__(self) -> None:
        self.refusals = 0
        self.taken: dict[str, Counter[str]] = {}

    async def request(
        self, method: str, url: str, *, headers: Any, body: bytes = b"", timeout: Any = None
    ) -> Reply:
        if self.refusals:
            self.refusals -= 1
            return Reply(500, {}, b"")
        ids = {name.lower(): value for name, value in headers.items()}
        pause_id = httpx2.Response(200, content=body).json()["pause_id"]
        self.taken.setdefault(pause_id, Counter())[ids["webhook-id"]] += 1
        return Reply(200, {}, b"")


class Rig:
    """Its methods are synchronous: each runs the loop until it is done."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.vendor, self.receiver = Vendor(self.clock), Receiver()
        self._settings = settings_of(folder)
        self._loop = asyncio.new_event_loop()
        self._running: Running | None = None
        self._open()
        self._keys = self._run(
            register_developer(self.services, "alice@example.com", "Acme", "correct horse")
        )
        self.post("/v1/webhooks", url="https://example.com/hook", events=EVENTS, secret="s" * 16)

    def restart(self) -> None:
        self._shut()
        self._open()

    def close(self) -> None:
        self._shut()
        self._loop.close()

    # ── As an agent, and as a person ──

    def post(
        self, path: str, *, idempotency_key: str | None = None, **body: Any
    ) -> httpx2.Response:
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        return self._request("POST", path, json=body, headers=headers)

    def get(self, path: str) -> Json:
        answer: Json = self._request("GET", path).json()
        return answer

    def delete(self, path: str) -> httpx2.Response:
        return self._request("DELETE", path)

    def press(self, pause_id: str, choice: str) -> httpx2.Response:
        """The person's answer, by the link that they were sent."""
        pause = self._run(self.services.store.pause(pause_id))
        assert pause is not None
        token = respond_url(self.services, pause).rpartition("/")[2]
        return self.post(f"/v1/respond/{token}", choice=choice)

    def audit(self, pause_id: str) -> list[str]:
        items = self.get(f"/v1/audit?pause_id={pause_id}&limit=100")["items"]
        return [item["event_type"] for item in reversed(items)]

    # ── As the worker ──

    def carry(self, at_most: int) -> None:
        """Carries deliveries that are due one step further."""
        claimed = self._run(self.services.store.claim_deliveries(at_most, LEASE))
        for delivery in claimed:
            self._run(deliver(self.services, delivery))

    def sweep(self) -> None:
        due = self._run(self.services.store.due_pauses(self.clock.now(), 100))
        self._run(time_out_pauses(self.services, due))

    def pass_time(self, seconds: float) -> None:
        self.clock.advance(timedelta(seconds=seconds))

    def until_quiet(self) -> None:
        """Time passes until nothing is due any more: each delivery has ended or given up."""
        self.vendor.outcomes.clear()
        self.receiver.refusals = 0
        for _ in range(200):
            self.sweep()
            self.carry(64)
            due = self._run(self.services.store.next_delivery_due())
            if due is None:
                return
            self.pass_time(max(due - self.clock.now(), 0) / 1000)
        raise AssertionError("deliveries never end")

    # ── Open and shut ──

    def _open(self) -> None:
        self._running = self._run(open_service(self._settings, self.clock))
        transports = dict.fromkeys(("sms", "email", "slack"), self.vendor)
        self.services = replace(
            self._running.services,
            transports={Mode.LIVE: transports, Mode.TEST: {}},
            http=self.receiver,
            chance=lambda: 0.5,
        )
        self._app = create_app(self.services, None)

    def _shut(self) -> None:
        if self._running is not None:
            self._run(self._running.close())

    def _request(self, method: str, path: str, **more: Any) -> httpx2.Response:
        async def request() -> httpx2.Response:
            headers = {"Authorization": f"Bearer {self._keys.live_key}", **more.pop("headers", {})}
            async with httpx2.AsyncClient(
                transport=httpx2.ASGITransport(self._app), base_url="http://127.0.0.1:8000"
            ) as client:
                return await client.request(method, path, headers=headers, **more)

        return self._run(request())

    def _run(self, coroutine: Awaitable[T]) -> T:
        async def awaited() -> T:
            return await coroutine

        return self._loop.run_until_complete(awaited())


def endings(events: Iterable[str]) -> list[str]:
    return [event for event in events if event in EVENTS]
