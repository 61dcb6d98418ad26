"""The composition root: builds a running service from settings; alone knows concrete stores."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pausepoint.channels.base import AnyTransport
from pausepoint.channels.dev_inbox import DevInbox
from pausepoint.channels.outbound import GuardedClient, OperatorClient
from pausepoint.channels.registry import transports_of
from pausepoint.clock import Clock, SystemClock
from pausepoint.config.settings import Command, Settings
from pausepoint.domain.mode import Mode
from pausepoint.domain.recipients import RecipientRules
from pausepoint.lifecycle.readiness import Readiness
from pausepoint.lifecycle.shutdown import FAREWELL_SECONDS, Stop, cancel_remaining
from pausepoint.limits.limiter import Limiter
from pausepoint.observability.observer import SILENT, Observer
from pausepoint.operations.deliver import deliver
from pausepoint.operations.services import Policy, Services
from pausepoint.store.base import Store
from pausepoint.store.sqlite.store import SqliteStore
from pausepoint.worker.deadlines import DeadlineLoop
from pausepoint.worker.deliveries import DeliveryLoop
from pausepoint.worker.key_last_used import KeyUseLoop
from pausepoint.worker.retention import RetentionLoop
from pausepoint.worker.supervise import Supervised
from pausepoint.worker.sync_rate_limits import CountsLoop

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from pausepoint.observability.metrics import Metrics
    from pausepoint.tracing.provider import Tracing


class Running:
    """Everything that is open in one process. `start_work` begins what needs no request."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        clock: Clock,
        metrics: Metrics | None = None,
        tracing: Tracing | None = None,
    ) -> None:
        self.settings = settings
        self.store = tracing.store(store) if tracing else store
        self._metrics = metrics
        self._tracing = tracing
        self._stop_metrics: Callable[[], None] = lambda: None
        self.inbox = DevInbox() if settings.is_dev else None
        self._guarded = GuardedClient(settings.outbound_allow)
        self._operator = OperatorClient()
        self._limiter = _limiter(settings)
        self._stop = Stop()
        self._loops: list[Supervised] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._following: asyncio.Task[None] | None = None
        self._configured: list[AnyTransport] = []
        self.services = self._services(clock)

    def start_work(self, *, delivers: bool = True, serves_metrics: bool = True) -> None:
        """Start deliveries and deadlines, unless another process runs them."""
        clock = self.services.clock
        if delivers:
            carry = self._tracing.deliver(deliver) if self._tracing else deliver
            loops = (
                DeliveryLoop(self.services, carry),
                DeadlineLoop(self.services),
                RetentionLoop(self.services),
            )
            self._loops = [Supervised(loop, clock) for loop in loops]
        self._loops.append(Supervised(KeyUseLoop(self.services), clock))
        if self._limiter is not None and not self.settings.is_sqlite:
            self._loops.append(Supervised(CountsLoop(self.services, self._limiter), clock))
        self._tasks = [asyncio.create_task(loop.run()) for loop in self._loops]
        if self._metrics is not None and self.settings.metrics_address is not None:
            if serves_metrics:
                self._stop_metrics = self._metrics.serve(*self.settings.metrics_address)
            else:
                self._metrics.share()
            following = self._metrics.follow(self.store, clock, lambda: self.store.waiting)
            self._following = asyncio.create_task(following)

    def traced(self, app: ASGIApp) -> ASGIApp:
        """Wrap the application in spans for its requests if tracing is on."""
        return self._tracing.app(app) if self._tracing else app

    def begin_stop(self) -> None:
        """Start the shutdown: fail readiness, release waiters, start no new work, drain the rest."""
        if self._stop.has_begun:
            return
        self._stop.begin(self._tasks)
        self.store.release_waiters()
        for loop in self._loops:
            loop.stop()

    async def close(self) -> None:
        self.begin_stop()
        await self._stop.drained()
        if self._following is not None:
            await cancel_remaining([self._following], FAREWELL_SECONDS)
        await asyncio.to_thread(self._stop_metrics)
        for transport in self._configured:
            await transport.close()
        await self._guarded.close()
        await self._operator.close()
        await self.store.close()
        if self._tracing is not None:
            await self._tracing.close(self._stop.seconds_to_flush())

    def _services(self, clock: Clock) -> Services:
        settings = self.settings
        return Services(
            store=self.store,
            clock=clock,
            channels=settings.channels,
            transports=self._transports(),
            http=self._tracing.http(self._guarded) if self._tracing else self._guarded,
            policy=Policy(
                secret_keys=settings.secret_keys,
                public_url=settings.public_url,
                registration_is_open=settings.registration_is_open,
                reveals_respond_url=settings.reveals_respond_url,
                outbound_allow=settings.outbound_allow,
                max_wait_seconds=settings.max_wait_seconds,
                hook_rules=settings.hook_rules,
                plans=settings.plans,
                content_kept=settings.content_kept,
                audit_kept=settings.audit_kept,
                default_plan=settings.default_plan,
                trusted_proxies=settings.trusted_proxies,
                recipients=_recipient_rules(settings),
            ),
            chance=random.random,
            readiness=Readiness(self.store, self._stop).check,
            observer=self._metrics or SILENT,
            limiter=self._limiter,
        )

    def _transports(self) -> Mapping[Mode, Mapping[str, AnyTransport]]:
        channels = self.settings.channels
        configured = transports_of(list(channels.values()), self._guarded, self._operator)
        self._configured = list(configured.values())
        if self.inbox is None:
            return {Mode.LIVE: configured, Mode.TEST: {}}
        inbox = {name: self.inbox.transport(channel) for name, channel in channels.items()}
        return {Mode.LIVE: inbox | configured, Mode.TEST: inbox}


async def open_service(settings: Settings, clock: Clock | None = None) -> Running:
    """Open the service; its database is migrated.

    Raises ConfigError, CannotOpen; with PostgreSQL StoreUnavailable.
    """
    clock = clock or SystemClock()
    metrics = _metrics(settings)
    store = await _open_store(settings, clock, metrics or SILENT)
    return Running(settings, store, clock, metrics, _tracing(settings))


async def _open_store(settings: Settings, clock: Clock, observer: Observer) -> Store:
    keys = settings.secret_keys
    if settings.is_sqlite:
        return await SqliteStore.open(settings.database_path, keys, clock, observer)
    from pausepoint.store.postgres.store import PostgresStore  # noqa: PLC0415 - only where it is used

    return await PostgresStore.open(
        settings.database_url, keys, clock, settings.database_direct_url, observer
    )


def _recipient_rules(settings: Settings) -> RecipientRules:
    return RecipientRules(settings.has_recipient_directory, settings.recipients_allowed)


def _metrics(settings: Settings) -> Metrics | None:
    if settings.metrics_address is None:
        return None
    from pausepoint.observability.metrics import Metrics  # noqa: PLC0415 - imported on first use

    return Metrics()


def _limiter(settings: Settings) -> Limiter | None:
    if settings.rate_limits is None:
        return None
    # Only PostgreSQL has several processes, which share what they count.
    return Limiter(settings.rate_limits, shares=not settings.is_sqlite)


def _tracing(settings: Settings) -> Tracing | None:
    if not settings.is_traced or settings.command is Command.MANAGE:
        return None
    from pausepoint.tracing.provider import Tracing  # noqa: PLC0415 - an extra, perhaps not installed

    return Tracing(settings.traces_exporter)
