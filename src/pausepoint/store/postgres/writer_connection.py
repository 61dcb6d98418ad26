"""One writing connection: commits a batch as one statement, and finds out what became of it."""

from __future__ import annotations

import random
import uuid
from collections.abc import Sequence
from itertools import count
from operator import attrgetter
from typing import Any, Final

import msgspec

from pausepoint.domain.in_flight import InFlight
from pausepoint.domain.time import Instant
from pausepoint.store import deliveries
from pausepoint.store.postgres.batch_sql import UNGUARDED, Types, batch_sql
from pausepoint.store.postgres.connection import (
    FAREWELL_SECONDS,
    Connection,
    connect,
    translated,
)
from pausepoint.store.statements import Parameters, Statement, fill_now, in_order
from pausepoint.store.write_plan import WritePlan

_SETTLE: Final = (
    "INSERT INTO commit_marks AS m (writer_id, batch, fence, won, used_at)"
    " VALUES ($1, 0, $2, '{}', $3)"
    " ON CONFLICT (writer_id) DO UPDATE SET fence = excluded.fence RETURNING m.batch, m.won"
)
_FORGET: Final = "DELETE FROM commit_marks WHERE writer_id = $1"


_claims: Final = count(random.randrange(1_000_000))  # noqa: S311 - not a secret
_encode = msgspec.json.Encoder().encode


class WriterConnection:
    """Numbers its batches; the number of the last one committed is in the database, with its winners."""

    def __init__(self, url: str, types: Types) -> None:
        self._url = url
        self._types = types
        self._writer_id = f"wrt_{uuid.uuid4().hex}"
        self._number = 0
        self._connection: Connection | None = None
        self._unheard: tuple[Instant, Instant] | None = None

    @property
    def is_connected(self) -> bool:
        return self._connection is not None and not self._connection.is_closed()

    @property
    def connection(self) -> Connection:
        return self._connection

    async def reconnect(self) -> None:
        """Raises what `is_trouble` knows."""
        self.drop()
        self._connection = await connect(self._url)
        if self._unheard is not None:
            # A claim may have committed while the connection broke: it is undone, so the rows are due again.
            await self._connection.execute(
                translated(deliveries.UNCLAIM_POSTGRES.sql), *self._unheard
            )
            self._unheard = None

    def drop(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    async def commit(self, changes: Sequence[WritePlan], now: Instant) -> frozenset[int]:
        """The numbers, from 1, of the changes whose guard held. All are durable, or none.

        After an error that took the connection along, `request_with_retries` says which.
        """
        self._number += 1
        guards, rows = _sets(changes, now)
        sets = [*guards.items(), *rows.items()]
        types = tuple(self._types[statement] for statement, _ in sets)
        sql = batch_sql(tuple(guards), tuple(rows), types)
        documents = [_encode(parameters).decode() for _, parameters in sets]
        row = await self.connection.fetchrow(sql, self._writer_id, self._number, now, *documents)
        return frozenset(row[0])

    async def request_with_retries(self, now: Instant) -> frozenset[int] | None:
        """What `commit` would have answered, or None: then the last batch was not and will not be.

        Waits for a transaction of ours that still runs, since that holds the mark's row; one that
        has not come so far finds the fence. A transaction id would not do instead of the mark: a
        crash may give the same id to another transaction.
        """
        batch, won = await self.connection.fetchrow(_SETTLE, self._writer_id, self._number, now)
        return frozenset(won) if batch == self._number else None

    async def claim(self, limit: int, lease: int, in_flight: InFlight, now: Instant) -> list[Any]:
        sql = translated(deliveries.CLAIM_POSTGRES.sql)
        # By this instant an unheard claim is taken back. In this process each is later than the one
        # before; another process's is hardly ever the same.
        until = now + lease + next(_claims) % (lease // 6 + 1)
        self._unheard = (now, until)
        held, full = _encode(in_flight.counts()).decode(), in_flight.full()
        rows = await self.connection.fetch(sql, held, full, now, now, until, now, limit)
        self._unheard = None
        return [deliveries.from_row(row) for row in rows]

    async def close(self) -> None:
        """Raises what `is_trouble` knows; the connection is gone in any case."""
        try:
            if self.is_connected:
                await self.connection.execute(_FORGET, self._writer_id, timeout=FAREWELL_SECONDS)
                await self.connection.close()
        finally:
            self.drop()


def _sets(
    changes: Sequence[WritePlan], now: Instant
) -> tuple[dict[Statement, list[Parameters]], dict[Statement, list[Parameters]]]:
    """The parameters by statement, guards and rows, in an order that gives few different batches."""
    guards: dict[Statement, list[Parameters]] = {}
    rows: dict[Statement, list[Parameters]] = {}
    for number, change in enumerate(changes, 1):
        item = UNGUARDED
        if change.guard is not None:
            item = number
            parameters = fill_now(change.guard.parameters, now)
            guards.setdefault(change.guard.statement, []).append((*parameters, item))
        for write in change.rows:
            rows.setdefault(write.statement, []).append((*fill_now(write.parameters, now), item))
    return (
        {statement: guards[statement] for statement in sorted(guards, key=attrgetter("name"))},
        {statement: rows[statement] for statement in sorted(rows, key=in_order)},
    )
