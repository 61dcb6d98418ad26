"""A writing connection: commits batches, and resolves ambiguous commits after a lost connection."""

from __future__ import annotations

import random
import uuid
from collections.abc import Sequence
from itertools import count
from operator import attrgetter
from typing import Final

import msgspec

from pausepoint.domain.delivery import Delivery
from pausepoint.domain.in_flight import InFlight
from pausepoint.domain.time import Instant
from pausepoint.store import deliveries
from pausepoint.store.postgres.batch_sql import UNGUARDED, Types, batch_sql
from pausepoint.store.postgres.connection import (
    FAREWELL_SECONDS,
    Connection,
    connect,
    with_numbers,
)
from pausepoint.store.statements import Parameters, WriteStatement, fill_now, in_order
from pausepoint.store.write_plan import WritePlan

_RESOLVE: Final = (
    "INSERT INTO commit_marks AS m (writer_id, batch, fence, won, used_at)"
    " VALUES ($1, 0, $2, '{}', $3)"
    " ON CONFLICT (writer_id) DO UPDATE SET fence = excluded.fence RETURNING m.batch, m.won"
)
_DELETE_MARK: Final = "DELETE FROM commit_marks WHERE writer_id = $1"


_claims: Final = count(random.randrange(1_000_000))  # noqa: S311 - not a secret
_encode = msgspec.json.Encoder().encode


class WriterConnection:
    """Numbers its batches and marks the last committed one, with its winners, in the database."""

    def __init__(self, url: str, types: Types) -> None:
        self._url = url
        self._types = types
        self._writer_id = f"wrt_{uuid.uuid4().hex}"
        self._number = 0
        self._connection: Connection | None = None
        self._open_claim: tuple[Instant, Instant] | None = None

    @property
    def is_connected(self) -> bool:
        return self._connection is not None and not self._connection.is_closed()

    @property
    def connection(self) -> Connection:
        return self._connection

    async def reconnect(self) -> None:
        """Replace the connection. Raises errors for which `is_trouble` holds."""
        self.drop()
        self._connection = await connect(self._url)
        if self._open_claim is not None:
            # A claim may have committed before the connection was lost: it is undone, so that its
            # deliveries are due again.
            await self._connection.execute(
                with_numbers(deliveries.UNCLAIM_POSTGRES.sql), *self._open_claim
            )
            self._open_claim = None

    def drop(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    async def commit(self, changes: Sequence[WritePlan], now: Instant) -> frozenset[int]:
        """Return the numbers, from 1, of the changes whose guard held. All are durable, or none.

        After an error that lost the connection, `resolve_commit` returns which.
        """
        self._number += 1
        guards, rows = _by_statement(changes, now)
        sets = [*guards.items(), *rows.items()]
        types = tuple(self._types[statement] for statement, _ in sets)
        sql = batch_sql(tuple(guards), tuple(rows), types)
        documents = [_encode(parameters).decode() for _, parameters in sets]
        won, _ = await self.connection.fetchrow(sql, self._writer_id, self._number, now, *documents)
        return frozenset(won)

    async def resolve_commit(self, now: Instant) -> frozenset[int] | None:
        """Return the result of the last `commit`, or None if it was not and will not be committed.

        Waits for a transaction of ours that is still running, since that locks the mark's row; one
        that begins later finds the fence. A transaction id instead of the mark is not enough: after
        a crash another transaction may get the same id.
        """
        batch, won = await self.connection.fetchrow(_RESOLVE, self._writer_id, self._number, now)
        return frozenset(won) if batch == self._number else None

    async def claim(
        self, limit: int, lease: int, in_flight: InFlight, now: Instant
    ) -> list[Delivery]:
        sql = with_numbers(deliveries.CLAIM_POSTGRES.sql)
        # A claim whose result was lost is undone by this instant, which is unique in this process and
        # hardly ever the same in another.
        until = now + lease + next(_claims) % (lease // 6 + 1)
        self._open_claim = (now, until)
        held, full = _encode(in_flight.counts()).decode(), in_flight.full()
        rows = await self.connection.fetch(sql, held, full, now, now, until, now, limit)
        self._open_claim = None
        return [deliveries.from_row(row) for row in deliveries.CLAIM_POSTGRES.records(rows)]

    async def close(self) -> None:
        """Close the connection in any case. Raises errors for which `is_trouble` holds."""
        try:
            if self.is_connected:
                await self.connection.execute(
                    _DELETE_MARK, self._writer_id, timeout=FAREWELL_SECONDS
                )
                await self.connection.close()
        finally:
            self.drop()


def _by_statement(
    changes: Sequence[WritePlan], now: Instant
) -> tuple[dict[WriteStatement, list[Parameters]], dict[WriteStatement, list[Parameters]]]:
    """Return the parameters of guards and rows by statement, sorted: few different batches result."""
    guards: dict[WriteStatement, list[Parameters]] = {}
    rows: dict[WriteStatement, list[Parameters]] = {}
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
