"""Queries: the reads of a caller, and of an agent that waits."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pausepoint.domain.account import Principal
from pausepoint.domain.audit import AuditEntry
from pausepoint.domain.delivery import DeliveryState
from pausepoint.domain.errors import PauseNotFound
from pausepoint.domain.events import Event
from pausepoint.domain.pause import Pause
from pausepoint.domain.scopes import Scope
from pausepoint.domain.time import Instant
from pausepoint.operations.contacts import mask_recipient
from pausepoint.operations.services import Services
from pausepoint.operations.time_out_pauses import settled_pause


async def own_pause(services: Services, principal: Principal, pause_id: str) -> Pause:
    """Raises PauseNotFound, also for another account's or mode's."""
    return _own(principal, await services.store.pause(pause_id))


async def own_settled_pause(services: Services, principal: Principal, pause_id: str) -> Pause:
    """As `own_pause`, timed out first if its deadline has come unnoticed."""
    return _own(principal, await settled_pause(services, pause_id))


def _own(principal: Principal, pause: Pause | None) -> Pause:
    if pause is None or not principal.sees(pause):
        raise PauseNotFound
    return pause


def is_worth_waiting_for(pause: Pause) -> bool:
    """True until the pause has ended or its message has failed for good."""
    return not pause.status.is_final and pause.delivery_state is not DeliveryState.FAILED


@dataclass(frozen=True, slots=True)
class AuditFilters:
    pause_id: str | None
    event: Event | None
    since: Instant | None
    until: Instant | None
    limit: int
    offset: int


async def read_audit(
    services: Services, principal: Principal, filters: AuditFilters
) -> list[AuditEntry]:
    """Newest first; content is joined where it was not erased.

    Only for a key that may read pauses: for any other it is null, as if it had been erased.
    """
    entries = await services.store.audit(
        principal.developer_id,
        principal.mode,
        pause_id=filters.pause_id,
        event=filters.event,
        since=filters.since,
        until=filters.until,
        limit=filters.limit,
        offset=filters.offset,
    )
    pauses: dict[str, Pause | None] = {}
    for entry in entries:
        if entry.pause_id is not None and entry.pause_id not in pauses:
            pauses[entry.pause_id] = await services.store.pause(entry.pause_id)
    may_read = principal.restrictions.allows(Scope.PAUSES_READ)
    return [
        _with_content(services, entry, pauses.get(entry.pause_id or ""), may_read=may_read)
        for entry in entries
    ]


def _with_content(
    services: Services, entry: AuditEntry, pause: Pause | None, *, may_read: bool
) -> AuditEntry:
    if pause is None:
        return entry
    detail = dict(entry.detail)
    if entry.event is Event.PAUSE_CREATED:
        detail["recipient"] = masked_recipient(services, pause) if may_read else None
    elif "choice_index" in detail:
        del detail["choice_index"]
        detail = {"choice": pause.choice if may_read else None, **detail}
    return replace(entry, detail=detail)


def masked_recipient(services: Services, pause: Pause) -> str | None:
    """The address as API answers show it; None once erased."""
    contact = pause.contact(0)
    return None if contact is None else mask_recipient(services, contact)
