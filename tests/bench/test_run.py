"""The command itself, on the cheapest parts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from bench.engines import SqliteEngine
from bench.fill import fill_pending, pause_id
from bench.server import Place

from tests.docs.pages import ROOT


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bench", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.e2e
def test_a_quick_run_yields_a_table_and_json(tmp_path: Path) -> None:
    output = tmp_path / "results" / "run.json"
    parts = (
        "--only",
        "limits",
        "--only",
        "start",
        "--only",
        "client",
        "--only",
        "ask",
        "--engine",
        "sqlite",
    )
    done = bench("--quick", *parts, "--output", str(output))
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(output.read_text("utf-8"))
    rows = {row["name"]: row for row in document["rows"]}

    assert set(document["machine"]) == {"cores", "system", "python", "sqlite", "pausepoint"}
    assert rows["fdatasync of 4 KiB"]["unit"] == "ms"
    assert rows["resident memory at rest"]["bar"] == {"kind": "at most", "value": 80}
    assert rows["import pausepoint.client"]["bar"] == {"kind": "at most", "value": 1.3}
    assert rows["import pausepoint.client"]["beside"] == "import httpx2"
    assert rows["start on a fresh database to first create"]["median"] > 0
    asked = rows["answer taken to `ask` returning, p50"]
    assert (asked["beside"], asked["bar"]["value"]) == (
        "answer taken to a bare long poll returning",
        2,
    )
    assert all(row["least"] <= row["median"] <= row["greatest"] for row in document["rows"])
    assert "| resident memory at rest | SQLite |" in done.stdout
    assert "limits …" in done.stderr


def test_an_unknown_part_is_refused() -> None:
    done = bench("--only", "nonsense", "--engine", "sqlite")

    assert done.returncode == 1
    assert "There is no part nonsense" in done.stderr


def test_what_is_filled_in_is_what_the_product_would_write(tmp_path: Path) -> None:
    place = Place(tmp_path, SqliteEngine())
    place.make_account()
    owner = place.database.rows("SELECT developer_id FROM developers")[0][0]
    fill_pending(place.database, owner, 100, now=2_000_000_000_000)

    assert place.database.rows("SELECT count(*) FROM pauses WHERE status = 'pending'") == [(100,)]
    assert place.database.rows("SELECT count(*) FROM contents") == [(100,)]
    filled = "SELECT count(*) FROM audit WHERE pause_id IS NOT NULL"
    assert place.database.rows(filled) == [(200,)]
    ids = [pause_id(number, 2_000_000_000_000) for number in range(100)]
    assert ids == sorted(ids)
    assert place.database.sizes()["pauses"] > 0
