"""What every answer of the API has, whatever it says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pausepoint.web.endpoints import ENDPOINTS
from tests.harness import ASKED, World, a_world, an_api

pytestmark = pytest.mark.anyio

WEBHOOK = {
    "url": "https://example.com/hook",
    "events": ["pause.responded"],
    "secret": "a secret of length",
}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path) as made:
        yield made


@pytest.mark.parametrize(
    ("method", "path"),
    sorted({(each.method, each.path) for each in ENDPOINTS if each.streams is None}),
)
async def test_no_answer_may_be_kept_by_a_cache(world: World, method: str, path: str) -> None:
    async with an_api(world) as api:
        answer = await api.request(method, path)
    assert answer.headers["cache-control"] == "no-store"


async def test_successful_answers_may_not_be_kept_either(world: World) -> None:
    async with an_api(world) as api:
        created = await api.post("/v1/pause", json=ASKED)
        webhook = await api.post("/v1/webhooks", json=WEBHOOK)
        answers = [
            created,
            webhook,
            await api.get(f"/v1/pause/{created.json()['pause_id']}"),
            await api.get("/v1/audit"),
            await api.delete(f"/v1/webhooks/{webhook.json()['webhook_id']}"),
            await api.post("/mcp", json={"jsonrpc": "2.0", "id": 1, "method": "ping"}),
        ]
    assert [answer.status_code for answer in answers] == [201, 201, 200, 200, 204, 200]
    assert [answer.headers["cache-control"] for answer in answers] == ["no-store"] * 6
