"""What is measured, a file each; `PARTS` is their order in the table."""

from __future__ import annotations

from typing import Final

from bench.parts.ask import measure_ask
from bench.parts.client import measure_client
from bench.parts.creates import measure_creates
from bench.parts.cycle import measure_cycle
from bench.parts.delivery import measure_delivery
from bench.parts.drain import measure_drain
from bench.parts.limits import measure_limits
from bench.parts.mcp import measure_mcp
from bench.parts.pending import measure_pending
from bench.parts.polls import measure_polls
from bench.parts.sizes import measure_sizes
from bench.parts.start import measure_start
from bench.parts.timeouts import measure_timeouts
from bench.parts.waiting import measure_waiting
from bench.plan import Part

PARTS: Final[dict[str, Part]] = {
    "limits": measure_limits,
    "creates": measure_creates,
    "polls": measure_polls,
    "cycle": measure_cycle,
    "waiting": measure_waiting,
    "timeouts": measure_timeouts,
    "pending": measure_pending,
    "delivery": measure_delivery,
    "drain": measure_drain,
    "start": measure_start,
    "sizes": measure_sizes,
    "client": measure_client,
    "ask": measure_ask,
    "mcp": measure_mcp,
}
