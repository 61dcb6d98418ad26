"""What bounds the figures: the disk, the same rows with nothing around them, a bare web server."""

from __future__ import annotations

import asyncio
import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from bench.load import QUESTION
from pausepoint.channels.sms import SmsChannel
from pausepoint.clock import SystemClock
from pausepoint.domain.account import Developer
from pausepoint.domain.delivery import DeliveryState
from pausepoint.domain.ids import PAUSE, new_id
from pausepoint.domain.pause import Content, Mode, Pause, PauseStatus
from pausepoint.operations.create_pause import creation_rows
from pausepoint.security.sealed import Seal, new_data_key
from pausepoint.store.base import Change, InsertDeveloper
from pausepoint.store.binding import ROW_ORDER, bind
from pausepoint.store.sqlite import SqliteStore
from pausepoint.store.statements import Parameters, Statement

BATCH: Final = 256
SECRET: Final = "0123456789abcdef0123456789abcdef"


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
    batches = [_rows_of_a_batch() for _ in range(40)]
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        done, began = 0, time.perf_counter()
        for sets in batches:
            connection.execute("BEGIN IMMEDIATE")
            for statement, rows in sets:
                connection.executemany(statement.sql, rows)
            connection.execute("COMMIT")
            done += BATCH
            if time.perf_counter() - began > seconds:
                break
        took = time.perf_counter() - began
    for file in folder.glob("bare.db*"):
        file.unlink()
    return done / took


@contextmanager
def bare_starlette() -> Iterator[str]:
    """The URL of a Starlette app that answers a constant, on the same uvicorn as ours."""
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    words = [sys.executable, "-m", "uvicorn", "bench.bare_app:app", "--port", str(port)]
    words += ["--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "error"]
    process = subprocess.Popen(words)
    try:
        _wait_until_it_listens(port)
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait(10)


def _wait_until_it_listens(port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with closing(socket.socket()) as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
    raise TimeoutError("the bare app did not start")


async def _prepare(path: Path) -> None:
    store = await SqliteStore.open(path, [SECRET], SystemClock())
    developer = Developer(
        developer_id="dev_bench", email="a@example.com", name="A", plan="x", created_at=0
    )
    await store.apply(Change(guard=InsertDeveloper(developer)))
    await store.close()


def _rows_of_a_batch() -> list[tuple[Statement, list[Parameters]]]:
    seal, sets = Seal(new_data_key()), {}
    for _ in range(BATCH):
        for write in bind(Change(creation_rows(_a_pause())), seal).rows:
            sets.setdefault(write.statement, []).append(write.parameters)
    return [(statement, sets[statement]) for statement in ROW_ORDER if statement in sets]


def _a_pause() -> Pause:
    now = SystemClock().now()
    recipient = SmsChannel().normalise(QUESTION["recipient"])
    return Pause(
        pause_id=new_id(PAUSE, now),
        developer_id="dev_bench",
        mode=Mode.TEST,
        status=PauseStatus.PENDING,
        channel="sms",
        allow_text_response=False,
        default_index=1,
        created_at=now,
        expires_at=now + 86_400_000,
        content=Content(
            recipient, QUESTION["message"], tuple(QUESTION["options"]), QUESTION["metadata"]
        ),
        delivery_state=DeliveryState.SIMULATED,
    )
