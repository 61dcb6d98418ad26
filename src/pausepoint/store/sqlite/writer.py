"""Group commit: the writer thread commits all pending jobs as one transaction."""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from typing import Any, Final, TypeAlias

import msgspec
import structlog

from pausepoint.clock import Clock
from pausepoint.domain.delivery import Delivery
from pausepoint.domain.time import Instant
from pausepoint.observability.observer import Observer
from pausepoint.store import audit, deliveries, erasing
from pausepoint.store.base import DatabaseGone, StoreUnavailable
from pausepoint.store.changes import Applied, Lost
from pausepoint.store.registry import ChangeEvent
from pausepoint.store.sqlite.files import OpenedFiles
from pausepoint.store.statements import Insert, Parameters, WriteStatement, fill_now, in_order
from pausepoint.store.write_failure import WriteFailure
from pausepoint.store.write_plan import WritePlan

log = structlog.get_logger("pausepoint.store")

BATCH_LIMIT: Final = 256
"""Batch size of group commit: bounds the latency of a commit."""

QUEUE_LIMIT: Final = 20_000
_INSERT_SIZES: Final = (256, 128, 64, 32, 16, 8, 4, 2, 1)
BUSY_SECONDS: Final = 5
"""Timeout of a write while another program locks the database."""


@dataclass(slots=True)
class WriteChanges:
    changes: Sequence[WritePlan]


@dataclass(slots=True)
class ClaimDeliveries:
    limit: int
    lease: int
    held: Mapping[str, int]
    full: Sequence[str]


@dataclass(slots=True)
class Probe:
    """Writes a no-op update, to see whether writing works again."""


@dataclass(slots=True)
class Scrub:
    """Truncates the write-ahead log; the result is False while a reader prevents it."""


@dataclass(slots=True)
class PurgeAudit:
    """See `Store.purge_audit`."""

    before: Instant
    limit: int


Work: TypeAlias = WriteChanges | ClaimDeliveries | Probe | Scrub | PurgeAudit


@dataclass(slots=True)
class _Job:
    work: Work
    future: asyncio.Future[Any]
    result: Any = None
    error: Exception | None = None
    events: list[ChangeEvent] = field(default_factory=list)


class Writer:
    """Owns the one connection that may write. Calls `notify` on the loop after each commit.

    `trouble` is the error of the last commit, None once one has succeeded.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        clock: Clock,
        loop: asyncio.AbstractEventLoop,
        notify: Callable[[list[ChangeEvent]], None],
        observer: Observer,
        files: OpenedFiles,
    ) -> None:
        self._connection = connection
        self._clock = clock
        self._loop = loop
        self._notify = notify
        self._observer = observer
        self._files = files
        self._is_gone = False
        self._is_saved = False
        self._handed_over: queue.SimpleQueue[list[_Job] | None] = queue.SimpleQueue()
        self._of_this_tick: list[_Job] = []
        self._waiting = 0
        self._thread = threading.Thread(target=self._run, name="sqlite-writer", daemon=True)
        self.is_closed = False
        self.trouble: str | None = None
        self.write_failure = WriteFailure(lambda: clock.now() / 1000)
        self._thread.start()

    def submit(self, work: Work) -> asyncio.Future[Any]:
        """Return a future of the work's result, done after the commit. Raises StoreUnavailable."""
        if self.is_closed:
            raise StoreUnavailable("the database is closed")
        if self._waiting >= QUEUE_LIMIT:
            raise StoreUnavailable("too many writes are waiting")
        if not self._of_this_tick:
            self._loop.call_soon(self._hand_over)
        future = self._loop.create_future()
        self._of_this_tick.append(_Job(work, future))
        self._waiting += 1
        return future

    async def close(self) -> None:
        """Write all pending jobs, then end the thread."""
        self.is_closed = True
        self._hand_over()
        self._handed_over.put(None)
        await asyncio.to_thread(self._thread.join)

    def _hand_over(self) -> None:
        """Hand the jobs of one tick of the event loop to the thread together, which wakes it once."""
        if self._of_this_tick:
            self._handed_over.put(self._of_this_tick)
            self._of_this_tick = []

    def _run(self) -> None:
        jobs: list[_Job] = []
        while self._fetch(jobs):
            batch = jobs[:BATCH_LIMIT]
            del jobs[:BATCH_LIMIT]
            # A scrub runs outside the transaction: its failure must not fail jobs that were committed,
            # and it must remove what they have just erased.
            scrubs = [job for job in batch if isinstance(job.work, Scrub)]
            if writes := [job for job in batch if not isinstance(job.work, Scrub)]:
                self._write(writes)
            for job in scrubs:
                job.result = self._scrub()
            self._loop.call_soon_threadsafe(self._answer, batch)
        try:
            self._files.check()
        except DatabaseGone as error:
            self._save_log(error)

    def _fetch(self, jobs: list[_Job]) -> bool:
        """Add all jobs that were handed over; wait if there are none. Return False at the end."""
        while not jobs or not self._handed_over.empty():
            more = self._handed_over.get()
            if more is None:
                self._handed_over.put(None)  # the end is seen again once these are written
                break
            jobs += more
        return bool(jobs)

    def _write(self, batch: list[_Job]) -> None:
        try:
            self._files.check_now_and_then()
            self._commit(batch)
            self._is_gone, self.trouble = False, None
        except DatabaseGone as error:
            self._save_log(error)
            for job in batch:
                job.error = error
        except sqlite3.OperationalError as error:
            # Disk full, read-only, locked by another program: it concerns all jobs.
            if self.write_failure.recent is None:
                log.warning("the database cannot write", error=str(error))
            self.trouble = str(error)
            self.write_failure.note(self.trouble)
            for job in batch:
                job.events.clear()
                job.error = StoreUnavailable(str(error))
        except Exception:
            # One job is at fault: commit each on its own, so that the others succeed.
            for job in batch:
                job.events.clear()
                try:
                    self._commit([job])
                except sqlite3.IntegrityError as error:
                    job.error = ValueError(str(error))
                except sqlite3.Error as error:
                    job.error = StoreUnavailable(str(error))
                except Exception as error:
                    job.error = error

    def _save_log(self, error: DatabaseGone) -> None:
        """Checkpoint a log that was deleted or would be replayed into the next file at the path."""
        if not self._is_gone:
            log.error("the database is gone", error=str(error))
            self._is_gone, self._is_saved = True, False
        # An active reader blocks it: then it is retried, at the end at the latest.
        if not self._is_saved:
            self._is_saved = self._scrub()

    def _scrub(self) -> bool:
        # A reader may block it, and other jobs must not wait for that.
        self._connection.execute("PRAGMA busy_timeout = 50")
        try:
            [busy, *_] = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.Error:
            return False
        finally:
            self._connection.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
        return not busy

    def _commit(self, batch: list[_Job]) -> None:
        began = time.perf_counter()
        cursor = self._connection.cursor()
        cursor.execute("BEGIN IMMEDIATE")
        try:
            now = self._clock.now()
            # Ids are derived from the time, so that they reveal no counts of other accounts.
            cursor.execute(audit.MOVE_IDS_AHEAD.sql, (audit.ids_from(now),))
            rows: dict[WriteStatement, list[Parameters]] = {}
            for job in batch:
                if isinstance(job.work, ClaimDeliveries):
                    job.result = _claim(cursor, job.work, now)
                elif isinstance(job.work, PurgeAudit):
                    job.result = _purge(cursor, job.work, now)
                elif isinstance(job.work, Probe):
                    cursor.execute("UPDATE audit_retention SET floor = floor")
                elif isinstance(job.work, WriteChanges):
                    job.result = [
                        _write_change(cursor, c, now, rows, job) for c in job.work.changes
                    ]
            for statement in sorted(rows, key=in_order):
                _write_rows(cursor, statement, rows[statement])
            cursor.execute("COMMIT")
            seconds = time.perf_counter() - began
            self._observer.batch_committed(sum(len(job.events) for job in batch), seconds)
        except BaseException:
            if self._connection.in_transaction:
                cursor.execute("ROLLBACK")
            raise

    def _answer(self, batch: list[_Job]) -> None:
        self._waiting -= len(batch)
        for job in batch:
            if job.future.done():
                continue
            if job.error is not None:
                job.future.set_exception(job.error)
            else:
                job.future.set_result(job.result)
        self._notify([event for job in batch for event in job.events])


