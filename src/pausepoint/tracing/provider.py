"""Where spans go: OpenTelemetry's own SDK, set up by its own OTEL_ variables."""

from __future__ import annotations

import asyncio
import sys
import threading
import uuid
from typing import Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SpanExporter
from opentelemetry.semconv.attributes.service_attributes import (
    SERVICE_INSTANCE_ID,
    SERVICE_NAME,
    SERVICE_VERSION,
)
from starlette.types import ASGIApp

from pausepoint import __version__
from pausepoint.channels.base import HttpClient
from pausepoint.store.base import Store
from pausepoint.tracing.attempts import TracedHttp, traced
from pausepoint.tracing.commits import Causes, traced_store
from pausepoint.tracing.requests import TracedApp
from pausepoint.worker.deliveries import Deliver

CAUSES_KEPT: Final = 10_000


class Tracing:
    """`exporter` is otlp, console or none. Spans leave on a thread of the SDK's own.

    What the collector does not take in time is dropped: nothing here waits for it.
    """

    def __init__(self, exporter: str) -> None:
        # Without the SDK's own handler at exit: it would wait for a collector that is away.
        self._provider = TracerProvider(resource=_resource(), shutdown_on_exit=False)
        chosen = _exporter(exporter)
        if chosen is not None:
            self._provider.add_span_processor(BatchSpanProcessor(chosen))
        self._tracer = self._provider.get_tracer("pausepoint", __version__)
        self._causes = Causes(CAUSES_KEPT)

    def app(self, app: ASGIApp) -> ASGIApp:
        return TracedApp(app, self._tracer)

    def store(self, store: Store) -> Store:
        return traced_store(store, self._tracer, self._causes)

    def deliver(self, deliver: Deliver) -> Deliver:
        return traced(deliver, self._tracer, self._causes)

    def http(self, http: HttpClient) -> HttpClient:
        return TracedHttp(http)

    async def close(self, seconds: float) -> None:
        """Export the remaining spans, for at most `seconds`."""
        # A daemon, so that a collector that never answers cannot hold up the process's end.
        closing = threading.Thread(target=self._provider.shutdown, daemon=True)
        closing.start()
        await asyncio.to_thread(closing.join, seconds)


def _exporter(name: str) -> SpanExporter | None:
    match name:
        case "otlp":
            return OTLPSpanExporter()
        case "console":
            # Not on stdout, where `--json` speaks to programs; and one line each, as the log.
            return ConsoleSpanExporter(out=sys.stderr, formatter=_line)
        case _:
            return None


def _line(span: ReadableSpan) -> str:
    return f"{span.to_json(indent=None)}\n"


def _resource() -> Resource:
    """Build the resource; OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES override our values."""
    ours = Resource(
        {
            SERVICE_NAME: "pausepoint",
            SERVICE_VERSION: __version__,
            SERVICE_INSTANCE_ID: str(uuid.uuid4()),
        }
    )
    return Resource.create(ours.merge(OTELResourceDetector().detect()).attributes)
