"""Begins to adopt a database and dies by SIGKILL after the old migrations are forgotten.

Run as `python -m tests.store.dies_in_adoption <engine> <path or URL>`.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
from typing import Any

import asyncpg

from pausepoint.store.migrate import DELETE_RECORDED, migrate_sqlite
from pausepoint.store.postgres.schema import migrate_postgres


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def in_sqlite(path: str) -> None:
    ran: list[str] = []

    def begins(statement: str) -> None:
        if DELETE_RECORDED in ran:
            die()
        ran.append(statement)

    connection = sqlite3.connect(path, isolation_level=None)
    connection.set_trace_callback(begins)
    migrate_sqlite(connection)


async def in_postgres(url: str) -> None:
    def ends(record: Any) -> None:
        if record.query == DELETE_RECORDED:
            die()

    connection = await asyncpg.connect(url)
    connection.add_query_logger(ends)
    await migrate_postgres(connection)


if __name__ == "__main__":
    if sys.argv[1] == "sqlite":
        in_sqlite(sys.argv[2])
    else:
        asyncio.run(in_postgres(sys.argv[2]))
