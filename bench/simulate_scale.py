"""What fills up first at 10⁶, 10⁸ and 10⁹ pauses a day, reckoned from a bench run's measured costs.

A day is simulated second by second: pauses arrive in groups, more of them at noon than at night,
and each resource works them off as fast as it was measured to. What waits is its queue.

    python -m bench.simulate_scale --update-docs
"""

from __future__ import annotations

import argparse
import json
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Final, Self

from bench.figures import percentile, short
from bench.parts.creates import BARE, PGBENCH
from bench.report import put_into_page

PAGE = Path(__file__).parents[1] / "docs" / "explanation" / "scaling.md"
COMMAND: Final = "python -m bench.simulate_scale --update-docs"
VOLUMES: Final = (10**6, 10**8, 10**9)
SECONDS: Final = 86_400
STEP: Final = 10
"""Every so many seconds of the day are simulated as one stretch; within it, each second is."""


@dataclass(frozen=True)
class Assumptions:
    """What no benchmark can know. Each is one number, to be changed and run again."""

    peak: float = 3
    """How much busier than the mean the busiest moment of the day is."""

    group: int = 20
    """How many pauses come at the same instant, since agents work in groups."""

    agent_waits_s: float = 300
    """How long an agent holds its request until the answer, on average."""

    kept_days: int = 90
    primary_bytes: float = 4e12
    """How large one primary may grow: a backup must still be restored within hours."""

    log_bytes_per_second: float = 100e6
    """What a primary's disk and its replicas take as a steady stream."""

    agents_per_process: int = 20_000
    load: float = 0.7
    """Up to which share of its capacity a resource is used by plan."""

    delay_s: float = 0.1
    """How long 99 of 100 pauses may wait for a resource at the most."""


@dataclass(frozen=True)
class Costs:
    """Measured by `python -m bench`, for one engine on one machine."""

    engine: str
    cpu_s_a_pause: float
    """Of the web process, worker included: asked, delivered, answered, read."""

    pauses_per_second_a_primary: float
    log_bytes_a_pause: float
    bytes_a_pause: float
    kb_a_waiting_agent: float

    @classmethod
    def read(cls, document: dict[str, Any], engine: str) -> Self:
        """Raises KeyError with what the run has not measured."""
        limit = BARE if engine == "SQLite" else PGBENCH
        costs = document["costs"][engine]
        return cls(
            engine,
            costs["cpu_ms_a_pause"] / 1000,
            _median(document, limit, engine) / WRITES_A_CREATE,
            costs["wal_bytes_a_pause"],
            costs["bytes_a_pause"],
            _median(document, "memory a waiting agent, 10,000", engine),
        )


WRITES_A_CREATE: Final = 2.5
"""Rows a whole pause writes (10: its own with two changes, its content, three audit entries, a
delivery with two changes) for each that the measured create with a test key writes (4)."""


@dataclass(frozen=True)
class Resource:
    """`capacity` is pauses a second that one unit of it carries."""

    name: str
    capacity: float

    def share(self, per_second: float, units: int = 1) -> float:
        return per_second / (self.capacity * units)


def resources(costs: Costs, given: Assumptions) -> tuple[Resource, ...]:
    """What there is one of at first: a process, and a primary with its writes, log, disk."""
    kept = given.primary_bytes / (costs.bytes_a_pause * given.kept_days * SECONDS)
    return (
        Resource("processor of one process", 1 / costs.cpu_s_a_pause),
        Resource("requests held by one process", given.agents_per_process / given.agent_waits_s),
        Resource("writes of one primary", costs.pauses_per_second_a_primary),
        Resource("log of one primary", given.log_bytes_per_second / costs.log_bytes_a_pause),
        # The disk fills by the mean, not by the peak.
        Resource("disk of one primary", kept * given.peak),
    )


def arrivals(per_day: float, given: Assumptions, seed: int = 1) -> list[int]:
    """Pauses in each simulated second: one second of every stretch of the day."""
    chance, mean = random.Random(seed), per_day / SECONDS
    swing = given.peak - 1
    found = []
    for second in range(0, SECONDS, STEP):
        height = 1 - math.cos(2 * math.pi * second / SECONDS)  # 0 at night, 2 at noon
        # Raised to a power, so that its mean over the day is 1 whatever the peak.
        expected = mean * _shaped(height / 2, swing)
        groups = _poisson(chance, expected / given.group)
        found.append(groups * given.group)
    return found


def delays(arriving: Sequence[int], capacity: float) -> list[float]:
    """Seconds that the last pause of each simulated second waits for the resource."""
    queue, found = 0.0, []
    for number in arriving:
        queue += number
        found.append(queue / capacity)
        queue = max(0.0, queue - capacity)
    return found


def units_needed(resource: Resource, arriving: Sequence[int], given: Assumptions) -> tuple[int, float]:
    """The fewest that keep both the planned load and the delay; and 99 of 100 pauses' delay then."""
    busiest = max(_smoothed(arriving))
    first = max(1, math.ceil(resource.share(busiest) / given.load))
    for units in count(first):
        capacity = resource.capacity * units
        # A second's pauses come spread over it, so only what waits past it is a delay.
        late = [max(0.0, delay - 1) + min(given.group, n) / capacity
                for n, delay in zip(arriving, delays(arriving, capacity), strict=True)]
        p99 = percentile(late, 0.99)
        if p99 <= given.delay_s:
            return units, p99
    raise AssertionError("unreachable")


