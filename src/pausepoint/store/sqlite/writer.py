"""The one thread that writes: everything that waits becomes one transaction (group commit)."""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import msgspec
import structlog

from pausepoint.clock import Clock
from pausepoint.domain.time import Instant
from pausepoint.observability.observer import Observer
from pausepoint.store import audit, deliveries, erasing
from pausepoint.store.base import DatabaseGone, StoreUnavailable
from pausepoint.store.changes import Applied, Lost
from pausepoint.store.registry import ChangeEvent
from pausepoint.store.sqlite.files import OpenedFiles
from pausepoint.store.statements import Parameters, Statement, fill_now, in_order, in_sets
from pausepoint.store.write_failure import WriteFailure
from pausepoint.store.write_plan import WritePlan

log = structlog.get_logger("pausepoint.store")

BATCH_LIMIT: Final = 256
"""Batch size of group commit: bounds the latency of a commit."""

QUEUE_LIMIT: Final = 20_000
BUSY_SECONDS: Final = 5
"""How long a write waits for another program that holds the database."""


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
    """Writes something that changes nothing, to see whether writing works again."""


@dataclass(slots=True)
class Scrub:
    """Empties the write-ahead log into the database; the result says whether it could."""


@dataclass(slots=True)
class PurgeAudit:
    """See `Erasing.purge_audit`."""

    before: Instant
    limit: int


Work: TypeAlias = WriteChanges | ClaimDeliveries | Probe | Scrub | PurgeAudit


@dataclass(slots=True)
class _Job:
    work: Work
    future: asyncio.Future[Any]
    result: Any = None
    error: Exception | None = None
    news: list[ChangeEvent] = field(default_factory=list)


class Writer:
    """Owns the one connection that may write. `notify` hears, on the loop, what was committed.

    `trouble` says why the last commit failed, until one has succeeded; `is_closed`, whether it is to end.
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
        self._is_kept = False
        self._handed_over: queue.SimpleQueue[list[_Job] | None] = queue.SimpleQueue()
        self._of_this_turn: list[_Job] = []
        self._waiting = 0
        self._thread = threading.Thread(target=self._run, name="sqlite-writer", daemon=True)
        self.is_closed = False
        self.trouble: str | None = None
        self.write_failure = WriteFailure(lambda: clock.now() / 1000)
        self._thread.start()

    def submit(self, work: Work) -> asyncio.Future[Any]:
        """A future of the work's result, done after the commit. Raises StoreUnavailable."""
        if self.is_closed:
            raise StoreUnavailable("the database is closed")
        if self._waiting >= QUEUE_LIMIT:
            raise StoreUnavailable("too many writes are waiting")
        if not self._of_this_turn:
            self._loop.call_soon(self._hand_over)
        future = self._loop.create_future()
        self._of_this_turn.append(_Job(work, future))
        self._waiting += 1
        return future

    async def close(self) -> None:
        """Writes what still waits, then ends the thread."""
        self.is_closed = True
        self._hand_over()
        self._handed_over.put(None)
        await asyncio.to_thread(self._thread.join)

    def _hand_over(self) -> None:
        """All that one turn of the loop brings goes together: the thread wakes once for it."""
        if self._of_this_turn:
            self._handed_over.put(self._of_this_turn)
            self._of_this_turn = []

    def _run(self) -> None:
        jobs: list[_Job] = []
        while self._fetch(jobs):
            batch = jobs[:BATCH_LIMIT]
            del jobs[:BATCH_LIMIT]
            # A scrub is no part of a transaction: what fails there must not seem to fail what was
            # committed, and what was just erased is gone with it.
            scrubs = [job for job in batch if isinstance(job.work, Scrub)]
            if writes := [job for job in batch if not isinstance(job.work, Scrub)]:
                self._write(writes)
            for job in scrubs:
                job.result = self._scrub()
            self._loop.call_soon_threadsafe(self._answer, batch)
        try:
            self._files.check()
        except DatabaseGone as error:
            self._keep_what_was_told(error)

    def _fetch(self, jobs: list[_Job]) -> bool:
        """Adds all that was handed over, and waits where there is nothing to do. False at the end."""
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
            self._keep_what_was_told(error)
            for job in batch:
                job.error = error
        except sqlite3.OperationalError as error:
            # Disk full, read-only, locked by another program: it concerns all jobs.
            self._note_trouble(str(error))
            for job in batch:
                job.news.clear()
                job.error = StoreUnavailable(str(error))
        except Exception:
            # One of them is at fault: each for itself, so that its neighbours are not harmed.
            for job in batch:
                job.news.clear()
                try:
                    self._commit([job])
                except sqlite3.IntegrityError as error:
                    job.error = ValueError(str(error))
                except sqlite3.Error as error:
                    job.error = StoreUnavailable(str(error))
                except Exception as error:
                    job.error = error

    def _keep_what_was_told(self, error: DatabaseGone) -> None:
        """A log that was deleted would be lost, one left behind be played into the next file there."""
        if not self._is_gone:
            log.error("the database is gone", error=str(error))
            self._is_gone, self._is_kept = True, False
        # An active reader blocks it: then it is tried again, at the end at the latest.
        if not self._is_kept:
            self._is_kept = self._scrub()

    def _note_trouble(self, words: str) -> None:
        if self.write_failure.recent is None:
            log.warning("the database cannot write", error=words)
        self.trouble = words
        self.write_failure.note(words)

    def _scrub(self) -> bool:
        # A reader holds it up; the others must not wait for that.
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
            sets: dict[Statement, list[Parameters]] = {}
            for job in batch:
                if isinstance(job.work, ClaimDeliveries):
                    job.result = _claim(cursor, job.work, now)
                elif isinstance(job.work, PurgeAudit):
                    job.result = _purge(cursor, job.work, now)
                elif isinstance(job.work, Probe):
                    cursor.execute("UPDATE audit_retention SET floor = floor")
                elif isinstance(job.work, WriteChanges):
                    job.result = [_write_guard(cursor, c, now, sets, job) for c in job.work.changes]
            for statement in sorted(sets, key=in_order):
                _write_set(cursor, statement, sets[statement])
            cursor.execute("COMMIT")
            seconds = time.perf_counter() - began
            self._observer.batch_committed(sum(len(job.news) for job in batch), seconds)
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
        self._notify([news for job in batch for news in job.news])


