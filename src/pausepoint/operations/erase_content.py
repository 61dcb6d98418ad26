"""Erasure and retention: the content of a pause is removed, the pause stays."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from pausepoint.domain.account import Principal
from pausepoint.domain.errors import PauseStillPending
from pausepoint.domain.events import Actor, Event
from pausepoint.domain.pause import Pause
from pausepoint.domain.retention import AUDIT_KEPT_AT_LEAST
from pausepoint.domain.time import Instant, milliseconds
from pausepoint.operations.idempotency import erased_keys_kept_from
from pausepoint.operations.queries import own_settled_pause
from pausepoint.operations.services import Services
from pausepoint.store.changes import Change, ErasePause, EraseRest, audit_entry
from pausepoint.store.erasing import ErasablePause

BATCH: Final = 200
"""Small batches, so that other writes do not wait long."""


async def erase_content(services: Services, principal: Principal, pause_id: str) -> Pause:
    """Return the pause without its content. Idempotent. Raises PauseNotFound, PauseStillPending."""
    pause = await own_settled_pause(services, principal, pause_id)
    if not pause.status.is_final:
        raise PauseStillPending
    erasable = ErasablePause(pause.pause_id, pause.developer_id, pause.mode)
    change = _erasure(erasable, Actor.DEVELOPER, services.clock.now())
    await services.store.apply(change)
    await services.store.scrub()
    erased = await services.store.pause(pause_id)
    assert erased is not None
    return erased


async def erase_old(services: Services, kept: timedelta) -> int:
    """Of all that was asked longer ago than that and has ended; how many pauses it was."""
    now, erased = services.clock.now(), 0
    asked_before = now - milliseconds(kept)
    while found := await services.store.erasable_pauses(asked_before, BATCH):
        await services.store.apply_all([_erasure(one, Actor.SYSTEM, now) for one in found])
        erased += len(found)
    if erased:
        await services.store.scrub()
    return erased


async def purge_audit(services: Services, kept: timedelta) -> int:
    """Entries older than that, in batches; how many were removed.

    Raises ValueError for less than the legal minimum.
    """
    if kept < AUDIT_KEPT_AT_LEAST:
        raise ValueError(f"audit entries are kept for {AUDIT_KEPT_AT_LEAST.days} days at least")
    before, removed = services.clock.now() - milliseconds(kept), 0
    while count := await services.store.purge_audit(before, 10 * BATCH):
        removed += count
    return removed


def _erasure(pause: ErasablePause, actor: Actor, now: Instant) -> Change:
    entry = audit_entry(pause, Event.PAUSE_ERASED, actor)
    return Change(
        (EraseRest(pause.pause_id, erased_keys_kept_from(now)), entry), ErasePause(pause.pause_id)
    )
