"""An entry of the audit log."""

from __future__ import annotations

from pausepoint.domain.events import Actor, Event
from pausepoint.domain.record import record
from pausepoint.domain.time import Instant


@record(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """A fact that stays. `detail` holds ids and codes only; `content` what was joined on reading."""

    entry_id: int
    developer_id: str
    pause_id: str | None
    event: Event
    actor: Actor
    detail: dict[str, object]
    created_at: Instant
