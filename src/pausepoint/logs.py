"""The log: text on a terminal, one JSON object a line elsewhere; never a key, a link or a message."""

from __future__ import annotations

import logging
import sys
from typing import Any

import msgspec
import structlog

from pausepoint.clock import SystemClock
from pausepoint.domain.time import to_rfc3339

# Without local variables: they hold keys, links and the words of agents and people.
_TRACEBACKS = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)
_clock = SystemClock()
_QUIET = ("uvicorn", "uvicorn.error", "aiosmtplib", "asyncio")


def configure(log_format: str | None) -> None:
    """`log_format` is text, json, or None to choose by whether stderr is a terminal."""
    is_text = log_format == "text" or (log_format is None and sys.stderr.isatty())
    if is_text:
        structlog.configure(
            processors=[
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False),
                structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
            ],
            wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
            logger_factory=structlog.PrintLoggerFactory(sys.stderr),
            cache_logger_on_first_use=True,
        )
    else:
        structlog.configure(
            processors=[
                structlog.processors.add_log_level,
                _add_timestamp,
                _TRACEBACKS,
                _as_json,
            ],
            wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
            logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
            cache_logger_on_first_use=True,
        )
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)


def _add_timestamp(
    _: Any, __: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    event["timestamp"] = to_rfc3339(_clock.now())
    return event


def _as_json(_: Any, __: str, event: structlog.typing.EventDict) -> bytes:
    return msgspec.json.encode(event, enc_hook=str)
