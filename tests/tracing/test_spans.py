"""Spans: what they say of a request and of an attempt, whatever comes, and what they keep quiet."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import httpx2
import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanContext, TraceFlags, Tracer

from pausepoint.channels.base import ChannelError, Receipt, Reply
from pausepoint.domain.ids import parse_pause_id
from pausepoint.operations.deliver import deliver
from pausepoint.operations.services import Services
from pausepoint.tracing.attempts import TracedHttp, traced
from pausepoint.tracing.commits import Causes, traced_store
from pausepoint.tracing.requests import TracedApp
from pausepoint.web.app import create_app
from tests.harness import LEASE, World

pytestmark = pytest.mark.anyio

OTHERS_TRACE = 0x0AF7651916CD43DD8448EB211C80319C
SOUND = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Watched:
    """Alice's service with spans around it, and the spans that have ended."""

    def __init__(self, world: World) -> None:
        provider = TracerProvider(shutdown_on_exit=False)
        self._exporter = InMemorySpanExporter()
        provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.tracer: Tracer = provider.get_tracer("tests")
        self.causes = Causes(100)
        self.world = world
        self.services: Services = replace(
            world.services,
            store=traced_store(world.services.store, self.tracer, self.causes),
            http=TracedHttp(world.receiver),
        )

    @property
    def spans(self) -> list[ReadableSpan]:
        return list(self._exporter.get_finished_spans())

    def one(self, name: str) -> ReadableSpan:
        [span] = [span for span in self.spans if span.name == name]
        return span

    async def request(
        self,
        method: str,
        path: str,
        headers: dict[str, bytes] | None = None,
        services: Services | None = None,
    ) -> httpx2.Response:
        app = TracedApp(create_app(services or self.services, None), self.tracer)
        key = {"Authorization": f"Bearer {self.world.alice.live_key}".encode()}
        async with httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app), base_url="http://127.0.0.1:8000"
        ) as client:
            return await client.request(method, path, headers=key | (headers or {}))

    async def deliver_due(self) -> None:
        carry = traced(deliver, self.tracer, self.causes)
        for delivery in await self.services.store.claim_deliveries(100, LEASE):
            await carry(self.services, delivery)


@pytest.fixture
def watched(world: World) -> Watched:
    return Watched(world)


def said(span: ReadableSpan) -> str:
    """Everything in it, as it would leave."""
    return str(span.to_json())


# ── Requests ──


@pytest.mark.parametrize(
    "traceparent",
    [
        b"",
        b"nonsense",
        b"\xff\xfe\x00",
        b"00-" + b"0" * 32 + b"-b7ad6b7169203331-01",
        b"ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        SOUND.upper().encode(),
        SOUND.encode() + b"-more",
        b"a" * 60_000,
    ],
)
async def test_a_traceparent_that_is_none_begins_a_trace(
    watched: Watched, traceparent: bytes
) -> None:
    answer = await watched.request("GET", "/v1/pause", {"traceparent": traceparent})

    span = watched.one("GET /v1/pause")
    assert answer.status_code == 200
    assert span.parent is None
    assert span.context is not None
    assert span.context.trace_id != OTHERS_TRACE


@pytest.mark.parametrize("tracestate", [b"", b"\xff=\xff", b"a" * 5_000, b"a=1," * 200])
async def test_a_tracestate_that_is_none_does_not_matter(
    watched: Watched, tracestate: bytes
) -> None:
    headers = {"traceparent": SOUND.encode(), "tracestate": tracestate}
    assert (await watched.request("GET", "/v1/pause", headers)).status_code == 200

    span = watched.one("GET /v1/pause")
    assert span.context is not None
    assert span.context.trace_id == OTHERS_TRACE


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("GET", "/v1/secret-path", "GET"),
        ("GET", "/respond/secret-path", "GET /respond/{token}"),
        ("GET", "/v1/pause/secret-path", "GET /v1/pause/{pause_id}"),
        ("BREW", "/v1/pause?secret-path", "_OTHER /v1/pause"),
    ],
)
async def test_the_path_is_nowhere_in_a_span(
    watched: Watched, method: str, path: str, name: str
) -> None:
    answer = await watched.request(method, path)

    span = watched.one(name)
    assert answer.status_code in (404, 405)
    assert span.status.is_unset
    assert "secret-path" not in said(span)


