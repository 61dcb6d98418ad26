"""/v1/events: what happens, as it happens."""

from __future__ import annotations

from starlette.responses import Response

from pausepoint.operations.event_feed import open_feed
from pausepoint.web.auth import presented_key, principal_of
from pausepoint.web.endpoint import Call
from pausepoint.web.event_stream import EventStream
from pausepoint.web.headers import header


async def follow(call: Call) -> Response:
    types = [name for name in (call.query.types or "").split(",") if name]
    last_event_id = header(call.request, b"last-event-id") or None
    feed = await open_feed(call.services, call.caller, last_event_id, types)

    async def check_key() -> None:
        await principal_of(presented_key(call.request), call.services)

    return EventStream(call.services, call.caller.developer_id, feed, check_key)
