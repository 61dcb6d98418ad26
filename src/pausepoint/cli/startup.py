"""Opening the service: transient failures are retried, all others reported at once."""

# ruff: noqa: PLC0415 - a command imports what it needs when it runs
from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import structlog

if TYPE_CHECKING:
    from pausepoint.config.settings import Settings
    from pausepoint.lifecycle.bootstrap import Running

LOOK_AGAIN: Final = timedelta(seconds=1)

log = structlog.get_logger("pausepoint.start")


async def open_when_there(settings: Settings) -> Running:
    """Open the service, with retries while its PostgreSQL cannot be reached.

    Raises what `open_service` raises for a database that is there and does not fit.
    """
    from pausepoint.lifecycle.bootstrap import open_service
    from pausepoint.store.base import StoreUnavailable

    while True:
        try:
            return await open_service(settings)
        except StoreUnavailable as error:
            log.warning("the database cannot be reached yet", error=str(error))
            await asyncio.sleep(LOOK_AGAIN.total_seconds())


def refusal_of(error: Exception) -> str:
    """Return the reason why the start failed, for the operator; unexpected errors are logged."""
    from pausepoint.config.settings import ConfigError
    from pausepoint.observability.metrics import NoMetricsAddress
    from pausepoint.store.base import CannotOpen
    from pausepoint.web.server import ServerBroken

    if isinstance(error, CannotOpen | ConfigError | NoMetricsAddress | ServerBroken):
        return str(error)
    if isinstance(error, OSError) and error.filename is not None:
        return f"Cannot make or remove {error.filename}: {error.strerror}."
    log.error("the start failed", exc_info=error)
    return "It cannot start: see the log."
