"""Rows have the columns of their tables, and tests/store/sql/ shows the SQL that each engine runs."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from msgspec import Struct
from scripts.sql_reference import FOLDER, postgres_reference, sqlite_reference

from pausepoint.store.accounts import ApiKeyRow, DeveloperRow, WebhookRow
from pausepoint.store.audit import EntryRow
from pausepoint.store.deliveries import DeliveryRow
from pausepoint.store.migrate import migrate_sqlite
from pausepoint.store.pauses import IdempotencyKeyRow, PauseRow
from pausepoint.store.postgres.connection import connect
from pausepoint.store.recipients import MuteRow, RecipientRow

pytestmark = pytest.mark.anyio

STALE = "run: .venv/bin/python -m scripts.write_reference"


@pytest.mark.parametrize(
    ("table", "row", "unread"),
    [
        ("developers", DeveloperRow, set()),
        ("api_keys", ApiKeyRow, set()),
        ("webhooks", WebhookRow, {"deleted_at"}),
        ("recipients", RecipientRow, set()),
        ("mutes", MuteRow, set()),
        ("pauses", PauseRow, set()),
        ("idempotency_keys", IdempotencyKeyRow, set()),
        ("deliveries", DeliveryRow, set()),
        ("audit", EntryRow, set()),
    ],
)
def test_rows_have_the_columns_of_their_tables(
    table: str, row: type[Struct], unread: set[str]
) -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate_sqlite(connection)
        found = connection.execute("SELECT name FROM pragma_table_info(?)", (table,))
        assert {name for (name,) in found} - unread == set(row.__struct_fields__)


def test_sqlite_runs_the_sql_of_its_reference() -> None:
    assert (FOLDER / "sqlite.sql").read_text("utf-8") == sqlite_reference(), STALE


async def test_postgres_runs_the_sql_of_its_reference(database_url: str) -> None:
    connection = await connect(database_url)
    try:
        found = await postgres_reference(connection)
    finally:
        await connection.close()
    assert (FOLDER / "postgres.sql").read_text("utf-8") == found, STALE
