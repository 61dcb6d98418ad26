"""Whether the process is well: no key, and no limit."""

from __future__ import annotations

from typing import Final

from pausepoint.domain import errors as e
from pausepoint.web.access_control import AccessControl
from pausepoint.web.api import health
from pausepoint.web.endpoint import Endpoint
from pausepoint.web.request_errors import InvalidRequest
from pausepoint.web.schemas.health import HealthBody

ENDPOINTS: Final = (
    Endpoint(
        method="GET",
        path="/health",
        handler=health.ready,
        operation_id="getHealth",
        summary="Is it well?",
        tag="Health",
        needs_key=False,
        entry=AccessControl.unlimited,
        response=HealthBody,
        errors=(e.Unavailable, InvalidRequest),
    ),
    Endpoint(
        method="GET",
        path="/health/live",
        handler=health.live,
        operation_id="getLiveness",
        summary="Is the process alive?",
        tag="Health",
        needs_key=False,
        entry=AccessControl.unlimited,
        response=HealthBody,
        errors=(InvalidRequest,),
    ),
    Endpoint(
        method="GET",
        path="/health/ready",
        handler=health.ready,
        operation_id="getReadiness",
        summary="Can it take work?",
        tag="Health",
        needs_key=False,
        entry=AccessControl.unlimited,
        response=HealthBody,
        errors=(e.Unavailable, InvalidRequest),
    ),
)
