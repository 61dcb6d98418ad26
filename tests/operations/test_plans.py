"""Plans: so many live pauses a month, on these channels; a test key uses none of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pausepoint.admin.commands import AdminError, execute
from pausepoint.domain.errors import ChannelNotAllowed, PlanLimitReached
from pausepoint.domain.mode import Mode
from pausepoint.domain.plans import UNLIMITED_PLAN, Plan
from pausepoint.domain.question import Question
from pausepoint.operations.create_pause import create_pause
from pausepoint.operations.idempotency import IdempotencyKey
from pausepoint.security.api_keys import hash_api_key
from tests.harness import ASKED, World, a_world, an_api, settings_of

pytestmark = pytest.mark.anyio

PLANS = "free=3:sms, starter=500:sms+email"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    settings = settings_of(tmp_path, PAUSEPOINT_PLANS=PLANS, PAUSEPOINT_DEFAULT_PLAN="free")
    async with a_world(tmp_path, settings) as world:
        yield world


async def ask(world: World, mode: Mode = Mode.LIVE, key: str | None = None, **changes: Any) -> str:
    """By the key that the account has now, with the plan that it has now."""
    held = world.alice.live_key if mode is Mode.LIVE else world.alice.test_key
    principal = await world.services.store.principal(hash_api_key(held))
    assert principal is not None
    question = Question(**(ASKED | {"options": ("Approve", "Reject")} | changes))
    idempotency = IdempotencyKey(key, "body") if key else None
    created = await create_pause(world.services, principal, question, 0, idempotency)
    return created.pause.pause_id


async def set_plan(world: World, plan: str) -> bool:
    answer = await execute(
        world.services, "accounts.set_plan", {"account": "alice@example.com", "plan": plan}
    )
    return bool(answer["changed"])


async def test_the_quota_is_used_up_and_another_plan_or_month_has_more(world: World) -> None:
    for _ in range(3):
        await ask(world)
    with pytest.raises(PlanLimitReached, match="free has 3 pauses a month"):
        await ask(world)
    assert await set_plan(world, "starter")
    assert not await set_plan(world, "starter")
    await ask(world)
    await set_plan(world, "free")
    with pytest.raises(PlanLimitReached):
        await ask(world)
    world.clock.advance(timedelta(days=31))
    await ask(world)


async def test_a_hundred_at_once_get_no_more_than_the_quota(world: World) -> None:
    results = await asyncio.gather(*(ask(world) for _ in range(100)), return_exceptions=True)
    assert sum(isinstance(result, str) for result in results) == 3
    assert sum(isinstance(result, PlanLimitReached) for result in results) == 97


async def test_a_replay_is_no_new_pause(world: World) -> None:
    first = [await ask(world, key=f"key {n}") for n in range(3)]
    assert [await ask(world, key=f"key {n}") for n in range(3)] == first


async def test_a_test_key_uses_no_quota_and_may_try_every_channel(world: World) -> None:
    for _ in range(5):
        await ask(world, Mode.TEST, recipient="you@example.com", channel="email")
    await ask(world)


async def test_a_channel_that_the_plan_has_not_is_refused_as_a_fallback_too(world: World) -> None:
    with pytest.raises(ChannelNotAllowed, match="free does not include email"):
        await ask(world, recipient="you@example.com", channel="email")
    async with an_api(world) as api:
        fallback = [{"recipient": "you@example.com", "channel": "email"}]
        refused = await api.post("/v1/pause", json=ASKED | {"fallback": fallback})
        assert (refused.status_code, refused.json()["error"]) == (403, "CHANNEL_NOT_ALLOWED")
        for _ in range(3):
            assert (await api.post("/v1/pause", json=ASKED)).status_code == 201
        refused = await api.post("/v1/pause", json=ASKED)
        assert (refused.status_code, refused.json()["error"]) == (402, "PLAN_LIMIT_REACHED")
        me = (await api.get("/v1/auth/me")).json()
        assert (me["plan"], me["usage"]) == ("free", {"pauses_this_month": 3})


async def test_a_plan_that_is_not_there_is_refused_aloud(world: World) -> None:
    with pytest.raises(AdminError, match=r"Must be one of: free, starter, unlimited\."):
        await set_plan(world, "gold")


async def test_an_account_whose_plan_the_operator_took_away_is_told(world: World) -> None:
    policy = replace(world.services.policy, plans={UNLIMITED_PLAN: Plan()})
    world.services = replace(world.services, policy=policy)
    with pytest.raises(ChannelNotAllowed, match="no plan called free"):
        await ask(world)
