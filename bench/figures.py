"""Figures with their spread, what they stand beside, and what they must reach."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

Document: TypeAlias = dict[str, object]


@dataclass(frozen=True)
class Figure:
    """The median of several runs, with the least and the greatest. `unit` is `/s`, `ms`, `KB` …"""

    median: float
    least: float
    greatest: float
    unit: str

    @classmethod
    def of(cls, runs: Sequence[float], unit: str) -> Figure:
        return cls(statistics.median(runs), min(runs), max(runs), unit)

    def __str__(self) -> str:
        unit = "" if self.unit == "×" else f" {self.unit}"
        spread = f"{short(self.least)} to {short(self.greatest)}"
        return f"{short(self.median)}{unit} ({spread})"


def ratio(runs: Sequence[float], beside: Sequence[float]) -> Figure:
    """Each run divided by the limit measured in the same round."""
    return Figure.of([run / limit for run, limit in zip(runs, beside, strict=True)], "×")


@dataclass(frozen=True)
class Bar:
    """What a row must reach: its ratio if it has one, else its figure, in the figure's unit."""

    kind: Literal["at least", "at most"]
    value: float

    def is_met(self, measured: float) -> bool:
        return measured >= self.value if self.kind == "at least" else measured <= self.value

    def text(self, unit: str) -> str:
        sign = "≥" if self.kind == "at least" else "≤"
        return f"{sign} {short(self.value)} {unit}"


def at_least(value: float) -> Bar:
    return Bar("at least", value)


def at_most(value: float) -> Bar:
    return Bar("at most", value)


@dataclass(frozen=True)
class Row:
    """One line of the table. `of` says whose figure it is: an engine, a peer, or nobody's.

    `ratio` is to what `beside` names, in the same run.
    """

    name: str
    of: str
    figure: Figure
    beside: str = ""
    ratio: Figure | None = None
    bar: Bar | None = None

    @property
    def is_met(self) -> bool | None:
        if self.bar is None:
            return None
        return self.bar.is_met((self.ratio or self.figure).median)

    def cells(self) -> tuple[str, ...]:
        beside = "" if self.ratio is None else f"× {self.ratio} {self.beside}"
        bar = ""
        if self.bar is not None:
            reached = "met" if self.is_met else "missed"
            bar = f"{self.bar.text('×' if self.ratio else self.figure.unit)}: {reached}"
        return (self.name, self.of, str(self.figure), beside, bar)

    def as_document(self) -> Document:
        return {
            "name": self.name,
            "of": self.of,
            **_as_document(self.figure),
            "beside": self.beside or None,
            "ratio": None if self.ratio is None else _as_document(self.ratio),
            "bar": None if self.bar is None else {"kind": self.bar.kind, "value": self.bar.value},
            "is_met": self.is_met,
        }


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of them do not exceed: 0.99 for the 99th of a hundred."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def short(value: float) -> str:
    """Three digits that count: 12,345 and 123 and 1.23 and 0.0123."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _as_document(figure: Figure) -> Document:
    return {
        "median": figure.median,
        "least": figure.least,
        "greatest": figure.greatest,
        "unit": figure.unit,
    }
