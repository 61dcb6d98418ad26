"""The server's log, inside another program."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import structlog


@contextmanager
def only_warnings() -> Iterator[None]:
    """Log warnings to stderr only, unless the program has configured structlog itself."""
    if structlog.is_configured():
        yield
        return
    ours = structlog.make_filtering_bound_logger(logging.WARNING)
    structlog.configure(wrapper_class=ours, logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    try:
        yield
    finally:
        if structlog.get_config()["wrapper_class"] is ours:
            structlog.reset_defaults()
