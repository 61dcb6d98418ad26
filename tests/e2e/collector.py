"""A collector of traces: takes OTLP by HTTP, as protobuf, and keeps what it was told."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from doubles.server import Served, until_gone

SERVER: Final = Span.SPAN_KIND_SERVER


@dataclass(frozen=True)
class Told:
    """One span as it came. Ids are hexadecimal; `links` are the (trace, span) that it names."""

    name: str
    kind: int
    trace_id: str
    span_id: str
    parent_id: str
    is_failed: bool
    attributes: dict[str, Any]
    links: list[tuple[str, str]]
    resource: dict[str, Any]

    @property
    def where(self) -> tuple[str, str]:
        return (self.trace_id, self.span_id)


class Collector(Served):
    """Served at `base_url`, as OTEL_EXPORTER_OTLP_ENDPOINT wants it."""

    def __init__(self, *, answers: bool = True) -> None:
        self.bodies: list[bytes] = []
        self.asked = threading.Event()
        take = self._take if answers else self._hold
        super().__init__(Starlette(routes=[Route("/v1/traces", take, methods=["POST"])]))

    @property
    def spans(self) -> list[Told]:
        return [span for body in self.bodies for span in _spans(body)]

    def named(self, name: str) -> list[Told]:
        return [span for span in self.spans if span.name == name]

    def one(self, name: str) -> Told:
        [span] = self.named(name)
        return span

    async def _take(self, request: Request) -> Response:
        assert request.headers["content-type"] == "application/x-protobuf"
        body = await request.body()
        if request.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        self.bodies.append(body)
        return Response(ExportTraceServiceResponse().SerializeToString())

    async def _hold(self, request: Request) -> Response:
        self.asked.set()
        await until_gone(request)
        return Response()


def _spans(body: bytes) -> Iterator[Told]:
    for of_resource in ExportTraceServiceRequest.FromString(body).resource_spans:
        resource = _values(of_resource.resource.attributes)
        for of_scope in of_resource.scope_spans:
            for span in of_scope.spans:
                yield Told(
                    name=span.name,
                    kind=span.kind,
                    trace_id=span.trace_id.hex(),
                    span_id=span.span_id.hex(),
                    parent_id=span.parent_span_id.hex(),
                    is_failed=span.status.code == Status.STATUS_CODE_ERROR,
                    attributes=_values(span.attributes),
                    links=[(link.trace_id.hex(), link.span_id.hex()) for link in span.links],
                    resource=resource,
                )


def _values(pairs: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    pair: KeyValue
    for pair in pairs:
        kind = pair.value.WhichOneof("value")
        found[pair.key] = getattr(pair.value, kind) if kind else None
    return found
