"""How arguments are shown: whole, on a line each, and nothing that could pass for something else."""

from __future__ import annotations

import collections
import dataclasses
import enum
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pausepoint.client import NotShowable
from pausepoint.client.format_arguments import format_arguments


class Colour(enum.Enum):
    RED = 1


class Level(enum.StrEnum):
    HIGH = "high"


@dataclass
class Order:
    amount: int
    note: str = dataclasses.field(default="x", repr=False)


class Line(msgspec.Struct, omit_defaults=True):
    item: str
    count: int = 1


class Point(NamedTuple):
    x: int
    y: int


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (8400, "8400"),
        (0.1, "0.1"),
        (float("nan"), "nan"),
        (True, "True"),
        (None, "None"),
        ("Meridian", '"Meridian"'),
        ("x\ny: 1", '"x\\ny: 1"'),
        ('"quoted"', '"\\"quoted\\""'),
        ("Zürich", '"Zürich"'),
        (b"\x00a", "b'\\x00a'"),
        (Decimal("8400.00"), "8400.00"),
        (date(2026, 11, 22), "2026-11-22"),
        (datetime(2026, 11, 22, tzinfo=UTC), "2026-11-22 00:00:00+00:00"),
        (timedelta(hours=2), "2:00:00"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Path("/etc/passwd"), '"/etc/passwd"'),
        (Colour.RED, "Colour.RED"),
        (Level.HIGH, "Level.HIGH"),
        ([1, "a", (2,)], '[1, "a", (2)]'),
        ({"a": [1], 2: {3}}, '{"a": [1], 2: {3}}'),
        pytest.param(frozenset({"b", "a"}), '{"a", "b"}', id="a set, in order"),
        (Order(1), 'Order(amount=1, note="x")'),
        (Line("pen"), 'Line(item="pen", count=1)'),
        (Point(1, 2), "Point(x=1, y=2)"),
        ({}, "{}"),
        ([], "[]"),
    ],
    ids=str,
)
def test_a_value_is_shown_whole(value: object, text: str) -> None:
    assert format_arguments({"name": value}) == f"name: {text}"


def hiding() -> Order:
    order = Order(1)
    order.secretly = 2  # type: ignore[attr-defined]
    return order


def endless() -> list[Any]:
    items: list[Any] = []
    items.append(items)
    return items


class Text(str):
    __slots__ = ("hidden",)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (object(), "a object, which"),
        ([lambda: 1], "a function, which"),
        ({"a": iter([])}, "list_iterator"),
        (collections.defaultdict(int), "defaultdict"),
        (Text("x"), "Text"),
        (Order, "a type"),
        (hiding(), "Order"),
        (endless(), "holds itself"),
        ("\udcff", "not Unicode"),
        (10**5000, "too long"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else repr(value),
)
def test_what_cannot_be_shown_whole_is_refused(value: object, words: str) -> None:
    with pytest.raises(NotShowable, match=words) as caught:
        format_arguments({"fine": 1, "order": value})

    assert "'order'" in str(caught.value)


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(plain, plain)
def test_different_values_never_look_the_same(one: Any, other: Any) -> None:
    is_same = json.dumps(one) == json.dumps(other)

    assert (format_arguments({"a": one}) == format_arguments({"a": other})) == is_same


@given(st.text(), st.text())
def test_no_text_makes_a_line_of_its_own(one: str, other: str) -> None:
    lines = format_arguments({"one": one, "other": other}).split("\n")

    assert [line.partition(":")[0] for line in lines] == ["one", "other"]