def tables(costs: Costs, given: Assumptions) -> str:
    first = [("pauses a day", "mean", "busiest", *(f"{r.name}" for r in resources(costs, given)), "first to be full")]
    second = [("pauses a day", "processes", "primaries", "why so many", "99 of 100 wait at most",
               "log", f"disk, {given.kept_days} days", "waiting agents", "their memory")]
    for volume in VOLUMES:
        arriving = arrivals(volume, given)
        busiest = max(_smoothed(arriving))
        shares = {each.name: each.share(busiest) for each in resources(costs, given)}
        fullest = max(shares, key=lambda name: shares[name])
        verdict = fullest if shares[fullest] > given.load else f"none ({fullest} is next)"
        first.append((f"{volume:,}", f"{short(volume / SECONDS)}/s", f"{short(busiest)}/s",
                      *(_percent(share) for share in shares.values()), verdict))
        second.append(_needs(volume, arriving, busiest, costs, given))
    return "\n\n".join((_markdown(first), _markdown(second)))


def _needs(
    volume: int, arriving: Sequence[int], busiest: float, costs: Costs, given: Assumptions
) -> tuple[str, ...]:
    needed = {each: units_needed(each, arriving, given) for each in resources(costs, given)}
    processes = [each for each in needed if each.name.endswith("process")]
    primaries = [each for each in needed if each.name.endswith("primary")]
    most = max(primaries, key=lambda each: needed[each][0])
    agents = busiest * given.agent_waits_s
    return (
        f"{volume:,}",
        f"{max(needed[each][0] for each in processes):,}",
        f"{needed[most][0]:,}",
        most.name.removesuffix(" of one primary"),
        f"{short(1000 * max(delay for _, delay in needed.values()))} ms",
        f"{short(busiest * costs.log_bytes_a_pause / 1e6)} MB/s",
        f"{short(volume * given.kept_days * costs.bytes_a_pause / 1e9)} GB",
        f"{agents:,.0f}",
        f"{short(agents * costs.kb_a_waiting_agent / 1e6)} GB",
    )


def _shaped(height: float, swing: float) -> float:
    """A day's curve with mean 1 and its highest point at 1 + swing, for a height of 0 to 1."""
    # The mean of cos-shaped heights to the power n falls with n; n is found once by halving.
    power = _power(1 + swing)
    return (1 + swing) * height**power


_POWERS: dict[float, float] = {}


def _power(peak: float) -> float:
    """The n for which the mean over a day of ((1 - cos) / 2)ⁿ is 1 / peak."""
    if peak not in _POWERS:
        low, high = 0.0, 1000.0
        angles = [2 * math.pi * i / 1000 for i in range(1000)]
        for _ in range(60):
            middle = (low + high) / 2
            mean = sum(((1 - math.cos(angle)) / 2) ** middle for angle in angles) / len(angles)
            low, high = (middle, high) if mean > 1 / peak else (low, middle)
        _POWERS[peak] = low
    return _POWERS[peak]


def _poisson(chance: random.Random, mean: float) -> int:
    """Knuth's way for small means, the normal curve for large ones."""
    if mean > 50:
        return max(0, round(chance.gauss(mean, math.sqrt(mean))))
    limit, product, found = math.exp(-mean), chance.random(), 0
    while product > limit:
        product *= chance.random()
        found += 1
    return found


def _smoothed(arriving: Sequence[int], width: int = 360) -> list[float]:
    """Means over an hour: how busy it is, apart from chance."""
    return [
        sum(arriving[start : start + width]) / width
        for start in range(0, len(arriving) - width + 1, width // 6)
    ]


def _median(document: dict[str, Any], name: str, of: str) -> float:
    for row in document["rows"]:
        if row["name"].startswith(name) and row["of"] == of:
            return float(row["median"])
    raise KeyError(f"{name} of {of}")


def _percent(share: float) -> str:
    return f"{short(100 * share)} %"


def _markdown(rows: Sequence[tuple[str, ...]]) -> str:
    head, *rest = rows
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, ("---",) * len(head), *rest))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.simulate_scale")
    parser.add_argument("--costs", type=Path, default=Path("bench/results/latest.json"))
    parser.add_argument("--engine", help="PostgreSQL if it was measured, else SQLite")
    parser.add_argument("--update-docs", action="store_true", help=f"write them to {PAGE.name}")
    options = parser.parse_args()
    document = json.loads(options.costs.read_text("utf-8"))
    engine = options.engine or ("PostgreSQL" if "PostgreSQL" in document["costs"] else "SQLite")
    text = f"Costs as measured on {engine}.\n\n" + tables(
        Costs.read(document, engine), Assumptions()
    )
    print(text)
    if options.update_docs:
        put_into_page(PAGE, COMMAND, text)


if __name__ == "__main__":
    main()
