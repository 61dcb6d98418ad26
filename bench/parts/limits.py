"""The disk: what a commit waits for."""

from __future__ import annotations

from bench.figures import Figure, Row
from bench.limits import fdatasync_ms
from bench.plan import Plan
from bench.server import a_folder


def measure_limits(plan: Plan) -> None:
    with a_folder() as folder:
        latencies = fdatasync_ms(folder, plan.scaled(400))
    plan.report.add(Row("fdatasync of 4 KiB", "disk", Figure.of(latencies, "ms")))
