"""THE table: every endpoint of the API, from which routes and the OpenAPI document are made.

One file a subject, of the same name as its handlers in `web/api/` and its types in `web/schemas/`.
The document has them in the order that they stand in here.
"""

from __future__ import annotations

from typing import Final

from pausepoint.web.endpoint import Endpoint
from pausepoint.web.endpoints import (
    audit,
    auth,
    callbacks,
    events,
    health,
    keys,
    pause,
    recipients,
    respond,
    webhooks,
)

ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    *pause.ENDPOINTS,
    *respond.ENDPOINTS,
    *webhooks.ENDPOINTS,
    *recipients.ENDPOINTS,
    *events.ENDPOINTS,
    *audit.ENDPOINTS,
    *auth.ENDPOINTS,
    *keys.ENDPOINTS,
    *callbacks.ENDPOINTS,
    *health.ENDPOINTS,
)
