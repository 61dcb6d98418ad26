"""Reading the event feed without I/O: position, parsing of server-sent events, reconnects.

Source: the HTML standard, "Server-sent events".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from types import NoneType
from typing import Any

import msgspec
from msgspec import Struct

from pausepoint.client.errors import InvalidRequest
from pausepoint.client.paths import path, query
from pausepoint.client.protocol import Request, Steps
from pausepoint.client.retrying import RetryPolicy, request_with_retries
from pausepoint.client.verification import EventData

BEAT_SECONDS = 15.0
"""The server writes at least this often; after that and a time-out the line is dead."""
LONGEST_LINE = 1024 * 1024
"""An event with all its metadata stays far below."""

OnConnected = Callable[[str], None]


class FeedEvent(Struct, frozen=True, kw_only=True):
    """What happened to a pause. Give `event_id` to `events`, and what followed it comes first."""

    event_id: str
    event: str
    pause_id: str
    developer_id: str
    timestamp: datetime
    data: EventData

    @property
    def by_human(self) -> bool:
        """True if a person chose `data.choice`, False if the time-out's default applied."""
        return self.data.resolved_by == "human"


class _Told(Struct):
    event: str
    pause_id: str
    developer_id: str
    timestamp: datetime
    data: EventData


class BadStream(Exception):
    """The stream does not hold events of PausePoint."""


class Feed:
    """One reader's position. `on_connected` gets, on each connection, the id that it begins after."""

    def __init__(
        self,
        policy: RetryPolicy,
        types: Sequence[str],
        last_event_id: str | None,
        on_connected: OnConnected | None,
    ) -> None:
        if last_event_id is not None and not all("!" <= each <= "~" for each in last_event_id):
            raise InvalidRequest("last_event_id is not the id of an event.")
        self._policy = policy
        self._types = tuple(types)
        self._query = query({"types": ",".join(types) or None})
        self._last_event_id = last_event_id
        self._on_connected = on_connected
        self._vain = 0
        self._rest = self._data = b""
        self._id: str | None = None
        self._is_new = True

    def connect(self) -> Steps[None]:
        """Connect, with retries, until there is a stream whose bytes go to `take`. Raises as any call."""
        self._rest = self._data = b""
        self._id, self._is_new = None, True
        delay = self._policy.delay(self._vain - 1) if self._vain else 0.0
        self._vain += 1
        request = Request(
            method="GET",
            path=path("events") + self._query,
            hold=BEAT_SECONDS,
            delay=delay,
            is_stream=True,
            last_event_id=self._last_event_id,
        )
        yield from request_with_retries(request, NoneType, self._policy)

    def take(self, chunk: bytes) -> Iterator[FeedEvent]:
        """Return the events that this chunk completes. Raises BadStream."""
        *lines, rest = (self._rest + chunk).split(b"\n")
        self._rest = rest
        if len(self._rest) + len(self._data) > LONGEST_LINE:
            raise BadStream
        for line in lines:
            event = self._line(line.removesuffix(b"\r"))
            if event is not None:
                yield event

    def _line(self, line: bytes) -> FeedEvent | None:
        name, _, value = line.partition(b":")
        match name:
            case b"id":
                self._id = value.removeprefix(b" ").decode("ascii", "replace")
            case b"data":
                self._data += value.removeprefix(b" ") + b"\n"
            case b"" if line:
                self._vain = 0  # a beat: the line holds
            case b"":
                return self._dispatched()
        return None

    def _dispatched(self) -> FeedEvent | None:
        data, self._data = self._data, b""
        if self._id is not None:
            self._last_event_id = self._id
        if data:
            self._vain = 0
            return self._event(data)
        if self._is_new and self._last_event_id is not None:
            self._is_new = False
            if self._on_connected is not None:
                self._on_connected(self._last_event_id)
        return None

    def _event(self, data: bytes) -> FeedEvent:
        try:
            told: Any = msgspec.structs.asdict(msgspec.json.decode(data, type=_Told))
        except (msgspec.MsgspecError, ValueError, RecursionError):
            raise BadStream from None
        if self._types and told["event"] not in self._types:
            raise BadStream  # of another reader's stream
        return FeedEvent(event_id=self._last_event_id or "", **told)
