"""A full outbox and nothing else to do: how fast mails and signed webhooks leave."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from bench.engines import Engine
from bench.figures import Figure, Row, at_least
from bench.http_sink import an_http_sink
from bench.plan import Plan
from bench.server import Place, Server, a_place
from bench.smtp_sink import Sink, a_sink
from pausepoint.config.settings import Command, load
from pausepoint.domain.account import Principal
from pausepoint.domain.events import WEBHOOK_EVENTS
from pausepoint.domain.question import Question
from pausepoint.lifecycle.bootstrap import open_service
from pausepoint.operations.cancel_pause import cancel_pause
from pausepoint.operations.create_pause import create_pause
from pausepoint.operations.manage_webhooks import create_webhook
from pausepoint.operations.services import Services
from pausepoint.security.api_keys import hash_api_key

MAILS: Final = 2_000
WEBHOOKS: Final = 5_000
AT_ONCE: Final = 32
LONGEST_SECONDS: Final = 120
OPTIONS: Final = ("Approve", "Reject")

Step: TypeAlias = Callable[[Services, Principal, int], Awaitable[object]]


def measure_drain(plan: Plan) -> None:
    for engine in plan.engines:
        with plan.on(engine, "drain"):
            mails = Figure.of([_mails(plan, engine) for _ in plan.rounds], "/s")
            plan.report.add(Row("mails of a full outbox", engine.name, mails, bar=at_least(1_000)))
            hooks = Figure.of([_webhooks(plan, engine) for _ in plan.rounds], "/s")
            plan.report.add(
                Row("signed webhooks of a full outbox", engine.name, hooks, bar=at_least(3_000))
            )


def _mails(plan: Plan, engine: Engine) -> float:
    count = plan.scaled(MAILS)

    async def ask(services: Services, principal: Principal, number: int) -> None:
        recipient = f"a{number}@example.com"
        question = Question(
            recipient=recipient, channel="email", message="Deploy?", options=OPTIONS
        )
        await create_pause(services, principal, question, 0, None)

    with a_sink() as sink, a_place(engine, **sink.settings) as place:
        asyncio.run(_fill(place, place.make_account().live, count, ask))
        return _drained_per_second(place, sink, count)


def _webhooks(plan: Plan, engine: Engine) -> float:
    count = plan.scaled(WEBHOOKS)

    async def cancel(services: Services, principal: Principal, number: int) -> None:
        if number == 0:
            url = f"http://127.0.0.1:{sink.port}/"
            await create_webhook(services, principal, url, WEBHOOK_EVENTS, "only-for-benchmarks")
        question = Question(
            recipient="+15550100199", channel="sms", message="Deploy?", options=OPTIONS
        )
        created = await create_pause(services, principal, question, 0, None)
        await cancel_pause(services, principal, created.pause.pause_id)

    with an_http_sink() as sink, a_place(engine, PAUSEPOINT_OUTBOUND_ALLOW="127.0.0.0/8") as place:
        asyncio.run(_fill(place, place.make_account().test, count, cancel))
        return _drained_per_second(place, sink, count)


async def _fill(place: Place, key: str, count: int, step: Step) -> None:
    """By the operations of the API, in a process without a worker."""
    running = await open_service(load(Command.SERVE, place.environment))
    try:
        services = running.services
        principal = await services.store.principal(hash_api_key(key))
        assert principal is not None
        await step(services, principal, 0)
        numbers = iter(range(1, count))

        async def some() -> None:
            for number in numbers:
                await step(services, principal, number)

        await asyncio.gather(*(some() for _ in range(AT_ONCE)))
    finally:
        await running.close()


def _drained_per_second(place: Place, sink: Sink, count: int) -> float:
    """From the first that arrives, so that the start of the process does not count."""
    with Server(place):
        while (first := sink.taken()) == 0:
            pass
        began = time.perf_counter()
        while (taken := sink.taken()) < count:
            if time.perf_counter() - began > LONGEST_SECONDS:
                raise RuntimeError(f"{taken} of {count} arrived in {LONGEST_SECONDS} s")
        return (count - first) / (time.perf_counter() - began)
