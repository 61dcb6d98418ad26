"""A registered webhook."""

from __future__ import annotations

from pausepoint.domain.events import Event
from pausepoint.domain.mode import Mode
from pausepoint.domain.record import record
from pausepoint.domain.time import Instant


@record(frozen=True, slots=True, kw_only=True)
class Webhook:
    webhook_id: str
    developer_id: str
    mode: Mode
    url: str
    events: tuple[Event, ...]
    secret: str
    created_at: Instant
    disabled_at: Instant | None = None
