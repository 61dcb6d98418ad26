"""The mathematics of figures, ratios and bars, and how they are written down."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from bench.figures import Figure, Row, at_least, at_most, percentile, ratio, short
from bench.load import read
from bench.report import Report, put_into_page, put_rows_into_page

WRK = """
  Latency Distribution
     50%    3.10ms
     99%   {latency}
Requests/sec:   1234.50
"""


def test_a_figure_is_the_median_with_its_spread() -> None:
    figure = Figure.of([3.0, 1.0, 200.0], "ms")

    assert (figure.median, figure.least, figure.greatest) == (3.0, 1.0, 200.0)
    assert str(figure) == "3 ms (1 to 200)"


def test_a_ratio_is_taken_within_each_round() -> None:
    # The machine was twice as fast in the second round: the ratio does not notice.
    assert ratio([10, 20, 10], [100, 200, 100]) == Figure(0.1, 0.1, 0.1, "×")


@pytest.mark.parametrize(
    ("row", "is_met"),
    [
        (Row("a", "b", Figure.of([4], "ms"), bar=at_most(5)), True),
        (Row("a", "b", Figure.of([6], "ms"), bar=at_most(5)), False),
        (Row("a", "b", Figure.of([1], "/s"), "x", Figure.of([0.5], "×"), at_least(0.5)), True),
        (Row("a", "b", Figure.of([9], "/s"), "x", Figure.of([0.4], "×"), at_least(0.5)), False),
        (Row("a", "b", Figure.of([9], "/s")), None),
    ],
)
def test_a_bar_applies_to_the_ratio_or_else_to_the_figure(row: Row, is_met: bool | None) -> None:
    assert row.is_met is is_met


def test_percentiles_are_of_what_was_measured() -> None:
    assert percentile(range(1, 101), 0.5) == 51
    assert percentile(range(1, 101), 0.99) == 100
    assert percentile([7], 0.99) == 7


@pytest.mark.parametrize(
    ("value", "text"), [(12345.6, "12,346"), (123, "123"), (1.234, "1.23"), (0.01234, "0.0123")]
)
def test_three_digits_that_count(value: float, text: str) -> None:
    assert short(value) == text


@pytest.mark.parametrize(("latency", "ms"), [("850us", 0.85), ("12.50ms", 12.5), ("1.20s", 1200)])
def test_what_wrk_says_is_read(latency: str, ms: float) -> None:
    loaded = read(WRK.format(latency=latency))

    assert (loaded.per_second, loaded.p99_ms) == (1234.5, ms)


@pytest.mark.parametrize("trouble", ["Non-2xx or 3xx responses: 7", "Socket errors: connect 1"])
def test_an_error_under_load_is_no_figure(trouble: str) -> None:
    with pytest.raises(RuntimeError):
        read(WRK.format(latency="1ms") + trouble)


def test_a_report_is_a_table_and_json() -> None:
    report = Report(notes=["PostgreSQL: not available: none here"])
    report.add(
        Row("polls", "SQLite", Figure.of([5], "/s"), "x", Figure.of([0.6], "×"), at_least(1))
    )
    table = report.markdown()
    document = json.loads(json.dumps(report.as_document()))

    assert "| polls | SQLite | 5 /s (5 to 5) | × 0.6 (0.6 to 0.6) x | ≥ 1 ×: missed |" in table
    assert table.endswith("- PostgreSQL: not available: none here")
    assert document["rows"][0]["ratio"]["median"] == 0.6
    assert document["rows"][0]["is_met"] is False


def test_a_page_keeps_all_but_the_written_part(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- begin: written by x -->\nold\n<!-- end -->\nafter\n")
    put_into_page(page, "x", "new")

    assert page.read_text() == (
        "before\n<!-- begin: written by x -->\n\nnew\n\n<!-- end -->\nafter\n"
    )
    with pytest.raises(ValueError, match="has no place"):
        put_into_page(page, "y", "new")


def test_some_rows_take_their_places(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("a\n<!-- begin: written by x -->\n\nold\n\n<!-- end -->\nb\n", "utf-8")
    report = Report()
    for name, of in (("start", "client"), ("start", "SQLite")):
        report.add(Row(name, of, Figure.of([1], "ms")))
    report.note("Noted.")
    put_into_page(page, "x", report.markdown())
    before = page.read_text("utf-8")
    again = Row("start", "client", Figure.of([2], "ms"))
    more = [Row("poll", "httpx2", Figure.of([3], "ms")), Row("ask", "client", Figure.of([4], "ms"))]
    put_rows_into_page(page, "x", [again, *more])
    text = page.read_text("utf-8")

    assert [line.split(" | ")[:3] for line in text.splitlines() if " ms (" in line] == [
        ["| start", "client", "2 ms (2 to 2)"],
        ["| poll", "httpx2", "3 ms (3 to 3)"],
        ["| ask", "client", "4 ms (4 to 4)"],
        ["| start", "SQLite", "1 ms (1 to 1)"],
    ]
    assert text.splitlines()[:4] == before.splitlines()[:4]
    assert text.endswith("\n- Noted.\n\n<!-- end -->\nb\n")
