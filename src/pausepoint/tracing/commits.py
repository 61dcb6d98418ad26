"""A span for each wait for a commit; and which span it was that caused a delivery."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, cast

from opentelemetry.trace import SpanContext, Tracer, get_current_span

from pausepoint.store.base import Store
from pausepoint.store.changes import Applied, Change, EndPause, InsertDelivery, InsertPause, Lost
from pausepoint.tracing.spans import CHANGES, PAUSE_ID


class Causes:
    """Which span's change made a delivery: kept in memory, the newest `limit` of them.

    The attempts are made by whichever process claims the delivery. In another one, or after a
    restart, the cause is not known; the pause's id joins the two all the same.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._by_delivery: OrderedDict[str, SpanContext] = OrderedDict()

    def remember(self, delivery_id: str, cause: SpanContext) -> None:
        self._by_delivery[delivery_id] = cause
        if len(self._by_delivery) > self._limit:
            self._by_delivery.popitem(last=False)

    def of(self, delivery_id: str) -> SpanContext | None:
        return self._by_delivery.get(delivery_id)


def traced_store(store: Store, tracer: Tracer, causes: Causes) -> Store:
    return cast("Store", _TracedStore(store, tracer, causes))


class _TracedStore:
    """Everything of the store's but its two writes passes through untouched."""

    def __init__(self, store: Store, tracer: Tracer, causes: Causes) -> None:
        self._store = store
        self._tracer = tracer
        self._causes = causes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def apply(self, change: Change) -> Applied | Lost:
        return (await self.apply_all([change]))[0]

    async def apply_all(self, changes: Sequence[Change]) -> list[Applied | Lost]:
        caller = get_current_span()
        with self._tracer.start_as_current_span(
            "commit",
            attributes={CHANGES: len(changes)},
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            is_called = caller.get_span_context().is_valid
            cause = (caller if is_called else span).get_span_context()
            for delivery_id in _deliveries(changes):
                self._causes.remember(delivery_id, cause)
            if len(changes) == 1 and (pause_id := _pause_id(changes[0])):
                (caller if is_called else span).set_attribute(PAUSE_ID, pause_id)
            return await self._store.apply_all(changes)


def _deliveries(changes: Sequence[Change]) -> list[str]:
    rows = (row for change in changes for row in change.rows)
    return [row.delivery.delivery_id for row in rows if isinstance(row, InsertDelivery)]


def _pause_id(change: Change) -> str | None:
    """Return the id of the pause that the change creates or ends."""
    if isinstance(change.guard, EndPause):
        return change.guard.pause_id
    return next((row.pause.pause_id for row in change.rows if isinstance(row, InsertPause)), None)
