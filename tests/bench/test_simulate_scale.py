"""The simulated day: its arrivals, its queues, and what it takes to carry them."""

from __future__ import annotations

import math
import statistics

import pytest
from bench.scale_model import (
    SECONDS,
    Assumptions,
    Costs,
    Resource,
    arrivals,
    delays,
    resources,
    units_needed,
)
from bench.simulate_scale import PAGE, VOLUMES, tables

GIVEN = Assumptions()
COSTS = Costs(
    engine="PostgreSQL",
    cpu_s_a_pause=0.003,
    pauses_per_second_a_primary=1000,
    log_bytes_a_pause=6000,
    bytes_a_pause=5000,
    kb_a_waiting_agent=15,
)


def test_a_day_has_its_mean_and_its_peak() -> None:
    found = arrivals(10**8, GIVEN)
    noon = found[len(found) // 2 - 180 : len(found) // 2 + 180]

    assert statistics.mean(found) == pytest.approx(10**8 / SECONDS, rel=0.02)
    assert statistics.mean(noon) == pytest.approx(3 * 10**8 / SECONDS, rel=0.03)
    assert max(found[:180]) < 10**8 / SECONDS / 10


def test_the_same_day_comes_again() -> None:
    assert arrivals(10**6, GIVEN) == arrivals(10**6, GIVEN)
    assert arrivals(10**6, GIVEN) != arrivals(10**6, GIVEN, seed=2)


def test_pauses_come_in_groups() -> None:
    assert {number % GIVEN.group for number in arrivals(10**6, GIVEN)} == {0}


def test_a_queue_grows_and_is_worked_off() -> None:
    assert delays([10, 30, 0, 0], capacity=10) == [1, 3, 2, 1]
    assert delays([0, 0], capacity=10) == [0, 0]


def test_as_many_units_as_load_and_delay_ask_for() -> None:
    busy = [100] * 3600
    units, p99 = units_needed(Resource("x", 10), busy, GIVEN)

    assert units == 20  # by the delay: a group of twenty takes 0.1 s of 200 a second
    assert p99 == pytest.approx(0.1)
    by_load, _ = units_needed(Resource("x", 10), busy, Assumptions(delay_s=60))
    assert by_load == math.ceil(100 / (10 * GIVEN.load))


def test_twice_the_cost_is_half_the_capacity() -> None:
    by_name = {each.name: each.capacity for each in resources(COSTS, GIVEN)}

    assert by_name["processor of one process"] == pytest.approx(1 / 0.003)
    assert by_name["writes of one primary"] == 1000
    assert by_name["log of one primary"] == pytest.approx(100e6 / 6000)
    # 4 TB hold 90 days of so many a day, on average.
    a_day = by_name["disk of one primary"] / GIVEN.peak * SECONDS
    assert a_day * GIVEN.kept_days * COSTS.bytes_a_pause == pytest.approx(GIVEN.primary_bytes)


def test_costs_come_from_a_run() -> None:
    def row(name: str, median: float) -> dict[str, object]:
        return {"name": name, "of": "SQLite", "median": median}

    document = {
        "costs": {
            "SQLite": {"cpu_ms_a_pause": 3.0, "wal_bytes_a_pause": 9000, "bytes_a_pause": 2400}
        },
        "rows": [
            row("bare group commit of the same rows", 20_000),
            row("memory a waiting agent, 10,000 waiting", 12),
        ],
    }

    assert Costs.read(document, "SQLite") == Costs("SQLite", 0.003, 8000, 9000, 2400, 12)
    with pytest.raises(KeyError):
        Costs.read(document | {"rows": []}, "SQLite")


def test_the_tables_have_every_volume() -> None:
    text = tables(COSTS, GIVEN)

    assert all(text.count(f"| {volume:,} |") == 2 for volume in VOLUMES)
    assert "none (" in text.splitlines()[2]


def test_the_page_states_the_assumptions() -> None:
    page = PAGE.read_text("utf-8")
    stated = (
        f"| busiest moment against the mean | {GIVEN.peak:g} |",
        f"on average | {GIVEN.agent_waits_s / 60:g} minutes |",
        f"are kept | {GIVEN.kept_days} days |",
        f"in good time | {GIVEN.primary_bytes / 1e12:g} TB |",
        f"replicas take | {GIVEN.log_bytes_per_second / 1e6:g} MB/s |",
        f"holds | {GIVEN.agents_per_process:,} |",
        f"load | {GIVEN.load:.0%}".replace("%", " %") + " |",
        f"resource | {GIVEN.delay_s * 1000:g} ms |",
    )

    assert [line for line in stated if line not in page] == []
