"""A server span for each request, under the caller's if it sent a `traceparent`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from opentelemetry.propagators.textmap import Getter
from opentelemetry.semconv.attributes.http_attributes import (
    HTTP_REQUEST_METHOD,
    HTTP_RESPONSE_STATUS_CODE,
    HTTP_ROUTE,
)
from opentelemetry.semconv.attributes.network_attributes import NETWORK_PROTOCOL_VERSION
from opentelemetry.semconv.attributes.url_attributes import URL_SCHEME
from opentelemetry.trace import Span, SpanKind, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pausepoint.domain.ids import parse_pause_id
from pausepoint.observability import logs
from pausepoint.tracing.spans import PAUSE_ID, REQUEST_ID, log_trace_id, mark_failed
from pausepoint.web.middleware import ROUTE

_NO_ROUTE: Final = "(none)"
_METHODS: Final = frozenset(
    ("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH")
)
"""Those that the semantic conventions know; any other is called `_OTHER`."""

_Headers = Iterable[tuple[bytes, bytes]]


class _HeaderGetter(Getter[_Headers]):
    def get(self, carrier: _Headers, key: str) -> list[str] | None:
        name = key.encode("latin-1")
        return [value.decode("latin-1") for sent, value in carrier if sent == name] or None

    def keys(self, carrier: _Headers) -> list[str]:
        return [name.decode("latin-1") for name, _ in carrier]


_getter: Final = _HeaderGetter()
_propagator: Final = TraceContextTextMapPropagator()


class TracedApp:
    """Around the whole application. The path, which can hold a person's link, stays out of it."""

    def __init__(self, app: ASGIApp, tracer: Tracer) -> None:
        self._app = app
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method = scope["method"] if scope["method"] in _METHODS else "_OTHER"
        status = 0

        async def send_and_look(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with self._tracer.start_as_current_span(
            method,
            context=_propagator.extract(scope["headers"], getter=_getter),
            kind=SpanKind.SERVER,
            attributes={
                HTTP_REQUEST_METHOD: method,
                URL_SCHEME: scope["scheme"],
                NETWORK_PROTOCOL_VERSION: scope["http_version"],
            },
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            log_trace_id(span)
            try:
                await self._app(scope, receive, send_and_look)
            except Exception as error:
                mark_failed(span, type(error).__qualname__)
                raise
            finally:
                _complete(span, scope, method, status)


def _complete(span: Span, scope: Scope, method: str, status: int) -> None:
    route = scope.get(ROUTE, _NO_ROUTE)
    if route != _NO_ROUTE:
        span.update_name(f"{method} {route}")
        span.set_attribute(HTTP_ROUTE, route)
    if status:
        span.set_attribute(HTTP_RESPONSE_STATUS_CODE, status)
    if status >= 500:
        mark_failed(span, str(status))
    if request_id := logs.request_id.get():
        span.set_attribute(REQUEST_ID, request_id)
    # What stands in the path may be anything: only what has a pause id's form is taken for one.
    if pause_id := parse_pause_id(scope.get("path_params", {}).get("pause_id", "")):
        span.set_attribute(PAUSE_ID, pause_id)
