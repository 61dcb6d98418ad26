"""A process that serves is not stopped to look for cycles while agents come and stay."""

from __future__ import annotations

import subprocess
import sys

STORY = """
import gc, weakref
from pausepoint.lifecycle.gc_tuning import freeze_gc

freeze_gc()
looks = []
gc.callbacks.append(lambda phase, info: looks.append(info["generation"]) if phase == "start" else None)
agents = [[number] for number in range({agents})]
print(looks.count(2))

class Cycle: pass
cycle = Cycle()
cycle.itself = cycle
gone = weakref.ref(cycle)
del cycle
more = [[number] for number in range(5_001)]
print(gone() is None)
"""


def _run(agents: int) -> list[str]:
    story = STORY.format(agents=agents)
    done = subprocess.run([sys.executable, "-c", story], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_half_a_million_objects_that_stay_are_never_all_looked_at() -> None:
    assert _run(500_000) == ["0", "True"]


def test_cycles_that_are_young_are_gone_soon() -> None:
    assert _run(0) == ["0", "True"]
