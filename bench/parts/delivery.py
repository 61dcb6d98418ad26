"""Creates with a live key: every pause sends a mail to a server on this machine."""

from __future__ import annotations

import time
from typing import Final

from bench.connection import QUESTION
from bench.engines import Engine
from bench.figures import Figure, Row
from bench.load import Load
from bench.plan import Plan
from bench.server import Server, a_place
from bench.smtp_sink import a_sink

CLIENTS: Final = 64
BY_MAIL: Final = {**QUESTION, "channel": "email", "recipient": "alice@example.com"}


def measure_delivery(plan: Plan) -> None:
    for engine in plan.engines:
        with plan.on(engine, "delivery"):
            _measure(plan, engine)


def _measure(plan: Plan, engine: Engine) -> None:
    creates: list[float] = []
    mails: list[float] = []
    for _ in plan.rounds:
        with a_sink() as sink, a_place(engine, **sink.settings) as place:
            keys = place.make_account()
            with Server(place) as server:
                load = Load(server.url + "/v1/pause", keys.live, BY_MAIL)
                began = time.perf_counter()
                creates.append(load.run(place.folder, CLIENTS, plan.seconds).per_second)
                mails.append(sink.taken() / (time.perf_counter() - began))
    name = f"creates while their mails leave, {CLIENTS} clients"
    plan.report.add(Row(name, engine.name, Figure.of(creates, "/s")))
    plan.report.add(Row("mails sent meanwhile", engine.name, Figure.of(mails, "/s")))
