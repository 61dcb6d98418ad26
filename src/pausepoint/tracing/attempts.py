"""A span for each attempt to deliver, linked to what caused the delivery; and the webhooks' header."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from opentelemetry.context import Context
from opentelemetry.trace import Link, SpanKind, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from pausepoint.channels.base import HttpClient, Reply
from pausepoint.domain.delivery import Delivery, DeliveryState, Outcome
from pausepoint.operations.attempt_result import AttemptResult
from pausepoint.operations.services import Services
from pausepoint.tracing.commits import Causes
from pausepoint.tracing.spans import (
    ATTEMPT,
    DELIVERY_ID,
    OUTCOME,
    PAUSE_ID,
    TARGET,
    log_trace_id,
    mark_failed,
)
from pausepoint.worker.deliveries import Deliver

_TROUBLE: Final = (Outcome.RETRYING, Outcome.FAILED)
_propagator: Final = TraceContextTextMapPropagator()


def traced(deliver: Deliver, tracer: Tracer, causes: Causes) -> Deliver:
    """Trace each attempt on its own: it may run hours after its cause, and many times."""

    async def traced_deliver(services: Services, delivery: Delivery) -> AttemptResult | None:
        verb = "check" if delivery.state is DeliveryState.SENT else "deliver"
        cause = causes.of(delivery.delivery_id)
        with tracer.start_as_current_span(
            f"{verb} {delivery.via}",
            context=Context(),
            kind=SpanKind.CLIENT,
            links=[Link(cause)] if cause else [],
            attributes={
                PAUSE_ID: delivery.pause_id,
                DELIVERY_ID: delivery.delivery_id,
                TARGET: delivery.via,
                ATTEMPT: delivery.attempt,
            },
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            log_trace_id(span)
            try:
                attempt_result = await deliver(services, delivery)
            except Exception as error:
                mark_failed(span, type(error).__qualname__)
                raise
            if attempt_result is not None:
                span.set_attribute(OUTCOME, attempt_result.outcome.value)
                if attempt_result.outcome in _TROUBLE:
                    mark_failed(span, attempt_result.code or attempt_result.outcome.value)
            return attempt_result

    return traced_deliver


class TracedHttp:
    """For webhooks: the receiver can go on with the attempt's trace. Nothing else is passed on."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes = b"",
        timeout: timedelta = timedelta(seconds=15),
    ) -> Reply:
        carrier: dict[str, str] = {}
        _propagator.inject(carrier)
        return await self._http.request(
            method, url, headers={**headers, **carrier}, body=body, timeout=timeout
        )
