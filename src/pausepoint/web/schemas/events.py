"""/v1/events: the body of an event, as webhooks and callbacks get it too."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, Struct, UnsetType

from pausepoint.web.schemas import Timestamp, described


class EventsQuery(Struct, kw_only=True):
    types: Annotated[
        str | None, described("Only these events, separated by commas; else all of them.")
    ] = None


class EventDelivery(Struct, kw_only=True):
    """What became of an attempt to reach the person."""

    delivery_id: str | None
    attempt: int | None
    code: str | None
    channel: str
    reminder: bool


class EventData(Struct, kw_only=True):
    choice: str | None
    text: str | None
    response_at: Timestamp | None
    metadata: dict[str, Any] | None
    resolved_by: str | None
    test: Annotated[bool, described("Whether the pause was made with a test key.")]
    delivery: Annotated[EventDelivery | UnsetType, described("With notification.* only.")] = UNSET


class EventBody(Struct, kw_only=True):
    """An event. What a person answered is in the one that ended the pause."""

    event: str
    pause_id: str
    developer_id: str
    timestamp: Timestamp
    data: EventData
