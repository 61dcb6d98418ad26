"""What Prometheus sees."""

from __future__ import annotations

import asyncio
import math
import re
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from pausepoint.channels.base import ChannelError, InboundStatus, StatusReport
from pausepoint.domain.delivery import DeliveryState
from pausepoint.domain.errors import AlreadyCancelled
from pausepoint.lifecycle.bootstrap import open_service
from pausepoint.observability.metrics import Metrics
from pausepoint.operations.cancel_pause import cancel_pause
from pausepoint.operations.deliver import deliver
from pausepoint.operations.record_callback import record_callback
from pausepoint.operations.register_developer import register_developer
from pausepoint.operations.respond_to_pause import respond_to_pause, respond_url
from pausepoint.operations.services import Services
from pausepoint.operations.time_out_pauses import settled_pause
from pausepoint.store.sqlite.store import SqliteStore
from pausepoint.testing import FakeClock
from pausepoint.web.app import create_app
from tests.docs.pages import ROOT
from tests.harness import LEASE, SECRET, World, settings_of

pytestmark = pytest.mark.anyio

PAGE = ROOT / "docs" / "how-to" / "metrics.md"


@dataclass
class Counts:
    """Implements `Observer`: what it was told, in order."""

    attempts: list[tuple[str, str]] = field(default_factory=list)
    endings: list[str] = field(default_factory=list)

    def request_ended(self, method: str, route: str, status: int, seconds: float) -> None:
        pass

    def batch_committed(self, changes: int, seconds: float) -> None:
        pass

    def attempt_ended(self, target: str, outcome: str) -> None:
        self.attempts.append((target, outcome))

    def pause_ended(self, status: str) -> None:
        self.endings.append(status)


@pytest.fixture
def counts() -> Counts:
    return Counts()


@pytest.fixture
def services(world: World, counts: Counts) -> Services:
    world.services = replace(world.services, observer=counts)
    return world.services


def free_port() -> int:
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


async def scraped(port: int) -> list[Metric]:
    async with httpx2.AsyncClient() as client:
        text = (await client.get(f"http://127.0.0.1:{port}/metrics")).text
    return list(text_string_to_metric_families(text))


def figures(families: list[Metric]) -> dict[str, float]:
    """Each sample's value, by its name and labels."""
    return {
        s.name + "".join(f" {key}={value}" for key, value in sorted(s.labels.items())): s.value
        for family in families
        for s in family.samples
    }


@contextmanager
def served(metrics: Metrics) -> Iterator[int]:
    port = free_port()
    stop = metrics.serve("127.0.0.1", port)
    try:
        yield port
    finally:
        stop()


async def test_the_figures_of_a_cycle_are_told(tmp_path: Path) -> None:
    port = free_port()
    settings = settings_of(tmp_path, PAUSEPOINT_METRICS_ADDRESS=f"127.0.0.1:{port}")
    running = await open_service(settings)
    running.start_work()
    account = await register_developer(running.services, "a@example.com", "Acme")
    app = create_app(running.services, running.inbox)
    headers = {"Authorization": f"Bearer {account.test_key}"}
    question = {
        "recipient": "+15550100199", "channel": "sms", "message": "Go?", "options": ["Yes", "No"],
    }  # fmt: skip
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://127.0.0.1", headers=headers
    ) as api:
        pause = (await api.post("/v1/pause", json=question)).json()
        assert running.inbox is not None
        await asyncio.wait_for(running.inbox.wait_for_news(0), 10)
        waiter = running.store.watch(pause["pause_id"])
        await api.delete(f"/v1/pause/{pause['pause_id']}")
        await asyncio.wait_for(waiter.wait(), 10)
        waiter.close()
    families = await scraped(port)
    await running.close()

    told = figures(families)
    assert told["pausepoint_requests_total method=POST route=/v1/pause status=201"] == 1
    assert told["pausepoint_request_seconds_count route=/v1/pause"] == 1
    assert told["pausepoint_pauses_ended_total status=cancelled"] == 1
    assert told["pausepoint_commit_changes_count"] >= 3
    assert told["pausepoint_commit_changes_count"] == told["pausepoint_commit_seconds_count"]
    assert told["pausepoint_commit_seconds_sum"] > 0
    assert told["pausepoint_database_up"] == 1
    assert told["process_resident_memory_bytes"] > 1_000_000
    assert told["process_open_fds"] > 3
    assert not any(pause["pause_id"] in name for name in told)


