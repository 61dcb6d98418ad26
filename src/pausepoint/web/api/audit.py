"""/v1/audit: what happened, newest first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pausepoint.domain.errors import ValidationFailed
from pausepoint.domain.events import Event
from pausepoint.domain.ids import parse_pause_id
from pausepoint.domain.time import Instant, from_datetime
from pausepoint.operations.queries import AuditFilters, read_audit
from pausepoint.web.endpoint import Call
from pausepoint.web.schemas import page_of
from pausepoint.web.schemas.audit import AuditList, audit_item


async def list_all(call: Call) -> AuditList:
    query = call.query
    filters = AuditFilters(
        pause_id=_pause_id(query.pause_id),
        event=_event(query.event_type),
        since=_instant("from_date", query.from_date, end_of_day=False),
        until=_instant("to_date", query.to_date, end_of_day=True),
        limit=query.limit + 1,
        offset=query.offset,
    )
    found = await read_audit(call.services, call.caller, filters)
    shown, place = page_of(found, query)
    return AuditList(items=[audit_item(entry) for entry in shown], **place)


def _pause_id(text: str | None) -> str | None:
    if not text:
        return None
    pause_id = parse_pause_id(text)
    if pause_id is None:
        raise ValidationFailed(("pause_id", "This is not a pause id."))
    return pause_id


def _event(text: str | None) -> Event | None:
    if not text:
        return None
    try:
        return Event(text)
    except ValueError:
        raise ValidationFailed(("event_type", "There is no such event type.")) from None


def _instant(field: str, text: str | None, *, end_of_day: bool) -> Instant | None:
    if not text:
        return None
    try:
        # In a query string a `+` that was not escaped arrives as a blank.
        moment = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
    except ValueError:
        raise ValidationFailed((field, "Must be RFC 3339, or a date such as 2026-11-22.")) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        if end_of_day and len(text) == len("2026-11-22"):
            moment += timedelta(days=1, milliseconds=-1)
        return from_datetime(moment)
    except OverflowError:
        raise ValidationFailed((field, "This date is out of range.")) from None
