"""What one would use instead, each in an environment of its own, on the notions it shares with us.

Ours and theirs are measured in turn in the same round, with the same clients where both have HTTP.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from bench.engines import Engine
from bench.figures import Figure, Row, at_least, percentile, ratio
from bench.peers.awaithumans.driver import Awaithumans
from bench.peers.dbos.driver import Dbos
from bench.peers.environments import NotAvailable
from bench.peers.ours import Ours
from bench.peers.peer import CLIENTS, TOGETHER, WAITING, Peer
from bench.peers.restate.driver import Restate
from bench.plan import Plan
from bench.report import say
from bench.server import CannotStart

AWAITHUMANS_BAR: Final = at_least(40)


@dataclass(frozen=True)
class Notion:
    """`measure` gives one or more figures of a peer, each with what it adds to the name."""

    name: str
    unit: str
    is_rate: bool
    measure: Callable[[Peer], dict[str, float]]


def measure_peers(plan: Plan) -> None:
    for notion in _notions(plan):
        peers = list(_peers(plan.engines))
        found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
        for _ in plan.rounds:
            for peer in list(peers):
                say(f"  {notion.name}, {peer.name} …")
                try:
                    for more, value in notion.measure(peer).items():
                        found[notion.name + more][peer.name].append(value)
                except (NotAvailable, CannotStart, OSError, RuntimeError, AssertionError) as error:
                    peers.remove(peer)
                    plan.report.note(f"{peer.name}: {notion.name}: not available: {error}")
        for name, by_peer in found.items():
            _add_rows(plan, name, notion, by_peer)


def _peers(engines: tuple[Engine, ...]) -> Iterator[Peer]:
    """Ours first: all the others stand beside it."""
    yield from (Ours(engine) for engine in engines)
    yield Awaithumans()
    yield from (Dbos(engine) for engine in engines)
    yield Restate()


def _notions(plan: Plan) -> Iterator[Notion]:
    waiting, together = plan.scaled(WAITING), plan.scaled(TOGETHER)
    yield Notion(
        f"creates, {CLIENTS} clients",
        "/s",
        True,
        lambda peer: {"": peer.creates_per_second(plan.seconds)},
    )
    yield Notion(
        f"answer to resumed, {waiting:,} waiting",
        "ms",
        False,
        lambda peer: _shares(peer.resumed_ms(waiting)),
    )
    yield Notion(
        f"lateness of {together:,} time-outs",
        "s",
        False,
        lambda peer: _shares(peer.lateness_s(together)),
    )


def _shares(values: list[float]) -> dict[str, float]:
    return {f", p{share * 100:.0f}": percentile(values, share) for share in (0.5, 0.99)}


def _add_rows(plan: Plan, name: str, notion: Notion, found: dict[str, list[float]]) -> None:
    """How many times better ours is than each other, from the same rounds."""
    ours, runs = next(iter(found.items()))
    for peer, theirs in found.items():
        figure = Figure.of(theirs, notion.unit)
        row = Row(f"beside peers: {name}", peer, figure)
        if not peer.startswith("PausePoint") and len(theirs) == len(runs):
            better = ratio(runs, theirs) if notion.is_rate else ratio(theirs, runs)
            bar = AWAITHUMANS_BAR if notion.is_rate and peer.startswith("awaithumans") else None
            row = Row(row.name, peer, figure, f"in favour of {ours}", better, bar)
        plan.report.add(row)
