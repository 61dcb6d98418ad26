"""/health: alive, and ready to take work."""

from __future__ import annotations

from pausepoint import __version__
from pausepoint.web.endpoint import Call
from pausepoint.web.schemas.health import HealthBody


async def live(call: Call) -> HealthBody:
    return HealthBody(status="ok", version=__version__)


async def ready(call: Call) -> HealthBody:
    await call.services.readiness()
    return HealthBody(status="ok", version=__version__)
