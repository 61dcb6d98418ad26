"""The log: text on a terminal, one JSON object a line elsewhere; never a key, a link or a message.

A line carries the ids of what it was written for: `request_id`, `delivery_id`, `pause_id` and
`trace_id`. Each is a variable of the current task; setting one costs about 0.1 µs, and they are
read only where a line is written.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from itertools import starmap
from typing import Any, BinaryIO, Final, TextIO, cast

import msgspec
import structlog
from structlog.dev import Column, ConsoleRenderer, KeyValueColumnFormatter

from pausepoint.clock import SystemClock
from pausepoint.domain.time import to_rfc3339

request_id: Final = ContextVar[str | None]("request_id", default=None)
delivery_id: Final = ContextVar[str | None]("delivery_id", default=None)
pause_id: Final = ContextVar[str | None]("pause_id", default=None)
trace_id: Final = ContextVar[str | None]("trace_id", default=None)
"""32 hexadecimal digits, where traces are made."""

_IDS: Final = (request_id, delivery_id, pause_id, trace_id)
_ID_NAMES: Final = frozenset(variable.name for variable in _IDS)

# Without local variables: they hold keys, links and the words of agents and people.
_TRACEBACKS = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)
_clock = SystemClock()
_QUIET = ("uvicorn", "uvicorn.error", "aiosmtplib", "asyncio")
_REPETITIVE: Final = ("opentelemetry", "urllib3")
"""Libraries that say the same over and over while a collector cannot be reached."""

_SAME_AGAIN_SECONDS: Final = 300
_SAID_KEPT: Final = 100


def configure(log_format: str | None) -> None:
    """Configure logging. `log_format` is text, json, or None: text on a terminal, else json."""
    is_text = log_format == "text" or (log_format is None and sys.stderr.isatty())
    written: list[structlog.typing.Processor] = [_add_timestamp, _TRACEBACKS, _as_json]
    if is_text:
        written = [structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False), _console()]
    structlog.configure(
        processors=[structlog.processors.add_log_level, _add_ids, *written],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, _Stderr()))
        if is_text
        else structlog.BytesLoggerFactory(cast(BinaryIO, _Stderr())),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(handlers=[_OfLibraries()], level=logging.WARNING, force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)


class AccessLine(msgspec.Struct, kw_only=True):
    """One answered request. `route` is the pattern: a path can hold a person's link.

    `not_logged`: how many requests over a limit had no line of their own before this one.
    """

    timestamp: str
    request_id: str
    method: str
    route: str
    status: int
    ms: float
    event: str = "request"
    level: str = "info"
    not_logged: int | msgspec.UnsetType = msgspec.UNSET
    trace_id: str | msgspec.UnsetType = msgspec.UNSET


def access_logger() -> Callable[[AccessLine], None]:
    """Return a writer of access lines; JSON lines bypass structlog, at a tenth of the time.

    What comes in one turn of the event loop is written at its end, in one piece.
    """
    log = structlog.get_logger("pausepoint.access")
    if structlog.get_config()["processors"][-1] is not _as_json:
        return lambda line: log.info(
            line.event,
            method=line.method,
            route=line.route,
            status=line.status,
            ms=line.ms,
            **({"not_logged": line.not_logged} if line.not_logged else {}),
        )
    encode, stream = msgspec.json.Encoder().encode, _Stderr()
    lines: list[bytes] = []

    def write_lines() -> None:
        stream.write(b"".join(lines))
        lines.clear()

    def keep_line(line: AccessLine) -> None:
        line.trace_id = trace_id.get() or msgspec.UNSET
        if not lines:
            asyncio.get_running_loop().call_soon(write_lines)
        lines.append(encode(line) + b"\n")

    return keep_line


class _Stderr:
    """stderr, which may be full, or closed: a failure to log stops nothing.

    Unbuffered: what a buffer could not write it would try again, and fail the program's exit.
    """

    def __init__(self) -> None:
        buffer = sys.stderr.buffer
        self._stream = getattr(buffer, "raw", buffer)

    def write(self, piece: bytes | str) -> None:
        written = piece.encode(errors="replace") if isinstance(piece, str) else piece
        # ValueError: it was closed.
        with suppress(OSError, ValueError):
            self._stream.write(written)

    def flush(self) -> None:
        pass


class _OfLibraries(logging.Handler):
    """What libraries say becomes a line like ours, with the ids of what they were called for."""

    def __init__(self) -> None:
        super().__init__()
        self.addFilter(self._is_news)
        self._said: dict[tuple[str, str], float] = {}

    def emit(self, record: logging.LogRecord) -> None:
        log = structlog.get_logger(record.name)
        log.log(record.levelno, record.getMessage(), library=record.name, exc_info=record.exc_info)

    def _is_news(self, record: logging.LogRecord) -> bool:
        if not record.name.startswith(_REPETITIVE):
            return True
        key = (record.name, str(record.msg))
        last = self._said.get(key)
        if last is not None and record.created - last < _SAME_AGAIN_SECONDS:
            return False
        if len(self._said) >= _SAID_KEPT:
            self._said.clear()
        self._said[key] = record.created
        return True


def _add_ids(_: Any, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    for variable in _IDS:
        value = variable.get()
        if value is not None:
            event.setdefault(variable.name, value)
    return event


def _add_timestamp(
    _: Any, __: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    event["timestamp"] = to_rfc3339(_clock.now())
    return event


def _as_json(_: Any, __: str, event: structlog.typing.EventDict) -> bytes:
    return msgspec.json.encode(event, enc_hook=str)


def _console() -> ConsoleRenderer:
    """Render for people: ids at the end of a line, dimmed where there is colour."""
    has_colors = sys.stderr.isatty()
    usual = {each.key: each.formatter for each in ConsoleRenderer(colors=has_colors).columns}
    plain = usual.pop("")
    styles = ConsoleRenderer.get_default_column_styles(has_colors)
    quiet = KeyValueColumnFormatter(styles.timestamp, styles.timestamp, styles.reset, str)

    def field(key: str, value: object) -> str:
        return (quiet if key in _ID_NAMES else plain)(key, value)

    return ConsoleRenderer(
        columns=[*starmap(Column, usual.items()), Column("", field)],
        sort_keys=False,
        exception_formatter=structlog.dev.plain_traceback,
    )
