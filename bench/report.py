"""What one run found: rows, costs and notes, as Markdown for people and JSON for programs."""

from __future__ import annotations

import json
import os
import platform
import re
import sqlite3
import sys
from dataclasses import dataclass, field
from pathlib import Path

from bench.figures import Document, Row
from pausepoint import __version__

BEGIN = "<!-- begin: written by"
END = "<!-- end -->"


@dataclass
class Report:
    """`costs` are what the simulation is fed with, by engine: bytes and operations of one pause."""

    settings: dict[str, object] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    costs: dict[str, dict[str, float]] = field(default_factory=dict)
    has_failed: bool = False

    def add(self, row: Row) -> None:
        say(f"  {row.name} {row.of}: {row.figure}" + (f", {row.ratio}" if row.ratio else ""))
        self.rows.append(row)

    def note(self, sentence: str) -> None:
        say(f"  {sentence}")
        self.notes.append(sentence)

    def fail(self, sentence: str) -> None:
        self.note(sentence)
        self.has_failed = True

    def find(self, name: str, of: str) -> Row | None:
        return next((row for row in self.rows if (row.name, row.of) == (name, of)), None)

    def markdown(self) -> str:
        head = ("what", "of", "median (least to greatest)", "beside its limit", "bar")
        table = [head, ("---",) * len(head), *(row.cells() for row in self.rows)]
        lines = [_line(cells) for cells in table]
        notes = ["", *(f"- {note}" for note in self.notes)] if self.notes else []
        return "\n".join([", ".join(machine().values()) + ".", "", *lines, *notes])

    def as_document(self) -> Document:
        return {
            "machine": machine(),
            "settings": self.settings,
            "rows": [row.as_document() for row in self.rows],
            "costs": self.costs,
            "notes": self.notes,
        }

    def write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self.as_document(), indent=2) + "\n", "utf-8")
        path.with_suffix(".md").write_text(self.markdown() + "\n", "utf-8")


def say(line: str) -> None:
    """Progress, which is no result: on stderr."""
    print(line, file=sys.stderr, flush=True)


def machine() -> dict[str, str]:
    return {
        "cores": f"{os.cpu_count()} cores",
        "system": f"{platform.system()} {_kernel()} {platform.machine()}",
        "python": f"Python {platform.python_version()}",
        "sqlite": f"SQLite {sqlite3.sqlite_version}",
        "pausepoint": f"PausePoint {__version__}",
    }


def _kernel() -> str:
    """Its version, without the builder's own suffix."""
    found = re.match(r"[\d.]+", platform.release())
    return found[0].rstrip(".") if found else platform.release()


def put_into_page(page: Path, command: str, text: str) -> None:
    """Replaces what `command` wrote into the page the last time. Raises ValueError if no place is."""
    before, _, after = _parts(page, command)
    page.write_text(f"{before}\n\n{text}\n\n{after}", "utf-8")


def put_rows_into_page(page: Path, command: str, rows: list[Row]) -> None:
    """Only these: in the place of those of the same name, the new ones together, after their kin."""
    before, written, after = _parts(page, command)
    lines = written.strip("\n").splitlines()
    new = []
    for row in rows:
        same = [
            at for at, each in enumerate(lines) if each.startswith(f"| {row.name} | {row.of} |")
        ]
        if same:
            lines[same[0]] = _line(row.cells())
        else:
            new.append(row)
    kin = tuple(f" | {row.of} | " for row in new)
    table = [at for at, each in enumerate(lines) if each.startswith("|")]
    last = max((at for at in table if any(of in lines[at] for of in kin)), default=table[-1])
    lines[last + 1 : last + 1] = [_line(row.cells()) for row in new]
    page.write_text("\n".join([before, "", *lines, "", after]), "utf-8")


def _line(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cells) + " |"


def _parts(page: Path, command: str) -> tuple[str, str, str]:
    """What stands before, between and after the marks, which go with the outer ones."""
    begin = f"{BEGIN} {command} -->"
    before, found, rest = page.read_text("utf-8").partition(begin)
    written, closed, after = rest.partition(END)
    if not found or not closed:
        raise ValueError(f"{page} has no place between {begin!r} and {END!r}")
    return before + begin, written, END + after
