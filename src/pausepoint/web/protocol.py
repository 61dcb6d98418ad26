"""HTTP/1.1 on one connection: uvicorn's protocol, stricter, with time-outs, JSON errors and one write a response."""

from __future__ import annotations

import asyncio
import socket
import struct
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final, NoReturn
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from pausepoint.domain.errors import PausePointError
from pausepoint.web.cycle import Cycle
from pausepoint.web.errors import error_response
from pausepoint.web.request_errors import HeadersTooLarge, InvalidRequest, RequestTimeout
from pausepoint.web.write_coalescing import WriteCoalescer

HEADERS_TIME: Final = timedelta(seconds=10)
HEADERS_LIMIT: Final = 64 * 1024
HEADERS_COUNT: Final = 128
"""A one-letter header takes 200 bytes of memory: the limit in bytes alone would allow megabytes."""

BODY_TIME: Final = timedelta(seconds=15)
FRAMING_LIMIT: Final = 64 * 1024
"""Bytes of chunk headers and trailers in a row, without any data of the body between them."""

PIPELINE_LIMIT: Final = 64
"""Requests of one connection that may wait for the answer to an earlier one."""

WRITE_TIME: Final = timedelta(seconds=30)
"""How long an answer waits for a client that does not read."""

_FRAMING_HEADERS: Final = (b"content-length", b"transfer-encoding")


