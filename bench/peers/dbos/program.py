"""Runs in DBOS' own environment: `program.py DATABASE_URL creates|resumed|lateness NUMBER`.

Prints a JSON list: one figure a second, or milliseconds, or seconds.
"""

# ruff: noqa: TID251 - a program of its own, which knows nothing of PausePoint
from __future__ import annotations

import asyncio
import json
import os
import sys
import time

from dbos import DBOS, DBOSConfig, SetWorkflowID

CLIENTS = 64
ANSWERS = 40
PACE = 0.1
STARTS = 25
"""How many workflows a second it can surely start: so long before it their deadline is set."""

HOUR = 3600.0

told_at: dict[str, float] = {}


@DBOS.workflow()
async def ask(name: str, due_at: float) -> str | None:
    answer: str | None = await DBOS.recv_async("answer", timeout_seconds=due_at - time.time())
    told_at[name] = time.time()
    return answer


async def start(name: str, due_at: float) -> None:
    with SetWorkflowID(name):
        await DBOS.start_workflow_async(ask, name, due_at)


async def creates(seconds: float) -> list[float]:
    until = time.perf_counter() + seconds

    async def client(number: int) -> int:
        done = 0
        while time.perf_counter() < until:
            await start(f"{number}-{done}", time.time() + HOUR)
            done += 1
        return done

    began = time.perf_counter()
    done = sum(await asyncio.gather(*(client(number) for number in range(CLIENTS))))
    return [done / (time.perf_counter() - began)]


async def resumed_ms(waiting: int) -> list[float]:
    names = [f"w{number}" for number in range(waiting)]
    for name in names:
        await start(name, time.time() + HOUR)
    await asyncio.sleep(3)  # until all of them wait
    sent, began = [], time.perf_counter()
    for number, name in enumerate(names[:ANSWERS]):
        await asyncio.sleep(max(0.0, began + number * PACE - time.perf_counter()))
        sent.append(time.time())
        await DBOS.send_async(name, "Approve", topic="answer")
    await everybody_told(names[:ANSWERS])
    return [(told_at[name] - at) * 1000 for name, at in zip(names, sent, strict=False)]


async def lateness_s(together: int) -> list[float]:
    names = [f"t{number}" for number in range(together)]
    due_at = time.time() + max(5.0, together / STARTS)
    limit = asyncio.Semaphore(CLIENTS)

    async def one(name: str) -> None:
        async with limit:
            await start(name, due_at)

    await asyncio.gather(*(one(name) for name in names))
    assert time.time() < due_at, "the workflows were started after their deadline"
    await everybody_told(names)
    return [told_at[name] - due_at for name in names]


async def everybody_told(names: list[str]) -> None:
    until = time.monotonic() + 120
    while any(name not in told_at for name in names):
        assert time.monotonic() < until, "some were never told"
        await asyncio.sleep(0.05)


async def main(what: str, number: float) -> list[float]:
    if what == "creates":
        return await creates(number)
    return await (resumed_ms if what == "resumed" else lateness_s)(int(number))


if __name__ == "__main__":
    config: DBOSConfig = {
        "name": "bench",
        "system_database_url": sys.argv[1],
        "log_level": "ERROR",
    }
    DBOS(config=config)
    DBOS.launch()
    print(json.dumps(asyncio.run(main(sys.argv[2], float(sys.argv[3])))), flush=True)
    os._exit(0)  # thousands of workflows still wait: nobody waits for them