def _write_change(
    cursor: sqlite3.Cursor,
    change: WritePlan,
    now: Instant,
    rows: dict[WriteStatement, list[Parameters]],
    job: _Job,
) -> Applied | Lost:
    if change.guard is not None:
        guard = change.guard
        cursor.execute(guard.statement.sqlite, fill_now(guard.parameters, now))
        if cursor.rowcount != 1:
            return Lost(now)
    for write in change.rows:
        rows.setdefault(write.statement, []).append(fill_now(write.parameters, now))
    job.events.append(change.event)
    return Applied(now)


def _write_rows(cursor: sqlite3.Cursor, statement: WriteStatement, rows: list[Parameters]) -> None:
    """Insert as many rows as possible with each statement, in sizes that the statement cache keeps.

    With one row a statement the thread and the event loop would hand over the interpreter's lock at
    every row.
    """
    if not isinstance(statement.write, Insert):
        cursor.executemany(statement.sqlite, rows)
        return
    start = 0
    for size in _INSERT_SIZES:
        while len(rows) - start >= size:
            flat = tuple(chain.from_iterable(rows[start : start + size]))
            # `execute` would also ask for the last row's id, and give up the lock for it.
            cursor.executemany(_insert_sql(statement.write, size), (flat,))
            start += size


@cache
def _insert_sql(insert: Insert, rows: int) -> str:
    return insert.sql(rows)


def _purge(cursor: sqlite3.Cursor, work: PurgeAudit, now: Instant) -> int:
    rows = cursor.execute(erasing.OLDEST_ENTRIES.sql, (work.limit,)).fetchall()
    found = erasing.purge_bounds(rows, work.before)
    if found is None:
        return 0
    last, floor = found
    cursor.execute(erasing.RAISE_FLOOR.sql, (floor, floor))
    cursor.execute(erasing.TELL_PURGED.sql, (now, last, floor))
    return cursor.execute(erasing.PURGE.sql, (last, floor)).rowcount


def _claim(cursor: sqlite3.Cursor, work: ClaimDeliveries, now: Instant) -> list[Delivery]:
    held, full = (msgspec.json.encode(each).decode() for each in (work.held, work.full))
    parameters = (held, full, now, now, now + work.lease, work.limit)
    rows = cursor.execute(deliveries.CLAIM_SQLITE.sql, parameters).fetchall()
    return [deliveries.from_row(row) for row in deliveries.CLAIM_SQLITE.records(rows)]
