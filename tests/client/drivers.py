"""Both clients behind one face, so that each scenario runs with the one and with the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import wraps
from typing import Any, Literal, TypeVar

from pausepoint.client import (
    Answer,
    AsyncPausePoint,
    AuditEntry,
    Page,
    Pause,
    PausePoint,
    Webhook,
    WebhookDelivery,
)

T = TypeVar("T")
Kind = Literal["sync", "async"]
KINDS: tuple[Kind, ...] = ("sync", "async")

PATIENCE = timedelta(minutes=10)


class Clock:
    """Takes the place of sleep: remembers each delay, lets `whenever` happen, and returns."""

    def __init__(self) -> None:
        self.delays: list[float] = []
        self.whenever: Callable[[int], object] = lambda count: None

    def take(self, seconds: float) -> None:
        self.delays.append(seconds)
        assert len(self.delays) < 1000
        self.whenever(len(self.delays))

    async def take_async(self, seconds: float) -> None:
        self.take(seconds)


class Client:
    """A client of one kind, whose methods block; `clock` has every delay it made."""

    def __init__(self, run: Callable[[Any], Any], client: Any, clock: Clock) -> None:
        self.run = run
        self.client = client
        self.clock = clock

    def ask(self, *args: Any, **kwargs: Any) -> Answer:
        return self.run(self.client.ask(*args, **kwargs))  # type: ignore[no-any-return]

    def create(self, *args: Any, **kwargs: Any) -> Pause:
        return self.run(self.client.create(*args, **kwargs))  # type: ignore[no-any-return]

    def get(self, pause_id: str) -> Pause:
        return self.run(self.client.get(pause_id))  # type: ignore[no-any-return]

    def wait(self, pause_id: str, **kwargs: Any) -> Answer:
        return self.run(self.client.wait(pause_id, **kwargs))  # type: ignore[no-any-return]

    def cancel(self, pause_id: str) -> Pause:
        return self.run(self.client.cancel(pause_id))  # type: ignore[no-any-return]

    def erase(self, pause_id: str) -> Pause:
        return self.run(self.client.erase(pause_id))  # type: ignore[no-any-return]

    def callbacks(self, pause_id: str, **kwargs: Any) -> Page[WebhookDelivery]:
        return self.run(self.client.callbacks(pause_id, **kwargs))  # type: ignore[no-any-return]

    def redeliver_callback(self, pause_id: str, delivery_id: str) -> WebhookDelivery:
        return self.run(self.client.redeliver_callback(pause_id, delivery_id))  # type: ignore[no-any-return]

    def list(self, **kwargs: Any) -> Page[Pause]:
        return self.run(self.client.list(**kwargs))  # type: ignore[no-any-return]

    def audit(self, **kwargs: Any) -> Page[AuditEntry]:
        return self.run(self.client.audit(**kwargs))  # type: ignore[no-any-return]

    def add_webhook(self, url: str, secret: str) -> Webhook:
        return self.run(self.client.webhooks.create(url, secret))  # type: ignore[no-any-return]

    def webhooks(self) -> Page[Webhook]:
        return self.run(self.client.webhooks.list())  # type: ignore[no-any-return]

    def delete_webhook(self, webhook_id: str) -> None:
        self.run(self.client.webhooks.delete(webhook_id))

    def deliveries(self, webhook_id: str) -> Page[WebhookDelivery]:
        return self.run(self.client.webhooks.deliveries(webhook_id))  # type: ignore[no-any-return]

    def redeliver(self, webhook_id: str, delivery_id: str) -> WebhookDelivery:
        return self.run(self.client.webhooks.redeliver(webhook_id, delivery_id))  # type: ignore[no-any-return]

    def guarded(self, function: Callable[..., T], *how: Any, **more: Any) -> Callable[..., T]:
        """`function` behind `requires_approval`, called as a plain one whichever the client is."""
        decorate = self.client.requires_approval(*how, **more)
        return called(
            self.run, function, decorate, is_async=isinstance(self.client, AsyncPausePoint)
        )


def called(
    run: Callable[[Any], Any], function: Callable[..., T], decorate: Any, *, is_async: bool
) -> Callable[..., T]:
    if not is_async:
        return decorate(function)  # type: ignore[no-any-return]

    @wraps(function)
    async def awaited(*args: Any, **kwargs: Any) -> T:
        return function(*args, **kwargs)

    decorated = decorate(awaited)
    return wraps(decorated)(lambda *args, **kwargs: run(decorated(*args, **kwargs)))


@contextmanager
def a_client(
    kind: Kind, key: str, base_url: str, patience: timedelta = PATIENCE
) -> Iterator[Client]:
    clock = Clock()
    if kind == "sync":
        with PausePoint(key, base_url, patience=patience, sleep=clock.take) as client:
            yield Client(lambda result: result, client, clock)
        return
    with asyncio.Runner() as runner:
        awaited = AsyncPausePoint(key, base_url, patience=patience, sleep=clock.take_async)

        def run(coroutine: Coroutine[Any, Any, T]) -> T:
            return runner.run(coroutine)

        try:
            yield Client(run, awaited, clock)
        finally:
            runner.run(awaited.aclose())
