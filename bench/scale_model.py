"""A day of pauses, second by second, and the resources that work them off."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import Any, Final, Self

from bench.figures import percentile
from bench.parts.creates import BARE, PGBENCH

SECONDS: Final = 86_400
STEP: Final = 10
"""One second of every so many is simulated, in their order."""

WRITES_A_CREATE: Final = 2.5
"""Rows a whole pause writes (10: its own with two changes, its content, three audit entries, a
delivery with two changes) for each that the measured create with a test key writes (4)."""


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
    found = []
    for second in range(0, SECONDS, STEP):
        height = (1 - math.cos(2 * math.pi * second / SECONDS)) / 2  # 0 at night, 1 at noon
        expected = mean * given.peak * height ** _steepness(given.peak)
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


def units_needed(
    resource: Resource, arriving: Sequence[int], given: Assumptions
) -> tuple[int, float]:
    """The fewest that keep both the planned load and the delay; and 99 of 100 pauses' delay then."""
    busiest = max(hourly_means(arriving))
    first = max(1, math.ceil(resource.share(busiest) / given.load))
    for units in count(first):
        capacity = resource.capacity * units
        # A second's pauses come spread over it, so only what waits past it is a delay.
        late = [
            max(0.0, delay - 1) + min(given.group, n) / capacity
            for n, delay in zip(arriving, delays(arriving, capacity), strict=True)
        ]
        p99 = percentile(late, 0.99)
        if p99 <= given.delay_s:
            return units, p99
    raise AssertionError("unreachable")


def hourly_means(arriving: Sequence[int], width: int = 360) -> list[float]:
    """Means over an hour: how busy it is, apart from chance."""
    return [
        sum(arriving[start : start + width]) / width
        for start in range(0, len(arriving) - width + 1, width // 6)
    ]


@cache
def _steepness(peak: float) -> float:
    """The power n for which the mean of a day's heightⁿ is 1 / peak, found by halving."""
    low, high = 0.0, 1000.0
    heights = [(1 - math.cos(2 * math.pi * i / 1000)) / 2 for i in range(1000)]
    for _ in range(60):
        middle = (low + high) / 2
        mean = sum(height**middle for height in heights) / len(heights)
        low, high = (middle, high) if mean > 1 / peak else (low, middle)
    return low


def _poisson(chance: random.Random, mean: float) -> int:
    """Knuth's way for small means, the normal curve for large ones."""
    if mean > 50:
        return max(0, round(chance.gauss(mean, math.sqrt(mean))))
    limit, product, found = math.exp(-mean), chance.random(), 0
    while product > limit:
        product *= chance.random()
        found += 1
    return found


def _median(document: dict[str, Any], name: str, of: str) -> float:
    for row in document["rows"]:
        if row["name"].startswith(name) and row["of"] == of:
            median: float = row["median"]
            return median
    raise KeyError(f"{name} of {of}")
