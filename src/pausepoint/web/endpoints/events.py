"""The feed of events."""

from __future__ import annotations

from typing import Final

from pausepoint.domain import errors as e
from pausepoint.domain.scopes import Scope
from pausepoint.web.api import events
from pausepoint.web.endpoint import Endpoint
from pausepoint.web.schemas.events import EventBody, EventsQuery

ENDPOINTS: Final = (
    Endpoint(
        method="GET",
        path="/v1/events",
        handler=events.follow,
        operation_id="followEvents",
        summary="Follow what happens, as server-sent events",
        tag="Events",
        scope=Scope.PAUSES_READ,
        query=EventsQuery,
        waits=lambda query: True,
        streams=EventBody,
        errors=(e.EventsGone,),
        headers={"Last-Event-ID": "The last event that you have: those after it come first."},
    ),
)
