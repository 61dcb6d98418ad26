"""Measures PausePoint, its limits and its peers in one run: a Markdown table, and JSON beside it."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from bench.engines import Engine, SqliteEngine, postgres_engine
from bench.load import check_wrk
from bench.parts import PARTS
from bench.plan import Plan
from bench.report import Report, put_into_page, put_rows_into_page, say
from pausepoint.web.server import raise_descriptor_limit

PAGE = Path(__file__).parents[1] / "docs" / "explanation" / "performance.md"
COMMAND = "python -m bench --peers --update-docs"


def main() -> None:
    options = arguments().parse_args()
    check_wrk()
    raise_descriptor_limit()
    # Whoever ends the run also ends what it has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    began = time.perf_counter()
    report = Report(settings={key: str(value) for key, value in vars(options).items()})
    with ExitStack() as stack:
        plan = Plan(
            engines=engines(options.engine, stack, report),
            report=report,
            runs=1 if options.quick else options.runs,
            seconds=1 if options.quick else options.seconds,
            share=0.05 if options.quick else 1,
        )
        run(plan, options.only, with_peers=options.peers)
    report.settings["took_seconds"] = round(time.perf_counter() - began)
    report.write(options.output)
    print(report.markdown())
    if options.update_docs and options.only:
        put_rows_into_page(PAGE, COMMAND, report.rows)
    elif options.update_docs:
        put_into_page(PAGE, COMMAND, report.markdown())
    raise SystemExit(report.has_failed)


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    names = ", ".join(PARTS)
    parser.add_argument("--only", action="append", metavar="NAME", help=f"one of: {names}, peers")
    parser.add_argument("--engine", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--runs", type=int, default=3, help="how often each figure is measured")
    parser.add_argument("--seconds", type=float, default=2, help="how long each load lasts")
    parser.add_argument("--quick", action="store_true", help="small and once: does it all run?")
    parser.add_argument("--peers", action="store_true", help="also what one would use instead")
    parser.add_argument(
        "--update-docs",
        action="store_true",
        help=f"write the table to {PAGE.name}; with --only, its rows",
    )
    parser.add_argument("--output", type=Path, default=Path("bench/results/latest.json"))
    return parser


def engines(wanted: str, stack: ExitStack, report: Report) -> tuple[Engine, ...]:
    found: list[Engine] = []
    if wanted in ("sqlite", "both"):
        found.append(SqliteEngine())
    if wanted in ("postgresql", "both"):
        try:
            found.append(stack.enter_context(postgres_engine()))
        except (ImportError, OSError) as error:
            report.note(f"PostgreSQL: not available: {error}")
    return tuple(found)


def run(plan: Plan, only: list[str] | None, *, with_peers: bool) -> None:
    parts = dict(PARTS)
    if with_peers or "peers" in (only or ()):
        from bench.peers import measure_peers  # noqa: PLC0415 - most runs do without

        parts["peers"] = measure_peers
    if unknown := set(only or ()) - set(parts):
        raise SystemExit(f"There is no part {', '.join(sorted(unknown))}: {', '.join(parts)}.")
    for name, part in parts.items():
        if only is None or name in only:
            began = time.perf_counter()
            say(f"{name} …")
            part(plan)
            say(f"  ({name} took {time.perf_counter() - began:.0f} s)")


if __name__ == "__main__":
    main()
