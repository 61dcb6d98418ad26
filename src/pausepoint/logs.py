"""The log: text on a terminal, one JSON object a line elsewhere; never a key, a link or a message."""

from __future__ import annotations

import logging
import sys
from typing import Any

import msgspec
import structlog

_QUIET = ("uvicorn", "uvicorn.error", "aiosmtplib", "asyncio")


def configure(log_format: str | None) -> None:
    """`log_format` is text, json, or None to choose by whether stderr is a terminal."""
    is_text = log_format == "text" or (log_format is None and sys.stderr.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if is_text:
        structlog.configure(
            processors=[*shared, structlog.dev.ConsoleRenderer()],
            wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
            logger_factory=structlog.PrintLoggerFactory(sys.stderr),
            cache_logger_on_first_use=True,
        )
    else:
        structlog.configure(
            processors=[*shared, structlog.processors.dict_tracebacks, _as_json],
            wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
            logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
            cache_logger_on_first_use=True,
        )
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)


def _as_json(_: Any, __: str, event: structlog.typing.EventDict) -> bytes:
    return msgspec.json.encode(event, enc_hook=str)
