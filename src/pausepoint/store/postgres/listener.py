"""Change events between processes: one LISTEN connection each, and a catch-up query of the rows.

A notification is a hint and may be lost; it is never sent inside the transaction that it is about,
since that would serialize the commits of all processes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, Final

import msgspec

from pausepoint.domain.time import Instant
from pausepoint.store.back_off import BackOff
from pausepoint.store.postgres.connection import FAREWELL_SECONDS, Connection, connect, is_trouble
from pausepoint.store.registry import ChangeEvent
from pausepoint.store.waiters import WaiterRegistry

_CHANNEL: Final = "pausepoint"
_IDS_IN_PAYLOAD: Final = 150
"""An id and its punctuation take 43 bytes; PostgreSQL allows 7999."""

_MOST_PAYLOADS: Final = 10
"""With more ids the other processes query all pauses that they wait for."""

CATCH_UP_SECONDS: Final = 1.0
POLL_SECONDS: Final = 5.0
"""Interval at which the worker queries the outbox and the deadlines without a notification, since
a process may die between its commit and its notification."""

LONGEST_BACK_OFF: Final = 2.0

_ANYTHING: Final = ChangeEvent(outbox=True, deadline=0)


class _Payload(msgspec.Struct, omit_defaults=True):
    pauses: list[str] = []
    accounts: list[str] = []
    outbox: bool = False
    deadline: Instant | None = None
    look: bool = False


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Payload).decode


class Listener:
    """`find_ended` returns those of some pauses that have ended or are undeliverable."""

    def __init__(
        self,
        url: str,
        registry: WaiterRegistry,
        find_ended: Callable[[Sequence[str]], Awaitable[list[str]]],
    ) -> None:
        self._url = url
        self._registry = registry
        self._find_ended = find_ended
        self._connection: Connection | None = None
        self._lost = asyncio.Event()
        self._unsent: list[ChangeEvent] = []
        self._has_unsent = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Connect. Raises errors for which `is_trouble` holds; later it reconnects by itself."""
        await self._connect()
        runs = (self._stay_connected(), self._send(), self._catch_up(), self._poll_worker())
        self._tasks = [asyncio.create_task(run) for run in runs]

    def announce(self, events: list[ChangeEvent]) -> None:
        """Notify the other processes soon, coalesced with other notifications."""
        if any(event != _NOTHING for event in events):
            self._unsent.extend(events)
            self._has_unsent.set()

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._connection is not None:
            connection, self._connection = self._connection, None
            if self._unsent and not connection.is_closed():
                with suppress(Exception):
                    await asyncio.wait_for(self._notify(connection), FAREWELL_SECONDS)
            connection.terminate()

    # ── Receiving ──

    async def _connect(self) -> None:
        connection = await connect(self._url)
        self._lost.clear()
        connection.add_termination_listener(lambda _: self._lost.set())
        await connection.add_listener(_CHANNEL, self._receive)
        self._connection = connection

    def _receive(self, connection: Any, sender: int, channel: str, payload: str) -> None:
        if sender == connection.get_server_pid():
            return
        try:
            received = _decode(payload)
        except msgspec.DecodeError:
            return  # From another program or release: the catch-up query finds the rows.
        self._registry.notify(ChangeEvent(pause_id=pause_id) for pause_id in received.pauses)
        self._registry.notify(ChangeEvent(developer_id=account) for account in received.accounts)
        self._registry.notify([ChangeEvent(outbox=received.outbox, deadline=received.deadline)])
        if received.look:
            self._registry.notify([_ANYTHING])
            self._registry.look.set()

    async def _stay_connected(self) -> None:
        back_off = BackOff(LONGEST_BACK_OFF)
        while True:
            await self._lost.wait()
            try:
                await self._connect()
                back_off.reset()
            except Exception as error:
                if not is_trouble(error):
                    raise
                await back_off.wait()
            # Notifications in between were lost.
            self._registry.notify([_ANYTHING])
            self._registry.look.set()

    async def _catch_up(self) -> None:
        while True:
            await self._registry.someone_waits.wait()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._registry.look.wait(), CATCH_UP_SECONDS)
            self._registry.look.clear()
            self._registry.wake_feeds()
            if waited_for := self._registry.waited_for():
                # StoreUnavailable: the next query may succeed.
                with suppress(Exception):
                    ended = await self._find_ended(waited_for)
                    self._registry.notify(ChangeEvent(pause_id=pause_id) for pause_id in ended)

    async def _poll_worker(self) -> None:
        while True:
            await asyncio.sleep(POLL_SECONDS)
            self._registry.notify([_ANYTHING])

    # ── Sending ──

    async def _send(self) -> None:
        while True:
            await self._has_unsent.wait()
            self._has_unsent.clear()
            if self._connection is not None and not self._connection.is_closed():
                # If the connection is lost, the catch-up queries of the others find the rows.
                with suppress(Exception):
                    await self._notify(self._connection)
            else:
                self._unsent.clear()

    async def _notify(self, connection: Connection) -> None:
        events, self._unsent = self._unsent, []
        await connection.execute(
            f"SELECT pg_notify('{_CHANNEL}', payload) FROM unnest($1::text[]) AS payload",
            encode_payloads(events),
        )


_NOTHING: Final = ChangeEvent()


def encode_payloads(events: Sequence[ChangeEvent]) -> list[str]:
    """Return the events as few payloads, each short enough for PostgreSQL."""
    pauses = dict.fromkeys(event.pause_id for event in events if event.pause_id is not None)
    accounts = dict.fromkeys(
        event.developer_id for event in events if event.developer_id is not None
    )
    if len(pauses) + len(accounts) > _IDS_IN_PAYLOAD * _MOST_PAYLOADS:
        return [_encode(_Payload(look=True)).decode()]
    deadlines = [event.deadline for event in events if event.deadline is not None]
    first = _Payload(
        outbox=any(event.outbox for event in events), deadline=min(deadlines, default=None)
    )
    payloads = [first]
    ids = [*((each, True) for each in pauses), *((each, False) for each in accounts)]
    for start in range(0, len(ids), _IDS_IN_PAYLOAD):
        payload = first if start == 0 else _Payload()
        some = ids[start : start + _IDS_IN_PAYLOAD]
        payload.pauses = [each for each, is_pause in some if is_pause]
        payload.accounts = [each for each, is_pause in some if not is_pause]
        if start:
            payloads.append(payload)
    return [_encode(payload).decode() for payload in payloads]
