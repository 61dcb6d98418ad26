"""News between processes: one LISTEN connection each, and a look at the rows, which are the truth.

A notification is a hint and may be lost; it is never sent inside the transaction it is about,
since that would make the commits of all processes take turns.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
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
LOOK_AGAIN_SECONDS: Final = 5.0
"""How often the worker's loops query the outbox and the deadlines without a notification: a
process that dies between its commit and its notification leaves rows without a notification."""

LONGEST_BACK_OFF: Final = 2.0

# Never sooner than it was known: everything may be due.
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
    """`find_ended` returns which of some pauses have ended or are undeliverable."""

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
        """Raises what `is_trouble` knows; later losses of the connection are mended in silence."""
        await self._connect()
        runs = (self._stay_connected(), self._send(), self._catch_up(), self._look_again())
        self._tasks = [asyncio.create_task(run) for run in runs]

    def announce(self, news: list[ChangeEvent]) -> None:
        """Notify the other processes soon, coalesced with other notifications."""
        if any(each != _NOTHING for each in news):
            self._unsent.extend(news)
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

    # ── Hearing ──

    async def _connect(self) -> None:
        connection = await connect(self._url)
        self._lost.clear()
        connection.add_termination_listener(lambda _: self._lost.set())
        await connection.add_listener(_CHANNEL, self._hear)
        self._connection = connection

    def _hear(self, connection: Any, sender: int, channel: str, payload: str) -> None:
        if sender == connection.get_server_pid():
            return
        try:
            told = _decode(payload)
        except msgspec.DecodeError:
            return  # Another program's, or another release's: the catch-up query finds the rows.
        self._registry.notify(ChangeEvent(pause_id=pause_id) for pause_id in told.pauses)
        self._registry.notify(ChangeEvent(developer_id=account) for account in told.accounts)
        self._registry.notify([ChangeEvent(outbox=told.outbox, deadline=told.deadline)])
        if told.look:
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
            # What was said in between was not heard.
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
                # StoreUnavailable: the next look may be luckier.
                with suppress(Exception):
                    ended = await self._find_ended(waited_for)
                    self._registry.notify(ChangeEvent(pause_id=pause_id) for pause_id in ended)

    async def _look_again(self) -> None:
        while True:
            await asyncio.sleep(LOOK_AGAIN_SECONDS)
            self._registry.notify([_ANYTHING])

    # ── Sending ──

    async def _send(self) -> None:
        while True:
            await self._has_unsent.wait()
            self._has_unsent.clear()
            if self._connection is not None and not self._connection.is_closed():
                # Lost with the connection: the others look for themselves.
                with suppress(Exception):
                    await self._notify(self._connection)
            else:
                self._unsent.clear()

    async def _notify(self, connection: Connection) -> None:
        news, self._unsent = self._unsent, []
        await connection.execute(
            f"SELECT pg_notify('{_CHANNEL}', payload) FROM unnest($1::text[]) AS payload",
            encoded(news),
        )


_NOTHING: Final = ChangeEvent()


def encoded(news: Sequence[ChangeEvent]) -> list[str]:
    """The news as payloads, each short enough for PostgreSQL."""
    return [_encode(payload).decode() for payload in _payloads(news)]


def _payloads(news: Sequence[ChangeEvent]) -> Iterator[_Payload]:
    pauses = {each.pause_id: None for each in news if each.pause_id is not None}
    accounts = {each.developer_id: None for each in news if each.developer_id is not None}
    outbox = any(each.outbox for each in news)
    deadline = min((each.deadline for each in news if each.deadline is not None), default=None)
    if len(pauses) + len(accounts) > _IDS_IN_PAYLOAD * _MOST_PAYLOADS:
        yield _Payload(look=True)
        return
    rest = [*((each, True) for each in pauses), *((each, False) for each in accounts)]
    payload = _Payload(outbox=outbox, deadline=deadline)
    while True:
        now, rest = rest[:_IDS_IN_PAYLOAD], rest[_IDS_IN_PAYLOAD:]
        payload.pauses = [each for each, is_pause in now if is_pause]
        payload.accounts = [each for each, is_pause in now if not is_pause]
        yield payload
        if not rest:
            return
        payload = _Payload()