class Protocol(HttpToolsProtocol):
    """Strict HTTP/1.1: time and size are limited, and malformed requests are answered in JSON.

    What arrives for one request is never read as two. `Upgrade` is ignored (RFC 9110 section 7.8),
    trailers are dropped (section 6.5.1), and framing that a proxy may read differently is refused
    (RFC 9112 sections 3.2 and 6.3). After a refusal nothing more is read from the connection.

    A request that arrives whole in one piece, as nearly all do, costs no timer.
    """

    def __init__(self, write_coalescer: WriteCoalescer, **given: Any) -> None:
        super().__init__(**given)
        self._write_coalescer = write_coalescer
        self._arriving: timedelta | None = HEADERS_TIME
        self._timer: asyncio.TimerHandle | None = None
        self._write_timer: asyncio.TimerHandle | None = None
        self._read_bytes = 0
        self._header_bytes = 0
        self._framing_bytes = 0
        self._has_body_data = False
        self._is_replaying = False
        self._ignores_input = False
        self._error: PausePointError = InvalidRequest()
        self._quiet_since = self.loop.time()
        self._is_lingering = False

    def linger(self) -> None:
        """The next answer, or the one under way, is the last on this connection, and says so."""
        self._is_lingering = True
        if self._owes_answer():
            self.cycle.keep_alive = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._watch_arrival()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_watching()
        self._stop_write_timer()
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()
        super().connection_lost(exc)

    # ── Parsing ──

    def data_received(self, data: bytes) -> None:
        if self._ignores_input:
            return
        self._quiet_since = self.loop.time()
        self._read_bytes = len(data)
        if self._arriving is HEADERS_TIME:
            self._header_bytes += len(data)
        self._has_body_data = False
        try:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as stopped:
                self._ignore_upgrade(data[stopped.args[0] :])
        except httptools.HttpParserError:
            self._refuse(self._error)
            return
        if self._arriving is HEADERS_TIME:
            if self._header_bytes > HEADERS_LIMIT or len(self.headers or ()) > HEADERS_COUNT:
                self._refuse(HeadersTooLarge())
        elif self._arriving is BODY_TIME:
            self._framing_bytes = 0 if self._has_body_data else self._framing_bytes + len(data)
            if self._framing_bytes > FRAMING_LIMIT:
                self._refuse(InvalidRequest())
        self._watch_arrival()

    def _ignore_upgrade(self, data: bytes) -> None:
        """Parse on behind headers with `Upgrade`. Raises HttpParserError.

        httptools stops there and leaves what follows to the other protocol. There is none here:
        what follows is the body of this request.
        """
        while True:
            self._replay_framing()
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as stopped:
                data = data[stopped.args[0] :]
            else:
                return

    def _replay_framing(self) -> None:
        """Replaces the parser by one that stands behind the same headers, without `Upgrade`."""
        lines = [b"%b: %b" % header for header in self.headers if header[0] in _FRAMING_HEADERS]
        if not self.cycle.keep_alive:
            lines.append(b"connection: close")
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self._is_replaying = True
        self.parser.feed_data(b"\r\n".join([b"POST / HTTP/1.1", *lines, b"", b""]))
        self._is_replaying = False

    def on_message_begin(self) -> None:
        if self._is_replaying:
            return
        if len(self.pipeline) >= PIPELINE_LIMIT:
            self._fail(InvalidRequest())
        super().on_message_begin()
        self._arriving = HEADERS_TIME

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._arriving is HEADERS_TIME:  # Else it is a trailer, or a header that is replayed.
            self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """As uvicorn's, for a server with no WebSockets and no root path, and with our `Cycle`."""
        if self._is_replaying:
            return
        self._stop_watching()
        if (
            self._header_bytes > HEADERS_LIMIT
            or self._read_bytes > HEADERS_LIMIT
            or len(self.headers) > HEADERS_COUNT
        ):
            self._check_size()
        self._header_bytes = 0
        self._framing_bytes = 0
        version = self.parser.get_http_version()
        method = self.parser.get_method()
        headers = dict(self.headers)
        self._check_framing(version, method, headers)
        if self.url[:1] != b"/" and self.url != b"*":
            self._check_authority(headers)
        url = httptools.parse_url(self.url)
        self._arriving = BODY_TIME
        path = url.path.decode("ascii")
        self.scope["http_version"] = version
        self.scope["method"] = method.decode("ascii")
        self.scope["path"] = unquote(path) if "%" in path else path
        self.scope["raw_path"] = url.path
        self.scope["query_string"] = url.query or b""
        must_queue = self.cycle is not None and not self.cycle.response_complete
        self.cycle = Cycle(
            self._write_coalescer,
            scope=self.scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=headers.get(b"expect", b"").lower() == b"100-continue",
            keep_alive=version != "1.0"
            and not self._is_lingering
            and self.parser.should_keep_alive(),
            on_response=self.on_response_complete,
        )
        if must_queue:
            self.flow.pause_reading()
            self.pipeline.appendleft((self.cycle, self.app))
        else:
            self._start_asgi_task(self.cycle, self.app)

    def _check_framing(self, version: str, method: bytes, headers: dict[bytes, bytes]) -> None:
        """Refuse what a proxy may read in another way than this parser."""
        if b"transfer-encoding" in headers:
            is_chunked = headers[b"transfer-encoding"].strip(b" \t").lower() == b"chunked"
            if not is_chunked or version != "1.1":
                self._fail(InvalidRequest())
        if len(headers) != len(self.headers):
            names = [name for name, _ in self.headers]
            if names.count(b"host") > 1 or names.count(b"transfer-encoding") > 1:
                self._fail(InvalidRequest())
        is_odd_version = version != "1.1" and version != "1.0"
        if is_odd_version or method == b"CONNECT" or b"#" in self.url:
            self._fail(InvalidRequest())

    def _check_authority(self, headers: dict[bytes, bytes]) -> None:
        """Refuse an absolute target of another host than `Host` names (RFC 9112 section 3.2.2)."""
        authority = self.url.partition(b"://")[2].partition(b"/")[0].partition(b"?")[0]
        if authority.lower() != headers.get(b"host", b"").strip(b" \t").lower():
            self._fail(InvalidRequest())

    def _check_size(self) -> None:
        """What was read in one piece may hold more than these headers: they are counted alone."""
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > HEADERS_LIMIT or len(self.headers) > HEADERS_COUNT:
            self._fail(HeadersTooLarge())

    def on_body(self, body: bytes) -> None:
        self._has_body_data = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self.parser.should_upgrade():
            return  # The parser has left out the body.
        if not self.cycle.response_complete:
            self.cycle.more_body = False
            self.cycle.message_event.set()
        self._stop_watching()
        self._arriving = None

    def _fail(self, error: PausePointError) -> NoReturn:
        """Stops the parser from within a callback: it raises HttpParserCallbackError."""
        self._error = error
        raise ValueError(error.code)

    # ── Refusals ──

    def _refuse(self, error: PausePointError) -> None:
        """Answer the request that is arriving with `error`, ignore the rest of the input, close.

        Where earlier requests still wait for their answers, those are sent instead of the error:
        it would be read as the answer to one of them.
        """
        self._ignores_input = True
        self._stop_watching()
        self._write_coalescer.go()
        if self.transport.is_closing():
            return
        if self._arriving is BODY_TIME:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            if self.pipeline:
                self.pipeline.popleft()
            elif self.cycle.response_started:
                self._close()
            else:
                self._answer_with(error)
        elif not self._owes_answer():
            self._answer_with(error)

    def _answer_with(self, error: PausePointError) -> None:
        response = error_response(error)
        reason = HTTPStatus(error.status).phrase
        lines = [f"HTTP/1.1 {error.status} {reason}".encode(), b"connection: close"]
        headers = [*self.server_state.default_headers, *response.raw_headers]
        lines += [name + b": " + value for name, value in headers]
        self.transport.write(b"\r\n".join(lines) + b"\r\n\r\n" + bytes(response.body))
        self._close()

    def _owes_answer(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    # ── Ends of connections ──

    def shutdown(self) -> None:
        self._write_coalescer.go()
        super().shutdown()

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._write_timer is None:
            self._write_timer = self.loop.call_later(WRITE_TIME.total_seconds(), self._reset)

    def _reset(self) -> None:
        """Without lingering: the system would keep what was not read for minutes more."""
        sock = self.transport.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def resume_writing(self) -> None:
        self._stop_write_timer()
        super().resume_writing()

    def _stop_write_timer(self) -> None:
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None

    def _close(self) -> None:
        self.transport.close()
        self._abort_unless_read()

    def _abort_unless_read(self) -> None:
        """A closed transport lives until its client has read everything, or for ever."""
        if self._write_timer is None and self.transport.get_write_buffer_size():
            self.pause_writing()

    # ── One keep-alive timer a connection: to set and cancel one at each request costs more ──

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        self._quiet_since = self.loop.time()
        if self.transport.is_closing():
            self._abort_unless_read()
            return
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        elif self._ignores_input:
            self._close()
            return
        elif self.timeout_keep_alive_task is None:
            self._close_when_quiet(self.timeout_keep_alive)
        self.flow.resume_reading()
        self._watch_arrival()

    def timeout_keep_alive_handler(self) -> None:
        self.timeout_keep_alive_task = None
        quiet_for = self.loop.time() - self._quiet_since
        if self._owes_answer() or quiet_for < self.timeout_keep_alive:
            self._close_when_quiet(max(self.timeout_keep_alive - quiet_for, 1))
        elif not self.transport.is_closing():
            self._close()

    def _unset_keepalive_if_required(self) -> None:
        pass

    def _close_when_quiet(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(
            seconds, self.timeout_keep_alive_handler
        )

    # ── Arrivals ──

    def _watch_arrival(self) -> None:
        if (
            self._arriving is not None
            and self._timer is None
            and not self.transport.is_closing()
            and not self._is_queued()
        ):
            self._timer = self.loop.call_later(self._arriving.total_seconds(), self._too_slow)

    def _is_queued(self) -> bool:
        """Whether what arrives waits for the answer to an earlier request: then it may take its time."""
        return bool(self.pipeline) or (self._arriving is HEADERS_TIME and self._owes_answer())

    def _stop_watching(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_slow(self) -> None:
        # Before its headers are complete there is no request to answer.
        if self._arriving is BODY_TIME:
            self._refuse(RequestTimeout())
        else:
            self._close()
