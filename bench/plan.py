"""What every part is given: how often and how long to measure, on what, and where results go."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

from bench.engines import Engine
from bench.report import Report
from bench.server import CannotStart


@dataclass(frozen=True)
class Plan:
    """`seconds` is how long each load lasts; `share` makes the big counts smaller in quick runs."""

    engines: tuple[Engine, ...]
    report: Report
    runs: int = 3
    seconds: float = 2
    share: float = 1

    @property
    def rounds(self) -> range:
        return range(self.runs)

    def scaled(self, count: int) -> int:
        """`count`, or so much less as a quick run takes; 1 stays 1."""
        return max(1, int(count * self.share)) if count > 1 else count

    @contextmanager
    def on(self, engine: Engine, what: str) -> Iterator[None]:
        """A part that cannot run on this engine says so and leaves the others alone."""
        try:
            yield
        except CannotStart as error:
            self.report.note(f"{what} on {engine.name}: not available: {error}")
        except Exception as error:
            # What was measured until now is worth keeping.
            traceback.print_exc()
            self.report.fail(f"{what} on {engine.name}: failed: {error!r}")


Part: TypeAlias = Callable[[Plan], None]
"""Measures, and adds rows to the plan's report."""
