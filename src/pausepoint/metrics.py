"""Prometheus metrics, on an address of their own: never where strangers come in.

With several processes the figures of all are added up through files in a shared folder, as
prometheus_client's multiprocess mode does; PROMETHEUS_MULTIPROC_DIR names it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    multiprocess,
    start_http_server,
)

from pausepoint.clock import Clock
from pausepoint.domain.time import Instant
from pausepoint.store.base import Store, StoreUnavailable

LOOK_EVERY: Final = timedelta(seconds=5)
_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 60)
_SIZES: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class NoMetricsAddress(Exception):
    """Nothing can listen where the metrics shall be; the message says why and what to do."""


class Metrics:
    """Implements `Observer`. Lags are read from the database, so any one process tells them all."""

    def __init__(self, *, is_shared: bool = False) -> None:
        self._registry = CollectorRegistry()
        self._is_shared = is_shared
        where = self._registry
        self._requests = Counter(
            "pausepoint_requests",
            "Requests answered.",
            ("method", "route", "status"),
            registry=where,
        )
        self._request_seconds = Histogram(
            "pausepoint_request_seconds",
            "How long a request took, long polls included.",
            ("route",),
            registry=where,
            buckets=_SECONDS,
        )
        self._batch = Histogram(
            "pausepoint_commit_changes",
            "Changes in one transaction.",
            registry=where,
            buckets=_SIZES,
        )
        self._attempts = Counter(
            "pausepoint_delivery_attempts",
            "Attempts to deliver, by channel or webhook.",
            ("target", "outcome"),
            registry=where,
        )
        self._waiting = Gauge(
            "pausepoint_waiting_agents",
            "Long polls held.",
            registry=where,
            multiprocess_mode="livesum",
        )
        self._outbox_lag = self._lag("outbox", "How late the oldest delivery that is due is.")
        self._sweep_lag = self._lag("sweep", "How late the oldest deadline not yet told is.")

    def request_ended(self, method: str, route: str, status: int, seconds: float) -> None:
        self._requests.labels(method, route, status).inc()
        self._request_seconds.labels(route).observe(seconds)

    def batch_committed(self, changes: int) -> None:
        self._batch.observe(changes)

    def attempt_ended(self, target: str, outcome: str) -> None:
        self._attempts.labels(target, outcome).inc()

    def serve(self, host: str, port: int) -> Callable[[], None]:
        """Answers `GET /metrics` on a thread; returns what stops it. Raises NoMetricsAddress."""
        registry = self._registry
        if self._is_shared:
            registry = CollectorRegistry()
            multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
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

    async def follow(self, store: Store, clock: Clock, waiting: Callable[[], int]) -> None:
        """Reads, until cancelled, what nobody can be told of: how late things are."""
        while True:
            self._waiting.set(waiting())
            self._outbox_lag.set(await _lateness(store.next_delivery_due, clock))
            self._sweep_lag.set(await _lateness(store.next_deadline, clock))
            await asyncio.sleep(LOOK_EVERY.total_seconds())

    def _lag(self, name: str, meaning: str) -> Gauge:
        return Gauge(
            f"pausepoint_{name}_lag_seconds",
            meaning,
            registry=self._registry,
            # All read it from the same database. A maximum would hide a NaN.
            multiprocess_mode="livemostrecent",
        )


async def _lateness(next_instant: Callable[[], Awaitable[Instant | None]], clock: Clock) -> float:
    try:
        instant = await next_instant()
    except StoreUnavailable:
        return float("nan")
    return 0 if instant is None else max(0, clock.now() - instant) / 1000
