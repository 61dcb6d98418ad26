"""Prometheus metrics, on an address of their own: never where strangers come in.

With several processes the figures of all are added up through files in a shared folder, as
prometheus_client's multiprocess mode does; PROMETHEUS_MULTIPROC_DIR names it.
"""

from __future__ import annotations

import asyncio
import platform
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final, Literal, TypeAlias

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    multiprocess,
    start_http_server,
)

from pausepoint import __version__
from pausepoint.clock import Clock
from pausepoint.domain.time import Instant
from pausepoint.store.base import Store, StoreUnavailable

LOOK_EVERY: Final = timedelta(seconds=5)
_REQUEST_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 60)
_COMMIT_SECONDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5)
_SIZES: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256)

Sharing: TypeAlias = Literal["livesum", "livemin", "livemostrecent"]
"""How one figure is made of those of several processes. A maximum would hide a lag's NaN."""

# Else every counter and histogram has a twin that says when it began.
disable_created_metrics()  # type: ignore[no-untyped-call]


class NoMetricsAddress(Exception):
    """The metrics address cannot be bound; the message says why and what to do."""


class Metrics:
    """Implements `Observer`. Lags are read from the database, so each process reports them all."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._process: _SharedProcess | None = None
        self._requests = self._counter(
            "requests", "Requests answered.", ("method", "route", "status")
        )
        self._request_seconds = self._histogram(
            "request_seconds",
            "How long a request took, long polls included.",
            _REQUEST_SECONDS,
            ("route",),
        )
        self._commit_changes = self._histogram(
            "commit_changes", "Changes in one transaction.", _SIZES
        )
        self._commit_seconds = self._histogram(
            "commit_seconds", "How long the database took for one transaction.", _COMMIT_SECONDS
        )
        self._attempts = self._counter(
            "delivery_attempts",
            "Attempts to deliver, by channel or webhook.",
            ("target", "outcome"),
        )
        self._ended = self._counter("pauses_ended", "Pauses that have ended.", ("status",))
        self._muted = self._counter(
            "mutes", "Accounts muted by a person, or reported as well.", ("reason",)
        )
        self._waiting = self._gauge(
            "waiting_agents", "Long polls and event streams held.", "livesum"
        )
        self._outbox_lag = self._gauge(
            "outbox_lag_seconds", "How late the oldest delivery that is due is.", "livemostrecent"
        )
        self._sweep_lag = self._gauge(
            "sweep_lag_seconds", "How late the oldest deadline not yet told is.", "livemostrecent"
        )
        self._database_up = self._gauge(
            "database_up", "1 if the database can be read and written, else 0.", "livemin"
        )
        build = Gauge(
            "pausepoint_build_info",
            "Always 1; the labels say what runs.",
            ("version", "python"),
            registry=self._registry,
            multiprocess_mode="livemax",
        )
        build.labels(__version__, platform.python_version()).set(1)

    def request_ended(self, method: str, route: str, status: int, seconds: float) -> None:
        self._requests.labels(method, route, status).inc()
        self._request_seconds.labels(route).observe(seconds)

    def batch_committed(self, changes: int, seconds: float) -> None:
        self._commit_changes.observe(changes)
        self._commit_seconds.observe(seconds)

    def attempt_ended(self, target: str, outcome: str) -> None:
        self._attempts.labels(target, outcome).inc()

    def pause_ended(self, status: str) -> None:
        self._ended.labels(status).inc()

    def account_muted(self, reason: str) -> None:
        self._muted.labels(reason).inc()

    def serve(self, host: str, port: int) -> Callable[[], None]:
        """Answer `GET /metrics` on a thread; returns a function that stops it. Raises NoMetricsAddress."""
        ProcessCollector(registry=self._registry)
        return _serve(self._registry, host, port)

    def share(self) -> None:
        """Share this process's figures for `serve_shared`."""
        self._process = _SharedProcess(self._registry)

    async def follow(self, store: Store, clock: Clock, waiting: Callable[[], int]) -> None:
        """Sample every few seconds until cancelled."""
        while True:
            await self.look(store, clock, waiting())
            await asyncio.sleep(LOOK_EVERY.total_seconds())

    async def look(self, store: Store, clock: Clock, waiting: int) -> None:
        """Read what has no hook: database availability and lags."""
        self._waiting.set(waiting)
        if self._process is not None:
            self._process.read()
        self._database_up.set(await _is_up(store))
        self._outbox_lag.set(await _lateness(store.next_delivery_due, clock))
        self._sweep_lag.set(await _lateness(store.next_deadline, clock))

    def _counter(self, name: str, meaning: str, labels: tuple[str, ...]) -> Counter:
        return Counter(f"pausepoint_{name}", meaning, labels, registry=self._registry)

    def _histogram(
        self, name: str, meaning: str, buckets: tuple[float, ...], labels: tuple[str, ...] = ()
    ) -> Histogram:
        return Histogram(
            f"pausepoint_{name}", meaning, labels, registry=self._registry, buckets=buckets
        )

    def _gauge(self, name: str, meaning: str, shared_as: Sharing) -> Gauge:
        return Gauge(
            f"pausepoint_{name}", meaning, registry=self._registry, multiprocess_mode=shared_as
        )


class _SharedProcess:
    """ProcessCollector's figures of this process, beside those of the other processes."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._collector = ProcessCollector(registry=None)
        self._cpu_seconds = 0.0
        self._cpu = Counter(
            "process_cpu_seconds",
            "Total user and system CPU time spent in seconds.",
            registry=registry,
        )
        self._gauges = {
            family.name: Gauge(
                family.name, family.documentation, registry=registry, multiprocess_mode="liveall"
            )
            for family in self._collector.collect()
            if family.type == "gauge"
        }

    def read(self) -> None:
        for family in self._collector.collect():
            value = family.samples[0].value
            if family.name in self._gauges:
                self._gauges[family.name].set(value)
            else:
                self._cpu.inc(value - self._cpu_seconds)
                self._cpu_seconds = value


def serve_shared(host: str, port: int) -> Callable[[], None]:
    """Serve the sum of all processes as `Metrics.serve` does."""
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return _serve(registry, host, port)


def _serve(registry: CollectorRegistry, host: str, port: int) -> Callable[[], None]:
    PlatformCollector(registry=registry)
    try:
        server, thread = start_http_server(port, host, registry)
    except OSError as error:
        raise NoMetricsAddress(
            f"Cannot serve the metrics on {host}:{port} ({error.strerror})."
            " Set PAUSEPOINT_METRICS_ADDRESS to a free one."
        ) from error

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return stop


async def _is_up(store: Store) -> bool:
    try:
        await store.check()
    except StoreUnavailable:
        return False
    return True


async def _lateness(next_instant: Callable[[], Awaitable[Instant | None]], clock: Clock) -> float:
    try:
        instant = await next_instant()
    except StoreUnavailable:
        return float("nan")
    return 0 if instant is None else max(0, clock.now() - instant) / 1000
