"""Escalation: after a permanent failure the next fallback is asked, or the pause is undeliverable.

The failure itself is committed before. Until this has been done the failed delivery stays due, so
that a process that dies in between leaves it to another: every step here can be repeated.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

from pausepoint.domain.delivery import Delivery, DeliveryState
from pausepoint.domain.events import Actor, Event
from pausepoint.domain.ids import DELIVERY, new_id
from pausepoint.domain.messages import have_all_failed, next_to_ask
from pausepoint.domain.pause import Pause
from pausepoint.operations.end_pause import event_deliveries
from pausepoint.operations.services import Services
from pausepoint.store.changes import (
    Applied,
    Change,
    FailPauseDelivery,
    InsertDelivery,
    Row,
    audit_entry,
    rescheduled,
)

RETRY_DELAY: Final = timedelta(seconds=10)
"""The delay before another process retries, where this one could not."""


async def ask_next(services: Services, delivery_id: str) -> None:
    """`delivery_id` is the one that failed."""
    while True:
        failed = await services.store.delivery(delivery_id)
        if failed is None or failed.state is not DeliveryState.FAILED or failed.due_at is None:
            return
        pause = await services.store.pause(failed.pause_id)
        if pause is not None and not pause.status.is_final and not await _ask(services, pause):
            continue
        done = replace(rescheduled(failed, None), ended_at=services.clock.now())
        if isinstance(await services.store.apply(Change(guard=done)), Applied):
            return


async def _ask(services: Services, pause: Pause) -> bool:
    """Return False if a concurrent change won."""
    messages = await services.store.messages(pause.pause_id)
    if have_all_failed(messages):
        guard = FailPauseDelivery(pause.pause_id)
        # Where it is lost, the pause has ended or a concurrent worker recorded it.
        await services.store.apply(Change(await undeliverable(services, pause), guard))
        return True
    now = services.clock.now()
    waiting = next_to_ask(messages, now)
    if waiting is None:
        return True
    change = Change(_reminder(waiting, now), rescheduled(waiting, now))
    return isinstance(await services.store.apply(change), Applied)


def _reminder(asked_early: Delivery, now: int) -> tuple[Row, ...]:
    """Return the reminder for a fallback that was asked early, at the time its first message was planned for."""
    if asked_early.due_at is None:
        return ()
    reminder = replace(
        asked_early, delivery_id=new_id(DELIVERY, now), created_at=now, is_reminder=True
    )
    return (InsertDelivery(reminder),)


async def undeliverable(services: Services, pause: Pause) -> tuple[Row, ...]:
    """Return the rows that record that no recipient could be reached."""
    entry = audit_entry(pause, Event.PAUSE_UNDELIVERABLE, Actor.SYSTEM)
    return (entry, *await event_deliveries(services, pause, Event.PAUSE_UNDELIVERABLE))
