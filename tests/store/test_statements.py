"""tests/store/sql/ shows the SQL that each engine runs."""

from __future__ import annotations

import pytest
from scripts.sql_reference import FOLDER, postgres_reference, sqlite_reference

from pausepoint.store.postgres.connection import connect

pytestmark = pytest.mark.anyio

STALE = "run: .venv/bin/python -m scripts.write_reference"


def test_sqlite_runs_the_sql_of_its_reference() -> None:
    assert (FOLDER / "sqlite.sql").read_text("utf-8") == sqlite_reference(), STALE


async def test_postgres_runs_the_sql_of_its_reference(database_url: str) -> None:
    connection = await connect(database_url)
    try:
        found = await postgres_reference(connection)
    finally:
        await connection.close()
    assert (FOLDER / "postgres.sql").read_text("utf-8") == found, STALE
