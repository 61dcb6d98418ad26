"""/v1/audit: what happened."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Struct

from pausepoint.domain.audit import AuditEntry
from pausepoint.domain.time import to_rfc3339
from pausepoint.web.schemas import Limit, Offset, Timestamp, described


class AuditQuery(Struct, kw_only=True):
    pause_id: str | None = None
    event_type: str | None = None
    from_date: Annotated[str | None, described("RFC 3339, or a date. Inclusive.")] = None
    to_date: Annotated[str | None, described("RFC 3339, or a date. Inclusive.")] = None
    limit: Limit = 20
    offset: Offset = 0


class AuditItem(Struct, kw_only=True):
    id: int
    developer_id: str
    pause_request_id: str | None
    event_type: str
    actor: str
    detail: dict[str, Any]
    created_at: Timestamp


class AuditList(Struct, kw_only=True):
    items: list[AuditItem]
    limit: int
    offset: int
    has_more: bool


def audit_item(entry: AuditEntry) -> AuditItem:
    return AuditItem(
        id=entry.entry_id,
        developer_id=entry.developer_id,
        pause_request_id=entry.pause_id,
        event_type=entry.event,
        actor=entry.actor,
        detail=entry.detail,
        created_at=to_rfc3339(entry.created_at),
    )
