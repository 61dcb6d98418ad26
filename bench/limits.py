"""What bounds the figures: the disk, the same rows with nothing around them, a bare web server."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from bench.connection import QUESTION
from bench.ports import free_port, wait_until_it_listens
from bench.server import SECRET
from pausepoint.channels.sms import SmsChannel
from pausepoint.clock import SystemClock
from pausepoint.domain.account import Developer
from pausepoint.domain.delivery import DeliveryState
from pausepoint.domain.ids import PAUSE, new_id
from pausepoint.domain.mode import Mode
from pausepoint.domain.pause import Content, Pause, PauseStatus
from pausepoint.operations.create_pause import creation_rows
from pausepoint.security.sealed import Seal, new_data_key
from pausepoint.store.changes import Change, InsertDeveloper
from pausepoint.store.sqlite.store import SqliteStore
from pausepoint.store.statements import Parameters, Statement, Write, in_order
from pausepoint.store.write_plan import plan_writes

BATCH: Final = 256
BATCHES: Final = 200
DEVELOPER: Final = "dev_bench"


def fdatasync_ms(folder: Path, times: int = 200) -> list[float]:
    """How long one small append takes to be on disk."""
    found = []
    with (folder / "fdatasync").open("wb") as file:
        for _ in range(times):
            file.write(b"x" * 4096)
            file.flush()
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            found.append((time.perf_counter() - began) * 1000)
    return found


def bare_commits_per_second(folder: Path, seconds: float) -> float:
    """Creates a second by one thread that does nothing else: our tables, indexes and rows."""
    path = folder / "bare.db"
    asyncio.run(_prepare(path))
    with closing(_connected(path)) as connection:
        done, busy = 0, 0.0
        for _ in range(BATCHES):
            sets = _rows_of_a_batch(BATCH)  # made beforehand: only the database is measured
            began = time.perf_counter()
            _commit(connection, sets)
            busy += time.perf_counter() - began
            done += BATCH
            if busy > seconds:
                break
    for file in folder.glob("bare.db*"):
        file.unlink()
    return done / busy


def wal_bytes_a_create(folder: Path, batch: int) -> float:
    """What SQLite writes to its log for one create, when `batch` of them share a commit."""
    path = folder / "wal.db"
    asyncio.run(_prepare(path))
    with closing(_connected(path)) as connection:
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        for _ in range(2_000 // batch):  # a database with some pages, so that inserts spread
            _commit(connection, _rows_of_a_batch(batch))
        log = path.with_name("wal.db-wal")
        before, creates = log.stat().st_size, max(1, 512 // batch) * batch
        for _ in range(creates // batch):
            _commit(connection, _rows_of_a_batch(batch))
        written = log.stat().st_size - before
    for file in folder.glob("wal.db*"):
        file.unlink()
    return written / creates


@contextmanager
def bare_starlette() -> Iterator[str]:
    """The URL of a Starlette app that answers a constant, on the same uvicorn as ours."""
    port = free_port()
    words = [sys.executable, "-m", "uvicorn", "bench.bare_app:app", "--port", str(port)]
    words += ["--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "error"]
    process = subprocess.Popen(words)
    try:
        wait_until_it_listens(port)
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait(10)


def writes_of_a_create(seal: Seal) -> tuple[Write, ...]:
    """The statements, with their values, that one create with a test key makes."""
    return plan_writes(Change(creation_rows(_a_pause())), seal).rows


def _connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def _commit(connection: sqlite3.Connection, sets: list[tuple[Statement, list[Parameters]]]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for statement, rows in sets:
        connection.executemany(statement.sql, rows)
    connection.execute("COMMIT")


async def _prepare(path: Path) -> None:
    store = await SqliteStore.open(path, [SECRET], SystemClock())
    developer = Developer(
        developer_id=DEVELOPER, email="a@example.com", name="A", plan="x", created_at=0
    )
    await store.apply(Change(guard=InsertDeveloper(developer)))
    await store.close()


def _rows_of_a_batch(size: int) -> list[tuple[Statement, list[Parameters]]]:
    seal = Seal(new_data_key())
    sets: dict[Statement, list[Parameters]] = {}
    for _ in range(size):
        for write in writes_of_a_create(seal):
            sets.setdefault(write.statement, []).append(write.parameters)
    return [(statement, sets[statement]) for statement in sorted(sets, key=in_order)]


def _a_pause() -> Pause:
    now = SystemClock().now()
    return Pause(
        pause_id=new_id(PAUSE, now),
        developer_id=DEVELOPER,
        mode=Mode.TEST,
        status=PauseStatus.PENDING,
        channel="sms",
        allow_text_response=False,
        default_index=1,
        created_at=now,
        expires_at=now + 86_400_000,
        content=Content(
            SmsChannel().normalise(QUESTION["recipient"]),
            QUESTION["message"],
            tuple(QUESTION["options"]),
            QUESTION["metadata"],
        ),
        delivery_state=DeliveryState.SIMULATED,
    )
