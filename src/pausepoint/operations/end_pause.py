"""The one transition out of `pending`: ending, audit entry and webhook deliveries in one change.

The answer, the cancel and the deadline all call this; the guard decides who was first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pausepoint.domain.delivery import Delivery, DeliveryKind
from pausepoint.domain.events import Event
from pausepoint.domain.ids import DELIVERY, new_id
from pausepoint.domain.mode import Mode
from pausepoint.domain.pause import ENDING, Ending, Pause, PauseStatus
from pausepoint.domain.time import Instant
from pausepoint.operations.services import Services
from pausepoint.store.changes import (
    Applied,
    Change,
    EndPause,
    InsertDelivery,
    Lost,
    MuteCheck,
    Row,
    audit_entry,
)
from pausepoint.store.pauses import DuePause


async def end_pause(services: Services, pause: Pause | DuePause, ending: Ending) -> Applied | Lost:
    """Return Lost if a concurrent ending won."""
    [change] = await _changes(services, [(pause, ending)])
    result = await services.store.apply(change)
    _count(services, [ending], [result])
    return result


async def end_pauses(
    services: Services, endings: Sequence[tuple[Pause | DuePause, Ending]]
) -> list[Applied | Lost]:
    """As `end_pause`, each for itself, in as few commits as they fit in."""
    results = await services.store.apply_all(await _changes(services, endings))
    _count(services, [ending for _, ending in endings], results)
    return results


def _count(
    services: Services, endings: Sequence[Ending], results: Sequence[Applied | Lost]
) -> None:
    for ending, result in zip(endings, results, strict=True):
        if isinstance(result, Applied):
            services.observer.pause_ended(ending.status)


async def _changes(
    services: Services, endings: Sequence[tuple[Pause | DuePause, Ending]]
) -> list[Change]:
    """One for each; which webhooks want to hear of it is asked once for all of one account."""
    wanted: dict[tuple[str, Mode, Event], list[str]] = {}
    for pause, ending in endings:
        for event in _events(pause, ending):
            key = (pause.developer_id, pause.mode, event)
            if key not in wanted:
                wanted[key] = await services.store.subscribers(*key)
    now = services.clock.now()
    return [
        _change(
            pause,
            ending,
            {
                event: wanted[pause.developer_id, pause.mode, event]
                for event in _events(pause, ending)
            },
            now,
        )
        for pause, ending in endings
    ]


def _events(pause: Pause | DuePause, ending: Ending) -> tuple[Event, ...]:
    event, _ = ENDING[ending.status]
    if _is_withheld(pause, ending) and not pause.is_failed:
        return (event, Event.PAUSE_UNDELIVERABLE)
    return (event,)


def _is_withheld(pause: Pause | DuePause, ending: Ending) -> bool:
    """Return whether a timeout withholds the default, since a recipient has muted the agents."""
    is_timeout = ending.status is PauseStatus.TIMED_OUT
    return is_timeout and pause.default_index is not None and ending.choice_index is None


def _mute_check(pause: Pause | DuePause, ending: Ending) -> MuteCheck | None:
    """Silence is consent only if everybody who was asked still lets the agents ask them.

    It is part of the guard: a mute that was acknowledged before the deadline is never overlooked.
    """
    if ending.status is not PauseStatus.TIMED_OUT or pause.default_index is None:
        return None
    is_muted = _is_withheld(pause, ending)
    return MuteCheck(pause.developer_id, pause.mode, pause.contacts, is_muted=is_muted)


def _change(
    pause: Pause | DuePause,
    ending: Ending,
    webhooks: Mapping[Event, Sequence[str]],
    now: Instant,
) -> Change:
    event, actor = ENDING[ending.status]
    detail: dict[str, str | int | bool | None] = {}
    if ending.choice_index is not None:
        detail["choice_index"] = ending.choice_index
    if ending.status is PauseStatus.RESPONDED:
        detail["has_text"] = ending.response_text is not None
    rows: list[Row] = [audit_entry(pause, event, actor, **detail)]
    for each, webhook_ids in webhooks.items():
        if each is not event:
            rows.append(audit_entry(pause, each, actor))
        rows.extend(_deliveries(pause, each, webhook_ids, now))
    return Change(
        guard=EndPause(pause.pause_id, ending, _mute_check(pause, ending)), rows=tuple(rows)
    )


async def event_deliveries(
    services: Services, pause: Pause | DuePause, event: Event
) -> tuple[InsertDelivery, ...]:
    """One delivery for each webhook of the account and mode that wants `event`, and for the callback."""
    webhook_ids = await services.store.subscribers(pause.developer_id, pause.mode, event)
    return _deliveries(pause, event, webhook_ids, services.clock.now())


def _deliveries(
    pause: Pause | DuePause, event: Event, webhook_ids: Sequence[str], now: Instant
) -> tuple[InsertDelivery, ...]:
    """`webhook_ids` are those that want `event`; the pause's own callback wants every one."""
    receivers: list[tuple[str, str | None]] = [(each, each) for each in webhook_ids]
    if pause.callback_target is not None:
        receivers.append((pause.callback_target, None))
    return tuple(
        InsertDelivery(_event_delivery(pause, event, target, webhook_id, now), at_commit=True)
        for target, webhook_id in receivers
    )


def _event_delivery(
    pause: Pause | DuePause, event: Event, target: str, webhook_id: str | None, now: Instant
) -> Delivery:
    return Delivery(
        delivery_id=new_id(DELIVERY, now),
        developer_id=pause.developer_id,
        mode=pause.mode,
        kind=DeliveryKind.WEBHOOK,
        target=target,
        pause_id=pause.pause_id,
        webhook_id=webhook_id,
        event=event,
        created_at=now,
        due_at=now,
    )
