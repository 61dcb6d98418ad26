"""What Prometheus sees."""

from __future__ import annotations

import asyncio
import socket
from contextlib import closing
from pathlib import Path

import httpx2
import pytest

from pausepoint.bootstrap import open_service
from pausepoint.operations.register_developer import register_developer
from pausepoint.web.app import create_app
from tests.harness import settings_of

pytestmark = pytest.mark.anyio


def free_port() -> int:
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


async def scraped(port: int) -> dict[str, float]:
    async with httpx2.AsyncClient() as client:
        text = (await client.get(f"http://127.0.0.1:{port}/metrics")).text
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


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
    figures = await scraped(port)
    await running.close()

    create = 'pausepoint_requests_total{method="POST",route="/v1/pause",status="201"}'
    assert figures[create] == 1
    assert figures["pausepoint_commit_changes_count"] >= 3
    assert figures["pausepoint_outbox_lag_seconds"] == 0
    assert not any(pause["pause_id"] in name for name in figures)