async def test_a_pause_is_named_in_its_one_form(watched: Watched) -> None:
    pause = await watched.world.ask()
    await watched.request("GET", f"/v1/pause/{pause.pause_id.removeprefix('psr_').upper()}")

    attributes = watched.one("GET /v1/pause/{pause_id}").attributes
    assert attributes is not None
    assert attributes["pausepoint.pause_id"] == parse_pause_id(pause.pause_id)


async def test_a_crash_fails_the_span_and_keeps_its_words_to_itself(
    watched: Watched, capsys: pytest.CaptureFixture[str]
) -> None:
    async def crash() -> None:
        raise ZeroDivisionError("Wire it to Meridian?")

    broken = replace(watched.services, readiness=crash)
    answer = await watched.request("GET", "/health/ready", services=broken)
    capsys.readouterr()

    span = watched.one("GET /health/ready")
    assert answer.status_code == 500
    assert not span.status.is_ok
    assert not span.status.is_unset
    assert span.attributes is not None
    assert span.attributes["error.type"] == "500"
    assert "Meridian" not in said(span)


# ── Attempts ──


async def test_every_attempt_leads_back_to_the_request(watched: Watched) -> None:
    watched.world.vendor.outcomes = [
        ChannelError("30001", "The queue is full.", is_permanent=False)
    ]
    with watched.tracer.start_as_current_span("request") as request:
        pause = await replace(watched.world, services=watched.services).ask()
    await watched.deliver_due()
    watched.world.clock.advance(timedelta(seconds=2))
    await watched.deliver_due()

    first, second = [span for span in watched.spans if span.name == "deliver sms"]
    for number, span in enumerate((first, second), 1):
        assert span.parent is None
        assert [link.context for link in span.links] == [request.get_span_context()]
        assert span.attributes is not None
        assert span.attributes["pausepoint.attempt"] == number
        assert span.attributes["pausepoint.pause_id"] == pause.pause_id
        assert "Wire it?" not in said(span)
        assert "+1555" not in said(span)
    assert first.attributes is not None
    assert first.attributes["error.type"] == "30001"
    assert not first.status.is_unset
    assert second.status.is_unset


async def test_a_delivery_whose_cause_is_not_known_is_traced_without(watched: Watched) -> None:
    await watched.world.ask()
    await watched.deliver_due()

    assert watched.one("deliver sms").links == ()


async def test_an_attempt_that_breaks_off_fails_its_span(watched: Watched) -> None:
    async def broken(services: Services, delivery: object) -> None:
        raise ZeroDivisionError("Wire it to Meridian?")

    await watched.world.ask()
    [claimed] = await watched.services.store.claim_deliveries(1, LEASE)
    with pytest.raises(ZeroDivisionError):
        await traced(broken, watched.tracer, watched.causes)(watched.services, claimed)

    span = watched.one("deliver sms")
    assert span.attributes is not None
    assert span.attributes["error.type"] == "ZeroDivisionError"
    assert "Meridian" not in said(span)


async def test_asking_a_vendor_is_no_attempt(watched: Watched) -> None:
    watched.world.vendor.outcomes = [Receipt("SM1", "queued", is_checkable=True)]
    await watched.world.ask()
    await watched.deliver_due()
    watched.world.clock.advance(timedelta(seconds=10))
    await watched.deliver_due()

    attributes = watched.one("check sms").attributes
    assert attributes is not None
    assert "pausepoint.outcome" not in attributes


async def test_only_webhooks_are_given_the_trace(watched: Watched) -> None:
    with watched.tracer.start_as_current_span("attempt"):
        reply = await watched.services.http.request(
            "POST", "https://example.com/hook", headers={"webhook-id": "dlv_1"}
        )

    [(_, headers, _)] = watched.world.receiver.got
    assert reply == Reply(200, {}, b"")
    assert set(headers) == {"webhook-id", "traceparent"}


def test_the_oldest_causes_are_forgotten() -> None:
    causes = Causes(2)
    for number in range(1, 4):
        causes.remember(f"dlv_{number}", SpanContext(number, number, False, TraceFlags(1)))

    assert [causes.of(f"dlv_{number}") is None for number in range(1, 4)] == [True, False, False]
