"""HTTP/1.1 on one connection: uvicorn's, with arrivals timed, errors in JSON, and a whole answer in one write."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import unquote

import httptools
from starlette.types import Message
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from pausepoint.domain.errors import PausePointError
from pausepoint.web.departures import Departures
from pausepoint.web.errors import error_response
from pausepoint.web.request_errors import HeadersTooLarge, InvalidRequest, RequestTimeout

HEADERS_TIME: Final = timedelta(seconds=10)
HEADERS_LIMIT: Final = 64 * 1024
BODY_TIME: Final = timedelta(seconds=15)


class Protocol(HttpToolsProtocol):
    """Headers and bodies must arrive in time, and malformed HTTP is answered in JSON.

    A request that arrives whole in one piece, as nearly all do, costs no timer.
    """

    def __init__(self, departures: Departures, **given: Any) -> None:
        super().__init__(**given)
        self._departures = departures
        self._arriving: timedelta | None = HEADERS_TIME
        self._timer: asyncio.TimerHandle | None = None
        self._header_bytes = 0
        self._quiet_since = self.loop.time()
        self._is_lingering = False

    def linger(self) -> None:
        """The next answer, or the one under way, is the last on this connection, and says so."""
        self._is_lingering = True
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.keep_alive = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._watch_arrival()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_watching()
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._quiet_since = self.loop.time()
        if self._arriving is HEADERS_TIME:
            self._header_bytes += len(data)
        super().data_received(data)
        if self._arriving is HEADERS_TIME and self._header_bytes > HEADERS_LIMIT:
            self._refuse(HeadersTooLarge())
        self._watch_arrival()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._arriving = HEADERS_TIME

    def on_headers_complete(self) -> None:
        """As uvicorn's, for a server with no WebSockets and no root path, and with our `Cycle`."""
        self._stop_watching()
        self._header_bytes = 0
        self._arriving = BODY_TIME
        version = self.parser.get_http_version()
        url = httptools.parse_url(self.url)
        path = url.path.decode("ascii")
        self.scope["http_version"] = version
        self.scope["method"] = self.parser.get_method().decode("ascii")
        self.scope["path"] = unquote(path) if "%" in path else path
        self.scope["raw_path"] = url.path
        self.scope["query_string"] = url.query or b""
        before = self.cycle
        self.cycle = Cycle(
            self._departures,
            scope=self.scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=self.expect_100_continue,
            keep_alive=version != "1.0"
            and not self._is_lingering
            and self.parser.should_keep_alive(),
            on_response=self.on_response_complete,
        )
        if before is None or before.response_complete:
            self._start_asgi_task(self.cycle, self.app)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((self.cycle, self.app))

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._stop_watching()
        self._arriving = None

    def shutdown(self) -> None:
        self._departures.go()
        super().shutdown()

    def send_400_response(self, msg: str) -> None:
        self._refuse(InvalidRequest())

    # ── One keep-alive timer a connection: to set and cancel one at each request costs more ──

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        self._quiet_since = self.loop.time()
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        elif self.timeout_keep_alive_task is None:
            self._close_when_quiet(self.timeout_keep_alive)
        self._watch_arrival()

    def timeout_keep_alive_handler(self) -> None:
        self.timeout_keep_alive_task = None
        is_answering = self.cycle is not None and not self.cycle.response_complete
        quiet_for = self.loop.time() - self._quiet_since
        if is_answering or quiet_for < self.timeout_keep_alive:
            self._close_when_quiet(max(self.timeout_keep_alive - quiet_for, 1))
        else:
            super().timeout_keep_alive_handler()

    def _unset_keepalive_if_required(self) -> None:
        pass

    def _close_when_quiet(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(
            seconds, self.timeout_keep_alive_handler
        )

    # ── Arrivals ──

    def _watch_arrival(self) -> None:
        is_open = not self.transport.is_closing()
        if self._timer is None and self._arriving is not None and is_open and not self._is_queued():
            self._timer = self.loop.call_later(self._arriving.total_seconds(), self._too_slow)

    def _is_queued(self) -> bool:
        """Whether what arrives waits for the answer to an earlier request: then it may take its time."""
        is_answering = self.cycle is not None and not self.cycle.response_complete
        return bool(self.pipeline) or (self._arriving is HEADERS_TIME and is_answering)

    def _stop_watching(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_slow(self) -> None:
        # Before its headers are whole it is no request: there is nobody to answer.
        if self._arriving is BODY_TIME and not self.cycle.response_started:
            self.cycle.disconnected = True
            self._refuse(RequestTimeout())
        else:
            self.transport.close()

    def _refuse(self, error: PausePointError) -> None:
        response = error_response(error)
        reason = HTTPStatus(error.status).phrase
        lines = [f"HTTP/1.1 {error.status} {reason}".encode(), b"connection: close"]
        headers = [*self.server_state.default_headers, *response.raw_headers]
        lines += [name + b": " + value for name, value in headers]
        self.transport.write(b"\r\n".join(lines) + b"\r\n\r\n" + bytes(response.body))
        self.transport.close()


class Cycle(RequestResponseCycle):
    """One request and its answer. A head waits for the body: a whole answer leaves in one write."""

    def __init__(self, departures: Departures, **given: Any) -> None:
        super().__init__(**given)
        self._departures = departures
        self._start: Any = None
        self._whole = b""

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        start, self._start = self._start, None
        if start is None:
            await super().send(message)
        elif message.get("more_body") or not _is_plain(start["headers"]):
            await super().send(start)
            await super().send(message)
        else:
            if self.flow.write_paused and not self.disconnected:
                await self.flow.drain()
            if not self.disconnected:
                self._complete(start, message.get("body", b""))

    def _complete(self, start: Message, body: bytes) -> None:
        headers = [*self.default_headers, *start["headers"]]
        lines = [STATUS_LINE[start["status"]]]
        for name, value in headers:
            lines += (name, b": ", value, b"\r\n")
        lines.append(b"\r\n" if self.keep_alive else b"connection: close\r\n\r\n")
        head = b"".join(lines)
        if head.count(b"\n") != len(headers) + (2 if self.keep_alive else 3):
            raise RuntimeError("A header's value holds a line break.")
        self.response_started = self.response_complete = True
        self.waiting_for_100_continue = False
        self.message_event.set()
        self._whole = head if self.scope["method"] == "HEAD" else head + body
        # uvicorn forgets what comes after the answer as soon as the application has returned.
        self._departures.add(partial(self._leave, self.on_response))

    def _leave(self, after: Callable[[], None]) -> None:
        if not self.transport.is_closing():
            self.transport.write(self._whole)
            if not self.keep_alive:
                self.transport.close()
        after()


_OF_THE_CONNECTION: Final = (b"connection", b"transfer-encoding")


def _is_plain(headers: Any) -> bool:
    """Whether it says its length, and nothing of how it is sent."""
    names = {name for name, _ in headers}
    return b"content-length" in names and names.isdisjoint(_OF_THE_CONNECTION)
