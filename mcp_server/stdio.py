"""The stdio edge: lines in, lines out, a thread for each tool call, HTTP behind it.

One JSON message a line in and out, UTF-8; nothing but protocol is written to stdout. Requests run
side by side; end of input ends the process at once. MCP specification, page Transports, stdio.
"""

from __future__ import annotations

import os
import sys
import threading
import time

from . import core, messages, refusals
from .api import ApiFailure, CallCancelled
from .calls import CallContext, KnownPauses
from .settings import Settings
from .tool_call import ToolCall
from .tools import POLL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    from .api import ApiRequest, Json, Outcome, ToolSteps
    from .exchange import Exchange
    from .messages import RequestId

MAX_LINE_BYTES = 4 * 1024 * 1024
MAX_CALLS_AT_ONCE = 256


class _Running:
    """A tool call under way. Its fields change only under the server's lock."""

    def __init__(self, call: ToolCall, deliver: Callable[[Json | None], None]) -> None:
        self.call = call
        self.deliver = deliver
        self.exchange: Exchange | None = None
        self.is_cancelled = False
        self.began = time.monotonic()


class StdioServer:
    """Reads messages from a stream and writes answers to a file descriptor, until end of input.

    `progress_seconds` is the time between two progress notifications of a wait.
    """

    def __init__(
        self, settings: Settings, out_fd: int, *, progress_seconds: float = core.PROGRESS_SECONDS
    ) -> None:
        self._settings = settings
        self._offer = core.Offer(
            settings.max_wait_seconds,
            has_permission_prompt=settings.permission is not None,
            has_callback=bool(settings.callback_secret),
        )
        self._out_fd = out_fd
        self._progress_seconds = progress_seconds
        self._known = KnownPauses()
        self._running: dict[RequestId, _Running] = {}
        # Held for every write and every change of `_running`: what was cancelled under it can
        # no longer say anything.
        self._lock = threading.Lock()

    def serve(self, stream: BinaryIO) -> None:
        """Returns at end of input; calls that still run are left behind for the process's end."""
        for line in _lines(stream):
            if line.strip():
                self._take(line)

    def drain(self) -> None:
        """Lets a message that is being written get out, unless the reader is stuck."""
        self._lock.acquire(timeout=0.03)

    def _take(self, line: bytes) -> None:
        try:
            message = messages.parsed(line)
        except (ValueError, RecursionError):
            self._write_now(
                messages.error(None, messages.PARSE_ERROR, "Not a JSON message in UTF-8")
            )
            return
        if not isinstance(message, list):
            self._handle(message, self._deliver_one)
        elif message:
            batch = _Batch(len(message), self._write)
            for item in message:
                self._handle(item, batch.deliver)
        else:
            self._write_now(messages.error(None, messages.INVALID_REQUEST, "An empty batch"))

    def _handle(self, message: object, deliver: Callable[[Json | None], None]) -> None:
        is_short = core.cuts_calls_early(message, core.SHORT_LIVED_ON_STDIO)
        if is_short and not self._settings.has_own_wait:
            self._offer.max_wait_seconds = core.SHORT_MAX_WAIT_SECONDS
            self._known.longest_wait = core.SHORT_MAX_WAIT_SECONDS
        received = core.receive(message, self._offer)
        with self._lock:
            if isinstance(received, core.Reply):
                deliver(received.message)
            elif isinstance(received, ToolCall):
                self._begin(received, deliver)
            else:
                if isinstance(received, core.Cancellation):
                    self._cancel(received.request_id)
                deliver(None)

    def _begin(self, call: ToolCall, deliver: Callable[[Json | None], None]) -> None:
        if call.request_id in self._running:
            text = "A request with this id is still running"
            deliver(messages.error(call.request_id, messages.INVALID_REQUEST, text))
            return
        running = _Running(call, deliver)
        self._running[call.request_id] = running
        try:
            if len(self._running) > MAX_CALLS_AT_ONCE:
                raise RuntimeError
            threading.Thread(target=self._run, args=(running,), daemon=True).start()
        except RuntimeError:
            del self._running[call.request_id]
            deliver(call.refuse(refusals.too_many_calls(MAX_CALLS_AT_ONCE, call.name)))

    def _cancel(self, request_id: RequestId) -> None:
        running = self._running.pop(request_id, None)
        if running is None:
            return
        running.is_cancelled = True
        running.deliver(None)
        if running.call.name == POLL:
            self._known.note_given_up(time.monotonic() - running.began)
        if running.exchange is not None:
            running.exchange.abort("cancelled")

    def _run(self, running: _Running) -> None:
        call = running.call
        try:
            message = self._driven(running)
        except Exception:
            # Every request is answered, also after an error.
            sys.excepthook(*sys.exc_info())
            message = messages.error(call.request_id, messages.INTERNAL_ERROR, "Internal error")
        with self._lock:
            if not running.is_cancelled:
                del self._running[call.request_id]
                running.deliver(message)

    def _driven(self, running: _Running) -> Json:
        context = CallContext(
            now=time.time(),  # noqa: TID251 - no clock of the service reaches this process
            fresh_key=os.urandom(16).hex(),
            known=self._known,
            permission=self._settings.permission,
            callback_secret=self._settings.callback_secret,
        )
        steps = running.call.steps(context)
        try:
            request = next(steps)
            while not running.is_cancelled:
                request = steps.send(self._performed(request, running))
        except StopIteration as done:
            message: Json = done.value
            return message
        self._tidy_up(steps)
        return {}

    def _tidy_up(self, steps: ToolSteps) -> None:
        try:
            request = steps.throw(CallCancelled())
            while True:
                request = steps.send(self._performed(request))
        except (CallCancelled, StopIteration):
            pass

    def _performed(self, request: ApiRequest, running: _Running | None = None) -> Outcome:
        """Without a running call the request can be neither watched nor broken off."""
        # http.client, ssl and what they bring take tens of milliseconds to import.
        from .exchange import Exchange, Target, target_problem  # noqa: PLC0415

        problem = self._settings.key_problem()
        failure = ApiFailure(problem, sent=False, is_setup=True) if problem else None
        failure = failure or target_problem(self._settings.base_url)
        if failure is not None:
            return failure
        exchange = Exchange(Target(self._settings.base_url), self._settings.api_key, request)
        if running is not None:
            with self._lock:
                running.exchange = exchange
                if running.is_cancelled:
                    exchange.abort("cancelled")
        exchange.start()
        return self._awaited(request, exchange, running)

    def _awaited(
        self, request: ApiRequest, exchange: Exchange, running: _Running | None
    ) -> Outcome:
        while not exchange.done.wait(self._progress_seconds):
            if exchange.is_overdue:
                exchange.abort("timed out")
                break
            if running is not None:
                self._write_progress(running, running.call.progress(request, exchange.seconds))
        assert exchange.outcome is not None
        return exchange.outcome

    def _write_progress(self, running: _Running, notification: Json | None) -> None:
        with self._lock:
            if notification is not None and not running.is_cancelled:
                self._write(notification)

    def _deliver_one(self, message: Json | None) -> None:
        if message is not None:
            self._write(message)

    def _write_now(self, message: Json) -> None:
        with self._lock:
            self._write(message)

    def _write(self, message: Json | list[Json]) -> None:
        left = memoryview(messages.encoded(message) + b"\n")
        try:
            while left:
                left = left[os.write(self._out_fd, left) :]
        except OSError:
            # The reader has gone: there is nothing left to do here.
            os._exit(0)


