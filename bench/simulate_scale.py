"""What fills up first at 10⁶, 10⁸ and 10⁹ pauses a day, reckoned from a bench run's measured costs.

A day is simulated second by second: pauses arrive in groups, more of them at noon than at night,
and each resource works them off as fast as it was measured to. What waits is its queue.

    python -m bench.simulate_scale --update-docs
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bench.figures import short
from bench.report import put_into_page
from bench.scale_model import (
    SECONDS,
    Assumptions,
    Costs,
    arrivals,
    hourly_means,
    resources,
    units_needed,
)

PAGE: Final = Path(__file__).parents[1] / "docs" / "explanation" / "scaling.md"
COMMAND: Final = "python -m bench.simulate_scale --update-docs"
VOLUMES: Final = (10**6, 10**8, 10**9)


def tables(costs: Costs, given: Assumptions) -> str:
    names = [each.name for each in resources(costs, given)]
    filled = [("pauses a day", "mean", "busiest", *names, "first to be full")]
    needed = [
        tuple(
            "pauses a day;processes;primaries;why so many;99 of 100 wait at most;log;"
            f"disk, {given.kept_days} days;waiting agents;their memory".split(";")
        )
    ]
    for volume in VOLUMES:
        arriving = arrivals(volume, given)
        filled.append(_shares(volume, arriving, costs, given))
        needed.append(_needs(volume, arriving, costs, given))
    return "\n\n".join((_markdown(filled), _markdown(needed)))


def _shares(
    volume: int, arriving: Sequence[int], costs: Costs, given: Assumptions
) -> tuple[str, ...]:
    """How full one of everything is at the busiest hour."""
    busiest = max(hourly_means(arriving))
    shares = {each.name: each.share(busiest) for each in resources(costs, given)}
    fullest = max(shares, key=lambda name: shares[name])
    return (
        f"{volume:,}",
        f"{short(volume / SECONDS)}/s",
        f"{short(busiest)}/s",
        *(_percent(share) for share in shares.values()),
        fullest if shares[fullest] > given.load else f"none ({fullest} is next)",
    )


def _needs(
    volume: int, arriving: Sequence[int], costs: Costs, given: Assumptions
) -> tuple[str, ...]:
    busiest = max(hourly_means(arriving))
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