async def test_the_page_lists_every_metric_and_no_other() -> None:
    with served(Metrics()) as port:
        families = await scraped(port)

    listed = dict(re.findall(r"(?m)^\| `(\w+)` \| (\w+) \|", PAGE.read_text("utf-8")))
    exported = {
        f"{each.name}_total" if each.type == "counter" else each.name: each.type
        for each in families
    }
    assert listed == exported


async def test_names_follow_the_conventions() -> None:
    """One prefix but for what every program tells, base units, and a sentence of help."""
    with served(Metrics()) as port:
        families = await scraped(port)

    for family in families:
        assert re.fullmatch(r"(pausepoint|process|python)_[a-z_]+", family.name)
        assert not re.search(r"_(ms|milliseconds|minutes|kb|kilobytes|percent)$", family.name)
        assert family.documentation.endswith(".") or family.name == "python_info"


async def test_a_database_that_is_away_is_told(tmp_path: Path) -> None:
    store, clock = await SqliteStore.open(tmp_path / "test.db", [SECRET], FakeClock()), FakeClock()
    metrics = Metrics()
    with served(metrics) as port:
        await metrics.look(store, clock, 7)
        before = figures(await scraped(port))
        await store.close()
        await metrics.look(store, clock, 7)
        after = figures(await scraped(port))

    assert (before["pausepoint_database_up"], after["pausepoint_database_up"]) == (1, 0)
    assert before["pausepoint_outbox_lag_seconds"] == 0
    assert math.isnan(after["pausepoint_outbox_lag_seconds"])
    assert after["pausepoint_waiting_agents"] == 7


async def test_lags_say_how_late_things_are(world: World) -> None:
    await world.ask(timeout_hours=1)
    world.clock.advance(timedelta(hours=1, seconds=5))
    metrics = Metrics()
    with served(metrics) as port:
        await metrics.look(world.services.store, world.clock, 0)
        told = figures(await scraped(port))

    assert told["pausepoint_outbox_lag_seconds"] == 3605
    assert told["pausepoint_sweep_lag_seconds"] == 5


# ── What is counted ──


async def test_an_attempt_whose_record_lost_to_anothers_is_not_counted(
    world: World, services: Services, counts: Counts
) -> None:
    await world.ask()
    [claimed] = await services.store.claim_deliveries(10, LEASE)
    delivered = StatusReport(DeliveryState.DELIVERED)
    await record_callback(services, InboundStatus(claimed.delivery_id, "SM1", delivered))
    await deliver(services, claimed)

    assert counts.attempts == [("sms", "delivered")]


async def test_an_attempt_whose_worker_died_is_counted_when_it_is_found(
    world: World, services: Services, counts: Counts
) -> None:
    await world.ask()
    await services.store.claim_deliveries(10, LEASE)
    world.clock.advance(timedelta(milliseconds=LEASE))
    await world.deliver_due()

    assert counts.attempts == [("sms", "unknown"), ("sms", "sent")]


async def test_every_attempt_is_counted_once(
    world: World, services: Services, counts: Counts
) -> None:
    world.vendor.outcomes = [ChannelError("30001", "The queue is full.", is_permanent=False)]
    await world.ask()
    await world.deliver_due()
    world.clock.advance(timedelta(seconds=2))
    await world.deliver_due()

    assert counts.attempts == [("sms", "retrying"), ("sms", "sent")]


async def test_each_pause_ends_once_and_is_counted_once(
    world: World, services: Services, counts: Counts
) -> None:
    answered, cancelled = await world.ask(), await world.ask()
    overdue = await world.ask(timeout_hours=1)
    token = respond_url(services, answered).rpartition("/")[2]
    await respond_to_pause(services, token, "Approve", None)
    await cancel_pause(services, world.principal(), cancelled.pause_id)
    with pytest.raises(AlreadyCancelled):
        await cancel_pause(services, world.principal(), cancelled.pause_id)
    world.clock.advance(timedelta(hours=1))
    for _ in range(2):
        await settled_pause(services, overdue.pause_id)

    assert counts.endings == ["responded", "cancelled", "timed_out"]