class _Batch:
    """Collects the answers to a batch and writes them as one list when all are there."""

    def __init__(self, expected: int, write: Callable[[list[Json]], None]) -> None:
        self._missing = expected
        self._write = write
        self._answers: list[Json] = []

    def deliver(self, message: Json | None) -> None:
        self._missing -= 1
        if message is not None:
            self._answers.append(message)
        if not self._missing and self._answers:
            self._write(self._answers)


def main() -> None:
    """Serves stdin and stdout, and ends the process."""
    out_fd = _claimed_stdout()
    server = StdioServer(Settings(os.environ), out_fd)  # noqa: TID251 - read here and nowhere else
    exit_code = 0
    try:
        server.serve(sys.stdin.buffer)
    except KeyboardInterrupt:
        exit_code = 130
    except Exception:
        sys.excepthook(*sys.exc_info())
        exit_code = 1
    server.drain()
    # Threads may be waiting for a person; a normal exit could wait with them.
    os._exit(exit_code)


def _claimed_stdout() -> int:
    """Return a private descriptor of stdout; other output goes to stderr from now on."""
    out_fd = os.dup(1)
    try:
        os.dup2(2, 1)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return out_fd


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """The lines of a stream; of one that is too long only its beginning, which then fails."""
    while True:
        line = stream.readline(MAX_LINE_BYTES)
        if not line:
            return
        yield line
        while line and not line.endswith(b"\n"):
            line = stream.readline(MAX_LINE_BYTES)