def _write_guard(
    cursor: sqlite3.Cursor,
    change: WritePlan,
    now: Instant,
    sets: dict[Statement, list[Parameters]],
    job: _Job,
) -> Applied | Lost:
    if change.guard is not None:
        statement = change.guard.statement
        sql = statement.sqlite or statement.sql
        cursor.execute(sql, fill_now(change.guard.parameters, now))
        if cursor.rowcount != 1:
            return Lost(now)
    for write in change.rows:
        sets.setdefault(write.statement, []).append(fill_now(write.parameters, now))
    job.news.append(change.news)
    return Applied(now)


def _write_set(cursor: sqlite3.Cursor, statement: Statement, rows: list[Parameters]) -> None:
    if statement.is_insert:
        for sql, parameters in in_sets(statement, rows):
            # `execute` would also ask for the last row's id, and give up the lock for it.
            cursor.executemany(sql, (parameters,))
    else:
        cursor.executemany(statement.sqlite or statement.sql, rows)


def _purge(cursor: sqlite3.Cursor, work: PurgeAudit, now: Instant) -> int:
    rows = cursor.execute(erasing.OLDEST_ENTRIES.sql, (work.limit,)).fetchall()
    found = erasing.oldest_of(rows, work.before)
    if found is None:
        return 0
    last, floor = found
    cursor.execute(erasing.RAISE_FLOOR.sql, (floor, floor))
    cursor.execute(erasing.TELL_PURGED.sql, (now, last, floor))
    return cursor.execute(erasing.PURGE.sql, (last, floor)).rowcount


def _claim(cursor: sqlite3.Cursor, work: ClaimDeliveries, now: Instant) -> list[Any]:
    held, full = (msgspec.json.encode(each).decode() for each in (work.held, work.full))
    parameters = (held, full, now, now, now + work.lease, work.limit)
    cursor.execute(deliveries.CLAIM_SQLITE.sql, parameters)
    return [deliveries.from_row(row) for row in cursor.fetchall()]
