"""A steady day's work with faults in it: memory, descriptors and latency stay flat, nobody is forgotten.

.venv/bin/python -m tests.reliability.soak --minutes 30
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Any, Final

import click
import httpx2

sys.path.insert(0, str(Path(__file__).parents[1]))  # for `doubles`

from doubles.twilio import FakeTwilio
from tests.e2e.api import Api, eventually, token_of
from tests.e2e.receiver import Receiver
from tests.e2e.server import LIMITS_OFF, Server
from tests.e2e.vendors import sms_settings

EVENTS: Final = ["pause.responded", "pause.timed_out", "pause.cancelled"]
SAMPLE_SECONDS: Final = 5.0
DEADLINE_SECONDS: Final = 20
KILLS_AT: Final = (0.1, 0.2)
"""Which share of the time has passed: what comes after is one process's life."""

FLAT: Final = 1.25
"""How much more the last third may take than the third before it."""


@dataclass
class Sample:
    resident_kb: int
    descriptors: int
    latencies: list[float] = field(default_factory=list)


class Work(Thread):
    """Asks at a steady rate; of what was asked a part is answered, a part withdrawn, the rest left."""

    def __init__(self, server: Server, rate: float, chance: random.Random) -> None:
        super().__init__()
        self._server, self._rate, self._chance = server, rate, chance
        self.over = Event()
        self.made: list[str] = []
        self.latencies: list[float] = []
        self.problems: Counter[str] = Counter()

    def run(self) -> None:
        with Api(self._server.base_url, self._server.api_key) as api:
            while not self.over.wait(1 / self._rate):
                try:
                    self._ask(api)
                except httpx2.TransportError:
                    self.problems["no connection"] += 1
                except AssertionError as error:
                    self.problems[str(error)[:80]] += 1

    def _ask(self, api: Api) -> None:
        began = time.perf_counter()
        pause = api.create(timeout_hours=DEADLINE_SECONDS / 3600, timeout_default="Reject")
        self.latencies.append(time.perf_counter() - began)
        self.made.append(pause["pause_id"])
        act = self._chance.choices(["answer", "cancel", "leave"], [5, 1, 4])[0]
        if act == "answer":
            api.respond(token_of(pause["respond_url"]), "Approve")
        elif act == "cancel":
            api.cancel(pause["pause_id"])


@contextmanager
def a_server(folder: Path, twilio: FakeTwilio) -> Iterator[Server]:
    settings = {
        **sms_settings(twilio),
        **LIMITS_OFF,
        "PAUSEPOINT_REVEAL_RESPOND_URL": "on",
        "PAUSEPOINT_OUTBOUND_ALLOW": "127.0.0.0/8",
        "PAUSEPOINT_LOG_FORMAT": "json",
    }
    with Server(folder, **settings) as server:
        yield server


def sample(server: Server) -> Sample:
    status = Path(f"/proc/{server.pid}/status").read_text("ascii")
    resident = int(status.split("VmRSS:")[1].split()[0])
    return Sample(resident, len(list(Path(f"/proc/{server.pid}/fd").iterdir())))


@click.command()
@click.option("--minutes", default=30.0, show_default=True)
@click.option("--rate", default=20.0, show_default=True, help="Questions a second.")
@click.option("--seed", default=None, type=int, help="For every choice by chance.")
def main(minutes: float, rate: float, seed: int | None) -> None:
    """Runs, prints what it saw, and fails where something grew or was forgotten."""
    seed = random.randrange(2**32) if seed is None else seed
    click.echo(f"seed {seed}, {minutes:g} minutes, {rate:g} questions a second")
    chance = random.Random(seed)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pausepoint-soak-")))
        twilio, receiver = stack.enter_context(FakeTwilio()), stack.enter_context(Receiver())
        server = stack.enter_context(a_server(folder, twilio))
        with Api(server.base_url, server.api_key) as api:
            api.add_webhook(receiver.url, "0123456789abcdef", EVENTS)
        work = Work(server, rate, chance)
        work.start()
        samples = _live(server, twilio, work, minutes * 60, chance)
        work.over.set()
        work.join()
        twilio.mode = "normal"
        _check_flat(samples)
        _check_nobody_is_forgotten(server, receiver, work)


def _live(
    server: Server, twilio: FakeTwilio, work: Work, seconds: float, chance: random.Random
) -> list[Sample]:
    began, kills, samples = time.monotonic(), list(KILLS_AT), list[Sample]()
    while (passed := time.monotonic() - began) < seconds:
        if kills and passed > kills[0] * seconds:
            kills.pop(0)
            server.kill()
            server.start()
            samples.clear()
        twilio.mode = chance.choices(["normal", "broken", "rate_limited", "garbage"], [7, 1, 1, 1])[
            0
        ]
        work.over.wait(SAMPLE_SECONDS)
        taken, work.latencies = work.latencies, []
        now = sample(server)
        now.latencies = taken
        samples.append(now)
        p99 = sorted(taken)[int(len(taken) * 0.99)] * 1000 if taken else 0
        click.echo(
            f"\r{passed / 60:5.1f} min  {now.resident_kb / 1024:6.1f} MB  {now.descriptors:4d} fds"
            f"  create p99 {p99:6.1f} ms  {len(work.made):7,d} asked  ",
            nl=False,
        )
    click.echo()
    return samples


def _check_flat(samples: list[Sample]) -> None:
    third = len(samples) // 3
    before, after = samples[third : 2 * third], samples[2 * third :]
    for what, value in (
        ("resident memory, MB", lambda s: s.resident_kb / 1024),
        ("descriptors", lambda s: s.descriptors),
        ("create, median ms", lambda s: statistics.median(s.latencies) * 1000),
    ):
        was, now = (
            statistics.median(value(s) for s in part if s.latencies) for part in (before, after)
        )
        click.echo(f"{what}: {was:.1f}, then {now:.1f}, × {now / was:.2f}")
        assert now <= was * FLAT + 2, f"{what} grew"


def _check_nobody_is_forgotten(server: Server, receiver: Receiver, work: Work) -> None:
    with Api(server.base_url, server.api_key) as api:
        ids = set(work.made)

        def told() -> dict[str, set[str]]:
            found: dict[str, set[str]] = {}
            for each in receiver.received:
                found.setdefault(each.json["pause_id"], set()).add(each.event_id)
            return found

        eventually(lambda: ids <= set(told()), within=180)
        twice = [pause for pause, events in told().items() if len(events) > 1]
        assert not twice, f"told of two ends: {twice[:3]}"
        pauses: dict[str, dict[str, Any]] = {p["pause_id"]: p for p in api.every("/v1/pause")}
        assert ids <= set(pauses), "an acknowledged question is gone"
        unasked = [p for p in pauses.values() if not p["delivery"]["attempts"]]
        ended = Counter(pause["status"] for pause in pauses.values())
    click.echo(f"{len(pauses):,} pauses: {dict(ended)}; all told of by one event each")
    click.echo(
        f"{len(unasked)} ended before their first attempt; troubles of the asker: {work.problems}"
    )
    late = [p for p in unasked if p["resolved_by"] == "timeout"]
    assert len(late) <= len(pauses) // 100, "questions timed out without an attempt"


if __name__ == "__main__":
    main()
