"""A burst from many addresses at the same moment: each limit holds, and whoever keeps to it comes in."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from pausepoint.operations.respond_to_pause import response_token
from tests.harness import World
from tests.web.api.test_limits import KEY_LIMIT, WRONG_KEY, Callers, limited

pytestmark = pytest.mark.anyio

ADDRESSES = [f"198.51.{number // 250}.{number % 250}" for number in range(600)]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """With the usual limits on."""
    async with limited(tmp_path) as made:
        yield made


async def counted(requests: list[asyncio.Task[httpx2.Response]]) -> Counter[int]:
    return Counter(answer.status_code for answer in await asyncio.gather(*requests))


async def test_one_key_from_six_hundred_addresses_has_one_budget(world: World) -> None:
    callers = Callers(world)
    burst = [
        asyncio.ensure_future(callers.alice(address).get("/v1/auth/me")) for address in ADDRESSES
    ]
    assert await counted(burst) == {200: KEY_LIMIT, 429: len(ADDRESSES) - KEY_LIMIT}


async def test_strangers_from_everywhere_use_up_nobodys_budget(world: World) -> None:
    """Each address may try keys that are none; the owner of a good one does not notice."""
    callers = Callers(world)
    burst = [
        asyncio.ensure_future(callers.at(address, f"pp_live_{number:048x}").get("/v1/pause"))
        for number, address in enumerate(ADDRESSES)
    ]
    assert set(await counted(burst)) <= {401, 429}
    assert (await callers.alice(ADDRESSES[0]).get("/v1/auth/me")).status_code == 200


async def test_a_key_is_guessed_no_faster_from_many_addresses(world: World) -> None:
    callers = Callers(world)
    burst = [
        asyncio.ensure_future(callers.at(address, WRONG_KEY).get("/v1/pause"))
        for address in ADDRESSES
    ]
    told = await counted(burst)
    assert set(told) == {401, 429}
    assert told[401] < len(ADDRESSES) // 4


async def test_one_question_takes_few_answers_from_however_many_addresses(world: World) -> None:
    callers = Callers(world)
    pause = await world.ask()
    path = f"/v1/respond/{response_token(world.services, pause)}"
    burst = [
        asyncio.ensure_future(callers.at(address).post(path, json={"choice": "Perhaps"}))
        for address in ADDRESSES
    ]
    assert await counted(burst) == {400: 10, 429: len(ADDRESSES) - 10}
    assert not (await world.pause(pause.pause_id)).status.is_final
